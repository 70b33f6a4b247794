"""1inch Portfolio's snapshots: bytes in, rows out. Tokens are the wallet, protocols are positions, debts and rewards.

How a row stands in a body is oneinch_rows.py, what a position is made of oneinch_legs.py, of which time the rows are
oneinch_times.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dagster_project import caip, chains
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Asset, Fault, Figure, Holding, Position, Reading
from dagster_project.model import Cell, Layer, Pull
from dagster_project.normalise.faults import without_lost
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.normalise.oneinch_legs import holding_of, legs_of, position_of
from dagster_project.normalise.oneinch_rows import SOLANA, Place, Row, Rows, asset_of, chain_of, leg_chain, read_rows
from dagster_project.normalise.oneinch_times import times_of
from dagster_project.normalise.reading import MOST_UNKNOWN_FIELDS

NOBODY = "0x0000000000000000000000000000000000000000"
"""The holder of rows that the vendor has aggregated over the wallets asked for, be it one."""


_KNOWN = frozenset({SOLANA} | {int(one[len(caip.EVM) + 1 :]) for one in chains.CHAINS if one.startswith(caip.EVM)})
"""Numbers of the chains of the table."""


class _Entry(NamedTuple):
    """A row as it was read: the token, or the position with its legs."""

    where: str
    row: Row
    chain_id: str
    legs: tuple[tuple[Layer, Holding], ...]
    position: Position | None
    assets: tuple[Asset, ...]


class _Sorted(NamedTuple):
    """Rows of the chains that were asked for and of others, faults of the first kind and paths of the second."""

    mine: list[_Entry]
    others: list[_Entry]
    faults: list[Fault]
    unread: list[str]


def snapshot(pull: Pull, body: bytes) -> Reading:
    """Read a snapshot: rows of the chains that were asked for, each in its cell, and those of other chains beside them.

    A row that cannot be read costs the cells of its chain; on a chain that nobody asked for it is named. Rows without a
    timestamp speak of now.

    Raises:
        UnreadableError: the answer is no list of rows, nobody knows whose or of which chain one of them is, or no chain
            that was asked for can be read.
    """
    rows = read_rows(body)
    is_wallet = any(cell.layer is Layer.WALLET for cell in pull.cells)
    found = _sorted(rows, pull, is_wallet=is_wallet)
    places = [(entry.where, entry.row) for entry in found.mine or found.others]
    times = times_of(places, pull, rows.cached_at)
    holdings, figures = _holdings(found.mine, pull, is_wallet=is_wallet)
    reading = Reading(
        effective_at=times.effective_at,
        rows={cell: tuple(held) for cell, held in holdings.items()},
        block_number=_block_number(found.mine),
        unknown_fields=(*rows.unknown, *_unknown_chains(found.mine), *found.unread)[:MOST_UNKNOWN_FIELDS],
        positions=_positions(found.mine, pull),
        assets=tuple(asset for entry in (*found.mine, *found.others) for asset in entry.assets),
        figures=tuple(figures),
        unwatched=_unwatched(found.others, pull, is_wallet=is_wallet),
        contracts={} if is_wallet else _contracts(found.others),
        now=times.now,
        faults=(*found.faults, *times.faults),
    )
    return without_lost(pull, reading)


def _sorted(rows: Rows, pull: Pull, *, is_wallet: bool) -> _Sorted:
    """Read the rows one by one.

    Raises:
        UnreadableError: a row of a chain that was asked for is of another account.
    """
    asked = {cell.chain_id for cell in pull.cells}
    found = _Sorted([], [], [], [])
    named = [(chain_of(where, row), where, row) for where, row in rows.places]
    _check_holder([(where, row) for chain_id, where, row in named if chain_id in asked], pull)
    bad = [(chain_id, why.where, why.why) for chain_id, why in rows.bad]
    seen: dict[tuple[str, str], str] = {}
    for chain_id, where, row in named:
        try:
            if chain_id not in asked:
                _check_holder([(where, row)], pull)
            entry = _read(where, row, chain_id, is_wallet=is_wallet)
            key = chain_id, (row.contract_address if is_wallet else str(row.index)).lower()
            if (first := seen.setdefault(key, where)) == where:
                (found.mine if chain_id in asked else found.others).append(entry)
            elif chain_id in asked:
                bad.append((chain_id, f"{where}.{'contract_address' if is_wallet else 'index'}", f"repeats {first}"))
        except UnreadableError as error:
            bad.append((chain_id, error.where, error.why))
    for chain_id, where, why in bad:
        if chain_id in asked:
            cells = tuple(cell for cell in pull.cells if cell.chain_id == chain_id)
            found.faults.append(Fault(where, why, cells))
        else:
            found.unread.append(where)
    return found


def _read(where: str, row: Row, chain_id: str, *, is_wallet: bool) -> _Entry:
    """Read a row.

    Raises:
        UnreadableError: with the path of the first member that is not as the contract says.
    """
    _check_amounts(where, row)
    if is_wallet:
        return _Entry(where, row, chain_id, (_token(where, row, chain_id),), None, tuple(_assets(where, row, chain_id)))
    position, legs = position_of(where, row, chain_id), tuple(legs_of(where, row, chain_id))
    return _Entry(where, row, chain_id, legs, position, tuple(_assets(where, row, chain_id)))


def _token(where: str, row: Row, chain_id: str) -> tuple[Layer, Holding]:
    """Read a wallet's token: its one underlying token is itself, and it is owned."""
    for name in ("asset_sign", "value_usd"):
        if getattr(row, name) is not None and getattr(row, name) < 0:
            raise UnreadableError(f"{where}.{name}", "makes a token a debt")
    legs = row.underlying_tokens or []
    if len(legs) != 1:
        raise UnreadableError(f"{where}.underlying_tokens", f"holds {len(legs)} tokens, but a token is made of itself")
    asset_id = asset_of(chain_id, row.contract_address, f"{where}.contract_address")
    place = f"{where}.underlying_tokens[0]"
    if leg_chain(place, legs[0], chain_id) != chain_id:
        raise UnreadableError(f"{place}.chain_id", f"is another chain than {chain_id}, but a token is made of itself")
    if asset_of(chain_id, legs[0].address, f"{place}.address") != asset_id:
        raise UnreadableError(f"{place}.address", "is another token than contract_address")
    return Layer.WALLET, holding_of(asset_id, legs[0], row.value_usd)


