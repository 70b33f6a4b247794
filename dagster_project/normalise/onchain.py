"""What a conversation with a chain's nodes means: balances and allowances at one block, exact, with prices.

Contracts: ethereum/execution-apis, Multicall3 and DefiLlama's coins API, see docs/sources/onchain.md. What was said is
gathered by onchain_told.py; here it becomes rows, or a failure that names each node and its trouble.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from dagster_project import chains
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Allowance, Asset, Fault, Figure, Holding, PriceStatus, Reading
from dagster_project.model import Cell, Pull, Reason
from dagster_project.normalise import onchain_question, transcript
from dagster_project.normalise.onchain_decimals import described, differences, is_undecided, own_decimals
from dagster_project.normalise.onchain_prices import Point, coin, judged
from dagster_project.normalise.onchain_question import Item, Token
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.normalise.onchain_told import Told, tell
from dagster_project.normalise.one_coin import Listed, joined

VERSION = 3

UNREADABLE = "unreadable"
"""The figure that says of a token that its contract does not say who holds how much."""

UNDISCOVERED = "undiscovered"
"""The figure that says why not all tokens that came in were looked for, where that was wanted."""


PRICES_LATER = "the balances are kept, the next run asks again"
"""The detail of a pull that got its balances and no prices."""

LONGEST_DETAIL = 700
"""Letters of what nodes said of themselves."""


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read what the accounts hold on a chain at the block of the instant.

    A token whose contract refuses to say is a row without an amount, never 0.

    Raises:
        UnreadableError: the conversation came to no end, with each node's trouble; or it is none.
    """
    exchanges, _ = transcript.read(body)
    question = onchain_question.read(pull.request.content)
    told = tell(question, exchanges)
    block = told.block()
    if block is None or not told.is_whole():
        raise _failure(told)
    if question.prices is not None and (why := _unpriced(told)):
        raise why
    tokens = {token.address: described(token, told.answers) for token in told.tokens}
    held = {cell: joined(cell.chain_id, _holdings(told, cell, tokens)) for cell in pull.cells}
    return Reading(
        effective_at=datetime.fromtimestamp(block.made_at, UTC),
        rows={cell: tuple(one for one in rows if one.amount_raw != "0") for cell, (rows, _) in held.items()},
        block_number=block.number,
        unknown_fields=told.unknown_fields,
        allowances={cell: tuple(_allowances(told, cell)) for cell in pull.cells} if question.spenders else {},
        assets=tuple(_assets(told, tokens)),
        figures=(*_figures(told, block), *(note for _, notes in held.values() for note in notes)),
        is_proven=told.is_last(block),
        faults=tuple(_faults(told)),
    )


def _faults(told: Told) -> Iterator[Fault]:
    """Give what could not be read and costs no cell: prices of coins, and tokens of the lists."""
    yield from (fault for name, fault in told.price_faults.items() if name not in told.points)
    yield from (Fault("token list", words) for words in told.question.list_faults)


def _failure(told: Told) -> UnreadableError:
    """Say what was wrong with each node that was asked, in order."""
    if not told.troubles:
        return UnreadableError("$", "the conversation was cut short; the next run asks again", Reason.INTERRUPTED)
    words = "; ".join(f"{_name(line.address)}: {why}" for line, (_, why) in told.troubles.items())
    reasons = [reason for reason, _ in told.troubles.values()]
    reason = Reason.STATE_PRUNED if Reason.STATE_PRUNED in reasons else reasons[-1]
    remedy = "; name an archive endpoint in the settings" if reason is Reason.STATE_PRUNED else ""
    shown = "".join(letter if letter.isprintable() else "?" for letter in words[:LONGEST_DETAIL])
    return UnreadableError("$", f"{shown}{remedy}", reason)


def _name(address: str) -> str:
    """Give the host of an address for people; a path may hold what somebody took for no key."""
    return address.partition("//")[2].partition("/")[0] or "the provider's own address"


