"""1inch Balance: exact amounts in base units by token, without prices; allowances as rows of their own.

Contract: the OpenAPI file of 2025-07-26 and the official SDK's fixtures, see docs/sources/oneinch_balance.md. Which of
the endpoint's shapes a body has stands in the pull.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from dagster_project import caip
from dagster_project.chains import decimals_of
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Allowance, Asset, Fault, Figure, Holding, PriceStatus, Reading
from dagster_project.model import Cell, Layer, Pull
from dagster_project.normalise.faults import without_lost
from dagster_project.normalise.fitting import BadItem
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.normalise.reading import (
    Body,
    Decimals,
    Decoded,
    RawAmount,
    base_units,
    decode,
    decode_items,
    evm_asset,
)

VERSION = 3

T = TypeVar("T")


class _Both(Body):
    balance: RawAmount
    allowance: RawAmount


class _Aggregated(Body, rename="camel"):
    address: str
    decimals: Decimals | None
    wallets: dict[str, _Both | None]
    symbol: str | None = None
    name: str | None = None
    tags: list[str] | None = None
    logo_uri: str | None = msgspec.field(name="logoURI", default=None)
    is_custom: bool | None = None
    type: str | None = None
    tracked: bool | None = None


class _Asked(Body):
    tokens: list[str]
    wallets: list[str]


_Amounts = dict[str, RawAmount]
_ByWallet = dict[str, _Amounts | None]


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
    """Read `{wallet: {token: amount}}`; a wallet or a token that was asked for and is not there is not nothing.

    What cannot be read of a wallet costs that wallet.
    """
    decoded = decode_items(body, _ByWallet)
    asked, _ = decode(pull.request.content.encode(), _Asked)
    rows = {}
    figures: list[Figure] = []
    faults: list[Fault] = []
    for cell, wallet, amounts in _by_cell(pull, decoded.body, "$"):
        where = f"$.{wallet}"
        try:
            holdings, notes = _answered(cell, wallet, amounts, decoded.why(where), asked.tokens)
        except UnreadableError as error:
            faults.append(Fault(error.where, error.why, (cell,)))
        else:
            rows[cell] = tuple(holdings)
            figures += notes
    if not rows and not faults:
        raise UnreadableError("$", "names none of the accounts asked for")
    silent = [cell for cell in pull.cells if cell not in rows and not any(cell in fault.cells for fault in faults)]
    names = {cell: cell.account_id.rpartition(":")[2] for cell in silent}
    faults += [Fault(f"$.{name}", "is not there, but was asked for", (cell,)) for cell, name in names.items()]
    reading = Reading(None, rows, unknown_fields=decoded.unknown, figures=tuple(figures), faults=tuple(faults))
    return without_lost(pull, reading)


def _answered(
    cell: Cell, wallet: str, amounts: _Amounts | None, bad: BadItem, tokens: Sequence[str]
) -> tuple[list[Holding], list[Figure]]:
    """Give what a wallet holds of the tokens that were asked for, and what was joined.

    Raises:
        UnreadableError: with the path of what is not there, or cannot be read.
    """
    if amounts is None:
        raise UnreadableError(bad.where, bad.why)
    answered = {address.lower() for address in amounts}
    if gone := [token for token in tokens if token.lower() not in answered]:
        raise UnreadableError(f"$.{wallet}.{gone[0]}", "is not there, but was asked for")
    return _holdings(cell, amounts, f"$.{wallet}")


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


@dataclass(slots=True)
class _Wallets:
    """What tokens with every wallet's balance and allowance say, wallet by wallet."""

    pull: Pull
    rows: dict[Cell, list[Listed]]
    allowances: dict[Cell, list[Allowance]]
    faults: list[Fault]

    def take(self, where: str, token: _Aggregated, asset_id: str, decoded: Decoded[list[_Aggregated | None]]) -> None:
        """Take in what every wallet has of a token; what cannot be read of a wallet costs that wallet.

        Raises:
            UnreadableError: another account than those asked for is named.
        """
        spender = self.pull.request.path.rpartition("/")[2].lower()
        for cell, wallet, both in _by_cell(self.pull, token.wallets, f"{where}.wallets"):
            place = f"{where}.wallets.{wallet}"
            if both is None:
                bad = decoded.why(place)
                self.faults.append(Fault(bad.where, bad.why, (cell,)))
                continue
            try:
                amount = base_units(both.balance, f"{place}.balance")
                allowed = base_units(both.allowance, f"{place}.allowance")
            except UnreadableError as error:
                self.faults.append(Fault(error.where, error.why, (cell,)))
            else:
                self.rows[cell].append(Listed(token.address, _holding(asset_id, amount, token.decimals)))
                self.allowances[cell].append(Allowance(spender, asset_id, allowed))

    def lose(self, bad: BadItem) -> None:
        """Take in that a token cannot be read: it costs the wallets that it names.

        Raises:
            UnreadableError: it names none, or others than those asked for.
        """
        named = bad.item.get("wallets") if isinstance(bad.item, dict) else None
        cells = tuple(cell for cell, _, _ in _by_cell(self.pull, named, bad.where)) if isinstance(named, dict) else ()
        if not cells:
            raise UnreadableError(bad.where, bad.why)
        self.faults.append(Fault(bad.where, bad.why, cells))


def _aggregated(pull: Pull, body: bytes) -> Reading:
    """Read tokens with the balance and allowance of wallets; what cannot be read costs the wallets that it names."""
    decoded = decode_items(body, list[_Aggregated | None])
    wallets = _Wallets(pull, {cell: [] for cell in pull.cells}, {cell: [] for cell in pull.cells}, [])
    assets: dict[str, Asset] = {}
    seen: dict[str, int] = {}
    for index, token in enumerate(decoded.body):
        where = f"$[{index}]"
        if token is None:
            wallets.lose(decoded.why(where))
            continue
        asset_id = evm_asset(pull.cells[0].chain_id, token.address, f"{where}.address")
        if seen.setdefault(token.address.lower(), index) != index:
            raise UnreadableError(f"{where}.address", f"repeats $[{seen[token.address.lower()]}]")
        if token.decimals is not None:
            assets.setdefault(asset_id, Asset(asset_id, token.symbol or "", token.name or "", token.decimals))
        wallets.take(where, token, asset_id, decoded)
    held = {cell: joined(cell.chain_id, listed) for cell, listed in wallets.rows.items()}
    reading = Reading(
        None,
        {cell: tuple(_held(holdings)) for cell, (holdings, _) in held.items()},
        unknown_fields=decoded.unknown,
        allowances={cell: _allowed(allowed) for cell, allowed in wallets.allowances.items()},
        assets=tuple(assets.values()),
        figures=tuple(note for _, notes in held.values() for note in notes),
        faults=tuple(wallets.faults),
    )
    return without_lost(pull, reading)


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


def _holding(asset_id: str, amount_raw: str, stated_decimals: int | None = None) -> Holding:
    decimals = decimals_of(asset_id, stated_decimals)
    amount = None if decimals is None else int(amount_raw) / 10**decimals
    return Holding(asset_id, amount, None, PriceStatus.UNKNOWN, None, amount_raw, decimals)
