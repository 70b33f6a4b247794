"""1inch Balance: exact amounts in base units by token, without prices; allowances as rows of their own.

Contract: the OpenAPI file of 2025-07-26 and the official SDK's fixtures, see docs/sources/oneinch_balance.md. Which of
the endpoint's shapes a body has stands in the pull.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from dagster_project import caip
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Allowance, Asset, Holding, PriceStatus, Reading
from dagster_project.model import Cell, Layer, Pull
from dagster_project.normalise.reading import Body, Decimals, base_units, decode, evm_asset

VERSION = 1

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
    return Reading(None, {cell: tuple(_holdings(cell, amounts, "$"))}, unknown_fields=unknown)


def _multiple(pull: Pull, body: bytes) -> Reading:
    """Read `{wallet: {token: amount}}`; a wallet or a token that was asked for and is not there is not nothing."""
    by_wallet, unknown = decode(body, dict[str, _Amounts])
    asked, _ = decode(pull.request.content.encode(), _Asked)
    rows = {}
    for cell, wallet, amounts in _by_cell(pull, by_wallet, "$"):
        answered = {address.lower() for address in amounts}
        if gone := [token for token in asked.tokens if token.lower() not in answered]:
            raise UnreadableError(f"$.{wallet}.{gone[0]}", "is not there, but was asked for")
        rows[cell] = tuple(_holdings(cell, amounts, f"$.{wallet}"))
    if not rows:
        raise UnreadableError("$", "names none of the accounts asked for")
    return Reading(None, rows, unknown_fields=unknown)


def _allowances(pull: Pull, body: bytes) -> Reading:
    """Read what one wallet lets a spender move; the pull has no cell, so all of that stands in its path."""
    amounts, unknown = decode(body, _Amounts)
    _, chain, _, spender, wallet = pull.request.path.rsplit("/", 4)
    cell = Cell(f"{caip.ANY_EVM_CHAIN}:{wallet.lower()}", f"{caip.EVM}:{chain}", Layer.WALLET)
    held = [(held.asset_id, held.amount_raw) for held in _holdings(cell, amounts, "$")]
    allowed = tuple(Allowance(spender.lower(), asset_id, raw) for asset_id, raw in held if raw is not None)
    return Reading(None, {}, unknown_fields=unknown, allowances={cell: allowed})


def _aggregated(pull: Pull, body: bytes) -> Reading:
    """Read tokens with the balance and allowance of every wallet."""
    tokens, unknown = decode(body, list[_Aggregated])
    rows: dict[Cell, list[Holding]] = {cell: [] for cell in pull.cells}
    allowances: dict[Cell, list[Allowance]] = {cell: [] for cell in pull.cells}
    assets = []
    spender = pull.request.path.rpartition("/")[2].lower()
    for index, token in enumerate(tokens):
        where = f"$[{index}]"
        asset_id = evm_asset(pull.cells[0].chain_id, token.address, f"{where}.address")
        assets.append(Asset(asset_id, token.symbol, token.name, token.decimals))
        for cell, wallet, both in _by_cell(pull, token.wallets, f"{where}.wallets"):
            amount = base_units(both.balance, f"{where}.wallets.{wallet}.balance")
            allowed = base_units(both.allowance, f"{where}.wallets.{wallet}.allowance")
            if amount != "0":
                rows[cell].append(_holding(asset_id, amount, token.decimals))
            if allowed != "0":
                allowances[cell].append(Allowance(spender, asset_id, allowed))
    _check_repeats(assets)
    return Reading(
        None,
        {cell: tuple(held) for cell, held in rows.items()},
        unknown_fields=unknown,
        allowances={cell: tuple(allowed) for cell, allowed in allowances.items()},
        assets=tuple(assets),
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


def _holdings(cell: Cell, amounts: _Amounts, where: str) -> Iterator[Holding]:
    seen: set[str] = set()
    for address, text in amounts.items():
        asset_id = evm_asset(cell.chain_id, address, where)
        if asset_id in seen:
            raise UnreadableError(where, f"lists {address[:60]} twice")
        seen.add(asset_id)
        amount = base_units(text, f"{where}.{address}")
        if amount != "0":
            yield _holding(asset_id, amount)


def _holding(asset_id: str, amount_raw: str, decimals: int | None = None) -> Holding:
    amount = None if decimals is None else int(amount_raw) / 10**decimals
    return Holding(asset_id, amount, None, PriceStatus.UNKNOWN, None, amount_raw, decimals)


def _check_repeats(assets: list[Asset]) -> None:
    seen: dict[str, int] = {}
    for index, asset in enumerate(assets):
        if seen.setdefault(asset.asset_id, index) != index:
            raise UnreadableError(f"$[{index}].address", f"repeats $[{seen[asset.asset_id]}]")