def _unpriced(told: Told) -> UnreadableError | None:
    """Say why the prices are not all asked for: that is no absence of a price, and the next run asks again."""
    prices = told.question.prices
    if prices is None or all(coin(prices, token).lower() in told.priced for token in told.held()):
        return None
    reason, why = told.price_trouble or (Reason.INTERRUPTED, "the conversation was cut short")
    return UnreadableError("$", f"{why}; {PRICES_LATER}", reason)


def _asset_id(told: Told, token: str | None) -> str:
    chain_id = told.question.chain_id
    return chains.evm_asset(chain_id, chains.NATIVE_PSEUDO_ADDRESS if token is None else token)


def _address(cell: Cell) -> str:
    return cell.account_id.rpartition(":")[2]


def _holdings(told: Told, cell: Cell, tokens: Mapping[str, Token]) -> Iterator[Listed]:
    """Give what a wallet holds, and the native coin also where it holds none of it: a plan may name an alias too."""
    holder, listed = _address(cell), {token.address: token for token in told.tokens}
    for item in told.items:
        if item.holder != holder or item.spender is not None:
            continue
        amount = told.amount(item)
        asset_id = _asset_id(told, item.token)
        if amount is None:
            yield Listed(item.token or "", Holding(asset_id, None, None, PriceStatus.UNKNOWN, None))
        elif amount or item.token is None:
            stated = None if item.token is None else tokens[item.token].decimals
            decimals = chains.decimals_of(asset_id, stated)
            price, status = _price(told, listed.get(item.token or ""))
            size = None if decimals is None else amount / 10**decimals
            if size is None and status is not PriceStatus.UNKNOWN:
                price, status = None, PriceStatus.UNKNOWN  # what is not sized is worth nothing that anybody knows
            yield Listed(item.token or "", Holding(asset_id, size, price, status, None, str(amount), decimals))


def _point(told: Told, token: str | None) -> Point | None:
    prices = told.question.prices
    return None if prices is None else told.points.get(coin(prices, token).lower())


def _price(told: Told, listed: Token | None) -> tuple[float | None, PriceStatus]:
    """Give price and status; a price is not believed while nobody knows how many decimals the token has."""
    point = _point(told, listed.address if listed else None)
    price, status = judged(point, told.question.as_of)
    if (
        listed
        and status is PriceStatus.PRICED
        and is_undecided(listed, own_decimals(listed.address, told.answers), point)
    ):
        status = PriceStatus.QUARANTINED
    return price, status


def _allowances(told: Told, cell: Cell) -> Iterator[Allowance]:
    for item in told.items:
        if item.holder == _address(cell) and item.spender is not None and (amount := told.amount(item)):
            yield Allowance(item.spender, _asset_id(told, item.token), str(amount))


def _assets(told: Told, tokens: Mapping[str, Token]) -> Iterator[Asset]:
    """Describe what is held or may be taken: its symbol and name are untrusted text."""
    meant = {item.token for item in told.items if item.token is not None and told.amount(item)}
    for address, token in tokens.items():
        if address in meant and token.decimals is not None:
            yield Asset(_asset_id(told, address), token.symbol, token.name, token.decimals)


def _figures(told: Told, block: Header) -> Iterator[Figure]:
    """Give the block's hash, which tokens cannot be read, and of each price its instant and the source's confidence."""
    yield Figure("", "block_hash", None, block.block_hash)
    if told.arrivals.trouble is not None:
        yield Figure("", UNDISCOVERED, None, told.arrivals.trouble)
    for token in dict.fromkeys(item.token for item in told.items if item.spender is None and _is_silent(told, item)):
        yield Figure(_asset_id(told, token), UNREADABLE, None, "its contract does not say who holds how much")
    listed = {token.address: token for token in told.tokens}
    for token in told.held():
        asset_id, point = _asset_id(told, token), _point(told, token)
        if token is not None:
            yield from differences(asset_id, listed[token], own_decimals(token, told.answers), point)
        if point is not None:
            yield Figure(asset_id, "price_at", float(point.timestamp))
            if point.confidence is not None:
                yield Figure(asset_id, "price_confidence", point.confidence)


def _is_silent(told: Told, item: Item) -> bool:
    return told.amount(item) is None