def _holdings(
    entries: Sequence[_Entry], pull: Pull, *, is_wallet: bool
) -> tuple[dict[Cell, list[Holding]], list[Figure]]:
    """Give what is held by cell, each coin of a wallet once, and what was joined."""
    cells = {(cell.chain_id, cell.layer): cell for cell in pull.cells}
    found: dict[Cell, list[Holding]] = {cell: [] for cell in pull.cells}
    figures: list[Figure] = []
    if not is_wallet:
        for entry in entries:
            for layer, holding in entry.legs:
                found[cells[entry.chain_id, layer]].append(holding)
        return found, figures
    for chain_id, listed in _tokens(entries).items():
        holdings, notes = joined(chain_id, listed)
        found[cells[chain_id, Layer.WALLET]] += _held(holdings)
        figures += notes
    return found, figures


def _tokens(entries: Iterable[_Entry]) -> dict[str, list[Listed]]:
    """Give a wallet's tokens by chain, each with the name that its row gives it."""
    found: dict[str, list[Listed]] = {}
    for entry in entries:
        listed = (Listed(entry.row.contract_address, holding) for _, holding in entry.legs)
        found.setdefault(entry.chain_id, []).extend(listed)
    return found


def _held(holdings: Iterable[Holding]) -> Iterator[Holding]:
    return (one for one in holdings if one.amount or one.stated_value_usd)


