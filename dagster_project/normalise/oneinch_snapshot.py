"""1inch Portfolio's snapshots: bytes in, rows out. Tokens are the wallet, protocols are positions, debts and rewards.

How a row stands in a body is oneinch_rows.py, what a position is made of oneinch_legs.py.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import compress
from operator import not_

from dagster_project import caip, chains
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Asset, Holding, Position, Reading
from dagster_project.model import POINT_IN_TIME_WINDOW, Cell, Layer, Pull
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.normalise.oneinch_legs import holding_of, legs_of, position_of
from dagster_project.normalise.oneinch_rows import SOLANA, Place, Row, asset_of, chain_of, leg_chain, read_rows
from dagster_project.normalise.reading import MOST_UNKNOWN_FIELDS

NOBODY = "0x0000000000000000000000000000000000000000"
"""The holder of rows that the vendor has aggregated over the wallets asked for, be it one."""


_KNOWN = frozenset({SOLANA} | {int(one[len(caip.EVM) + 1 :]) for one in chains.CHAINS if one.startswith(caip.EVM)})
"""Numbers of the chains of the table."""


def snapshot(pull: Pull, body: bytes) -> Reading:
    """Read a snapshot: rows of the chains that were asked for, each in its cell, and those of other chains beside them.

    Rows without a timestamp speak of now; the whole answer then has no time that it is true for.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    root, rows, cached_at, unknown = read_rows(body)
    asked_chains = {cell.chain_id for cell in pull.cells}
    places = [(f"{root}[{index}]", row) for index, row in enumerate(rows)]
    is_asked = [chain_of(where, row) in asked_chains for where, row in places]
    mine, others = list(compress(places, is_asked)), list(compress(places, map(not_, is_asked)))
    is_wallet = any(cell.layer is Layer.WALLET for cell in pull.cells)
    _check_holder(mine, pull)
    _check_repeats(mine, is_wallet=is_wallet)
    _check_amounts(mine)
    cells = {(cell.chain_id, cell.layer): cell for cell in pull.cells}
    found: dict[Cell, list[Holding]] = {cell: [] for cell in pull.cells}
    positions: dict[Cell, list[Position]] = {}
    figures = []
    if is_wallet:
        for chain_id, listed in _tokens(mine).items():
            holdings, notes = joined(chain_id, listed)
            found[cells[chain_id, Layer.WALLET]] += [one for one in holdings if one.amount or one.stated_value_usd]
            figures += notes
    else:
        for where, row in mine:
            chain_id = chain_of(where, row)
            positions.setdefault(cells[chain_id, Layer.POSITION], []).append(position_of(where, row, chain_id))
            for layer, holding in legs_of(where, row, chain_id):
                found[cells[chain_id, layer]].append(holding)
    others, unread = _readable(others, pull, is_wallet=is_wallet)
    return Reading(
        effective_at=_effective_at(mine or places, pull, cached_at),
        rows={cell: tuple(holdings) for cell, holdings in found.items()},
        block_number=_block_number(mine),
        unknown_fields=(*unknown, *_unknown_chains(mine), *unread)[:MOST_UNKNOWN_FIELDS],
        positions={cell: tuple(stated) for cell, stated in positions.items()},
        assets=tuple(_assets([*mine, *others])),
        figures=tuple(figures),
        unwatched=_unwatched(others, pull, is_wallet=is_wallet),
        contracts={} if is_wallet else _contracts(others),
    )


def _tokens(places: Sequence[Place]) -> dict[str, list[Listed]]:
    """Give a wallet's tokens by chain, each with the name that its row gives it."""
    found: dict[str, list[Listed]] = {}
    for where, row in places:
        chain_id = chain_of(where, row)
        found.setdefault(chain_id, []).append(Listed(row.contract_address, _token(where, row, chain_id)))
    return found


def _token(where: str, row: Row, chain_id: str) -> Holding:
    """Read a wallet's token: its one underlying token is itself, and it is owned."""
    if row.asset_sign < 0 or row.value_usd < 0:
        raise UnreadableError(f"{where}.{'asset_sign' if row.asset_sign < 0 else 'value_usd'}", "makes a token a debt")
    legs = row.underlying_tokens or []
    if len(legs) != 1:
        raise UnreadableError(f"{where}.underlying_tokens", f"holds {len(legs)} tokens, but a token is made of itself")
    asset_id = asset_of(chain_id, row.contract_address, f"{where}.contract_address")
    place = f"{where}.underlying_tokens[0]"
    if leg_chain(place, legs[0], chain_id) != chain_id:
        raise UnreadableError(f"{place}.chain_id", f"is another chain than {chain_id}, but a token is made of itself")
    if asset_of(chain_id, legs[0].address, f"{place}.address") != asset_id:
        raise UnreadableError(f"{place}.address", "is another token than contract_address")
    return holding_of(asset_id, legs[0], row.value_usd)


def _readable(places: Sequence[Place], pull: Pull, *, is_wallet: bool) -> tuple[list[Place], list[str]]:
    """Give the rows of chains that nobody asked for, each once, and name what cannot be read: it fails nothing else."""
    found: dict[tuple[str, str], Place] = {}
    unread = []
    for where, row in places:
        try:
            _check_holder([(where, row)], pull)
            _check_amounts([(where, row)])
            list(_rows_of(where, row, is_wallet=is_wallet))
            list(_assets([(where, row)]))
        except UnreadableError as error:
            unread.append(error.where)
        else:
            name = row.contract_address if is_wallet else row.index
            found.setdefault((chain_of(where, row), name.lower()), (where, row))
    return list(found.values()), unread


