"""1inch Balance: exact amounts in base units by token, without prices; allowances as rows of their own.

Contract: the OpenAPI file of 2025-07-26 and the official SDK's fixtures, see docs/sources/oneinch_balance.md. Which of
the endpoint's shapes a body has stands in the pull.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from dagster_project import caip
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Allowance, Asset, Figure, Holding, PriceStatus, Reading
from dagster_project.model import Cell, Layer, Pull
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.normalise.reading import Body, Decimals, base_units, decode, evm_asset

VERSION = 2

T = TypeVar("T")


class _Both(Body):
    balance: str
    allowance: str


class _Aggregated(Body, rename="camel"):
    address: str
    decimals: Decimals
    symbol: str
    name: str
    wallets: dict[str, _Both]
    tags: list[str] | None = None
    logo_uri: str | None = msgspec.field(name="logoURI", default=None)
    is_custom: bool | None = None
    type: str | None = None
    tracked: bool | None = None


class _Asked(Body):
    tokens: list[str]
    wallets: list[str]


_Amounts = dict[str, str]


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read the amounts of every wallet that was asked for; a token with an amount of 0 is not held.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    return _SHAPES[pull.endpoint](pull, body)


def _balances(pull: Pull, body: bytes) -> Reading:
    amounts, unknown = decode(body, _Amounts)
    (cell,) = pull.cells
    holdings, figures = _holdings(cell, amounts, "$")
    return Reading(None, {cell: tuple(holdings)}, unknown_fields=unknown, figures=tuple(figures))


def _multiple(pull: Pull, body: bytes) -> Reading:
    """Read `{wallet: {token: amount}}`; a wallet or a token that was asked for and is not there is not nothing."""
    by_wallet, unknown = decode(body, dict[str, _Amounts])
    asked, _ = decode(pull.request.content.encode(), _Asked)
    rows = {}
    figures: list[Figure] = []
    for cell, wallet, amounts in _by_cell(pull, by_wallet, "$"):
        answered = {address.lower() for address in amounts}
        if gone := [token for token in asked.tokens if token.lower() not in answered]:
            raise UnreadableError(f"$.{wallet}.{gone[0]}", "is not there, but was asked for")
        holdings, notes = _holdings(cell, amounts, f"$.{wallet}")
        rows[cell] = tuple(holdings)
        figures += notes
    if not rows:
        raise UnreadableError("$", "names none of the accounts asked for")
    return Reading(None, rows, unknown_fields=unknown, figures=tuple(figures))


def _allowances(pull: Pull, body: bytes) -> Reading:
    """Read what one wallet lets a spender move; the pull has no cell, so all of that stands in its path."""
    amounts, unknown = decode(body, _Amounts)
    _, chain, _, spender, wallet = pull.request.path.rsplit("/", 4)
    cell = Cell(f"{caip.ANY_EVM_CHAIN}:{wallet.lower()}", f"{caip.EVM}:{chain}", Layer.WALLET)
    listed = [one.holding for one in _listed(cell, amounts, "$")]
    allowed = _allowed(Allowance(spender.lower(), one.asset_id, one.amount_raw or "0") for one in listed)
    return Reading(None, {}, unknown_fields=unknown, allowances={cell: allowed})


def _allowed(allowances: Iterable[Allowance]) -> tuple[Allowance, ...]:
    """Give what may be taken of each asset once: of a coin that is listed under two names, the larger one."""
    found: dict[str, Allowance] = {}
    for one in allowances:
        before = found.setdefault(one.asset_id, one)
        if int(one.allowance_raw) > int(before.allowance_raw):
            found[one.asset_id] = one
    return tuple(one for one in found.values() if one.allowance_raw != "0")


def _aggregated(pull: Pull, body: bytes) -> Reading:
    """Read tokens with the balance and allowance of every wallet."""
    tokens, unknown = decode(body, list[_Aggregated])
    rows: dict[Cell, list[Listed]] = {cell: [] for cell in pull.cells}
    allowances: dict[Cell, list[Allowance]] = {cell: [] for cell in pull.cells}
    assets: dict[str, Asset] = {}
    seen: dict[str, int] = {}
    spender = pull.request.path.rpartition("/")[2].lower()
    for index, token in enumerate(tokens):
        where = f"$[{index}]"
        asset_id = evm_asset(pull.cells[0].chain_id, token.address, f"{where}.address")
        if seen.setdefault(token.address.lower(), index) != index:
            raise UnreadableError(f"{where}.address", f"repeats $[{seen[token.address.lower()]}]")
        assets.setdefault(asset_id, Asset(asset_id, token.symbol, token.name, token.decimals))
        for cell, wallet, both in _by_cell(pull, token.wallets, f"{where}.wallets"):
            amount = base_units(both.balance, f"{where}.wallets.{wallet}.balance")
            allowed = base_units(both.allowance, f"{where}.wallets.{wallet}.allowance")
            rows[cell].append(Listed(token.address, _holding(asset_id, amount, token.decimals)))
            allowances[cell].append(Allowance(spender, asset_id, allowed))
    held = {cell: joined(cell.chain_id, listed) for cell, listed in rows.items()}
    return Reading(
        None,
        {cell: tuple(_held(holdings)) for cell, (holdings, _) in held.items()},
        unknown_fields=unknown,
        allowances={cell: _allowed(allowed) for cell, allowed in allowances.items()},
        assets=tuple(assets.values()),
        figures=tuple(note for _, notes in held.values() for note in notes),
    )


_SHAPES = {
    "balances": _balances,
    "balances/multiple/walletsAndTokens": _multiple,
    "aggregatedBalancesAndAllowances": _aggregated,
    "allowances": _allowances,
}


def _by_cell(pull: Pull, by_wallet: Mapping[str, T], where: str) -> Iterator[tuple[Cell, str, T]]:
    """Give what stands under each wallet with its cell; wallets are spelled in any case, each once, none a stranger."""
    cells = {cell.account_id.rpartition(":")[2]: cell for cell in pull.cells}
    for wallet, value in by_wallet.items():
        cell = cells.pop(wallet.lower(), None)
        if cell is None:
            raise UnreadableError(where, "names another account than those asked for, or one of them twice")
        yield cell, wallet, value


def _holdings(cell: Cell, amounts: _Amounts, where: str) -> tuple[list[Holding], list[Figure]]:
    """Give what is held, each coin once, and what was joined."""
    holdings, figures = joined(cell.chain_id, _listed(cell, amounts, where))
    return _held(holdings), figures


def _held(holdings: Iterable[Holding]) -> list[Holding]:
    return [held for held in holdings if held.amount_raw != "0"]


def _listed(cell: Cell, amounts: _Amounts, where: str) -> Iterator[Listed]:
    seen: set[str] = set()
    for address, text in amounts.items():
        asset_id = evm_asset(cell.chain_id, address, where)
        if address.lower() in seen:
            raise UnreadableError(where, f"lists {address[:60]} twice")
        seen.add(address.lower())
        yield Listed(address, _holding(asset_id, base_units(text, f"{where}.{address}")))


def _holding(asset_id: str, amount_raw: str, decimals: int | None = None) -> Holding:
    amount = None if decimals is None else int(amount_raw) / 10**decimals
    return Holding(asset_id, amount, None, PriceStatus.UNKNOWN, None, amount_raw, decimals)