def _positions(entries: Iterable[_Entry], pull: Pull) -> dict[Cell, tuple[Position, ...]]:
    cells = {cell.chain_id: cell for cell in pull.cells if cell.layer is Layer.POSITION}
    found: dict[Cell, list[Position]] = {}
    for entry in entries:
        if entry.position is not None:
            found.setdefault(cells[entry.chain_id], []).append(entry.position)
    return {cell: tuple(stated) for cell, stated in found.items()}


def _unwatched(entries: Sequence[_Entry], pull: Pull, *, is_wallet: bool) -> dict[Cell, tuple[Holding, ...]]:
    """Give what lies on chains that nobody asked for, by the cells that it would stand in."""
    account_id = pull.cells[0].account_id
    if is_wallet:
        by_chain = {chain_id: joined(chain_id, listed)[0] for chain_id, listed in _tokens(entries).items()}
        return {Cell(account_id, chain_id, Layer.WALLET): tuple(_held(held)) for chain_id, held in by_chain.items()}
    found: dict[Cell, list[Holding]] = {}
    for entry in entries:
        for layer, holding in entry.legs:
            found.setdefault(Cell(account_id, entry.chain_id, layer), []).append(holding)
    return {cell: tuple(_held(held)) for cell, held in found.items()}


def _contracts(entries: Iterable[_Entry]) -> dict[tuple[str, str], str]:
    """Give the token that stands for each position, by chain and position."""
    stated = [(entry.chain_id, entry.position) for entry in entries]
    return {(chain_id, one.position_id): one.contract_id for chain_id, one in stated if one is not None}


def _check_holder(places: Sequence[Place], pull: Pull) -> None:
    """Hold each row's address against the one asked for; rows that are aggregated have the zero address."""
    known = {NOBODY, dict(pull.request.query)["addresses"].lower()}
    for where, row in places:
        if row.address.lower() not in known:
            raise UnreadableError(f"{where}.address", "is another account than the one asked for")


def _check_amounts(where: str, row: Row) -> None:
    """Refuse a token without an amount where it or its row is worth something: an amount that is not there is no 0."""
    for name in ("underlying_tokens", "reward_tokens"):
        for index, token in enumerate(getattr(row, name) or ()):
            if token.amount is not None:
                continue
            values = (token.value_usd, row.value_usd) if name == "underlying_tokens" else (token.value_usd,)
            if any(values):
                raise UnreadableError(f"{where}.{name}[{index}].amount", "is not there, but its value is not 0")
            if len(values) > 1 and all(value is None for value in values):
                raise UnreadableError(f"{where}.{name}[{index}].amount", "is not there, and neither is a value")


def _block_number(entries: Iterable[_Entry]) -> int | None:
    """Give the block that all rows are of; those of several chains differ, and none stands for the answer."""
    blocks = {entry.row.block_number for entry in entries}
    return blocks.pop() if len(blocks) == 1 else None


def _unknown_chains(entries: Iterable[_Entry]) -> Iterator[str]:
    """Name the tokens inside of rows whose own chain is not in the table: they count, under an id of that chain."""
    for entry in entries:
        for name in ("underlying_tokens", "reward_tokens"):
            for index, token in enumerate(getattr(entry.row, name) or ()):
                number = token.chain_id if token.chain is None else token.chain
                if number is not None and number not in _KNOWN:
                    yield f"{entry.where}.{name}[{index}].chain_id"


def _assets(where: str, row: Row, chain_id: str) -> Iterator[Asset]:
    """Describe the tokens of a row whose decimals are stated."""
    for name in ("underlying_tokens", "reward_tokens"):
        for index, token in enumerate(getattr(row, name) or ()):
            place = f"{where}.{name}[{index}]"
            asset_id = asset_of(leg_chain(place, token, chain_id), token.address, f"{place}.address")
            if token.decimals is not None:
                yield Asset(asset_id, token.symbol or "", token.name or "", token.decimals)