def _rows_of(where: str, row: Row, *, is_wallet: bool) -> Iterator[tuple[Layer, Holding]]:
    chain_id = chain_of(where, row)
    return iter([(Layer.WALLET, _token(where, row, chain_id))]) if is_wallet else legs_of(where, row, chain_id)


def _unwatched(places: Sequence[Place], pull: Pull, *, is_wallet: bool) -> dict[Cell, tuple[Holding, ...]]:
    """Read rows of chains that nobody asked for, by the cells that they would stand in."""
    found: dict[tuple[str, Layer], list[Listed]] = {}
    for where, row in places:
        for layer, holding in _rows_of(where, row, is_wallet=is_wallet):
            found.setdefault((chain_of(where, row), layer), []).append(Listed(row.contract_address, holding))
    return {
        Cell(pull.cells[0].account_id, chain_id, layer): tuple(_held(chain_id, listed, is_wallet=is_wallet))
        for (chain_id, layer), listed in found.items()
    }


def _contracts(places: Sequence[Place]) -> dict[tuple[str, str], str]:
    """Give the token that stands for each position, by chain and position."""
    named = [(chain_of(where, row), row) for where, row in places if caip.is_evm_address(row.contract_address)]
    return {(chain_id, row.index): caip.erc20(chain_id, row.contract_address) for chain_id, row in named}


def _held(chain_id: str, listed: Sequence[Listed], *, is_wallet: bool) -> Iterator[Holding]:
    holdings = joined(chain_id, listed)[0] if is_wallet else [one.holding for one in listed]
    return (one for one in holdings if one.amount or one.stated_value_usd)


def _check_holder(places: Sequence[Place], pull: Pull) -> None:
    """Hold each row's address against the one asked for; rows that are aggregated have the zero address."""
    known = {NOBODY, dict(pull.request.query)["addresses"].lower()}
    for where, row in places:
        if row.address.lower() not in known:
            raise UnreadableError(f"{where}.address", "is another account than the one asked for")


def _check_repeats(places: Sequence[Place], *, is_wallet: bool) -> None:
    """Refuse a wallet's token or a position that is listed twice: it would count twice."""
    seen: dict[tuple[str, str], str] = {}
    name = "contract_address" if is_wallet else "index"
    for where, row in places:
        key = (chain_of(where, row), getattr(row, name).lower())
        if (first := seen.setdefault(key, where)) != where:
            raise UnreadableError(f"{where}.{name}", f"repeats {first}")


def _check_amounts(places: Sequence[Place]) -> None:
    """Refuse a token without an amount where it or its row is worth something: an amount that is not there is no 0."""
    for where, row in places:
        for name in ("underlying_tokens", "reward_tokens"):
            for index, token in enumerate(getattr(row, name) or ()):
                is_worth = token.value_usd or (name == "underlying_tokens" and row.value_usd)
                if token.amount is None and is_worth:
                    raise UnreadableError(f"{where}.{name}[{index}].amount", "is not there, but its value is not 0")


def _effective_at(places: Sequence[Place], pull: Pull, cached_at: datetime | None) -> datetime | None:
    """Give the instant that all rows are true for; the one that is furthest off where they differ.

    What a cache has kept since before that instant is true for the time of the cache, whatever its rows say.

    Without rows it is the instant that was asked for: nothing says otherwise, and an empty answer for the past is
    believed only once a neighbouring instant agrees.
    """
    asked = int(dict(pull.request.query)["timestamp"])
    known = [row.timestamp for _, row in places if row.timestamp is not None]
    if len(known) < len(places):
        return None
    first, last = min(known, default=asked), max(known, default=asked)
    is_early = asked - first > POINT_IN_TIME_WINDOW.total_seconds()
    effective_at = datetime.fromtimestamp(last if last > asked and not is_early else first, UTC)
    return effective_at if cached_at is None else min(effective_at, cached_at)


def _block_number(places: Sequence[Place]) -> int | None:
    """Give the block that all rows are of; those of several chains differ, and none stands for the answer."""
    blocks = {row.block_number for _, row in places}
    return blocks.pop() if len(blocks) == 1 else None


def _unknown_chains(places: Sequence[Place]) -> Iterator[str]:
    """Name the tokens inside of rows whose own chain is not in the table: they count, under an id of that chain."""
    for where, row in places:
        for name in ("underlying_tokens", "reward_tokens"):
            for index, token in enumerate(getattr(row, name) or ()):
                number = token.chain_id if token.chain is None else token.chain
                if number is not None and number not in _KNOWN:
                    yield f"{where}.{name}[{index}].chain_id"


def _assets(places: Sequence[Place]) -> Iterator[Asset]:
    for where, row in places:
        for name in ("underlying_tokens", "reward_tokens"):
            for index, token in enumerate(getattr(row, name) or ()):
                place = f"{where}.{name}[{index}]"
                chain_id = leg_chain(place, token, chain_of(where, row))
                asset_id = asset_of(chain_id, token.address, f"{place}.address")
                yield Asset(asset_id, token.symbol or "", token.name or "", token.decimals)
