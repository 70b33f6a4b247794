"""Of which time the rows of 1inch Portfolio's snapshots are: of the instant, of now, or of neither.

Blocks of chains come at their own pace, so that a chain whose rows are of another time costs its own cells.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from dagster_project.holdings import Fault
from dagster_project.model import POINT_IN_TIME_WINDOW, Cell, Pull, Reason
from dagster_project.normalise.oneinch_rows import Place, chain_of


class Times(NamedTuple):
    """The instant that the rows are true for, the cells whose rows speak of now, and faults of rows of another time."""

    effective_at: datetime | None
    now: frozenset[Cell] = frozenset()
    faults: tuple[Fault, ...] = ()


def times_of(places: Sequence[Place], pull: Pull, cached_at: datetime | None) -> Times:
    """Give the times of rows; where they differ, that of the answer is the one that is furthest off.

    What a cache has kept since before that instant is true for the time of the cache, whatever its rows say.
    Without rows it is the instant that was asked for: nothing says otherwise, and an empty answer for the past is
    believed only once a neighbouring instant agrees. Where no chain is of the instant, the answer as a whole is not.
    """
    asked = int(dict(pull.request.query)["timestamp"])
    cached = None if cached_at is None else int(cached_at.timestamp())
    by_chain: dict[str, list[tuple[str, int | None]]] = {}
    for where, row in places:
        by_chain.setdefault(chain_of(where, row), []).append((where, _made_at(row.timestamp, cached, asked)))
    firsts = {chain_id: _first_off(times, asked) for chain_id, times in by_chain.items()}
    off = {chain_id: where for chain_id, where in firsts.items() if where is not None}
    if len(off) == len(by_chain):
        known = [at for times in by_chain.values() for _, at in times if at is not None]
        return Times(_instant(_furthest(known or [_made_at(asked, cached, asked) or asked], asked)))
    rest = {chain_id: [at for _, at in times] for chain_id, times in by_chain.items() if chain_id not in off}
    of_now = {chain_id for chain_id, times in rest.items() if None in times}
    known = [at for chain_id, times in rest.items() if chain_id not in of_now for at in times if at is not None]
    now = frozenset(cell for cell in pull.cells if cell.chain_id not in off and (not known or cell.chain_id in of_now))
    faults = tuple(_fault(where, chain_id, pull) for chain_id, where in off.items())
    return Times(_instant(min(known)) if known else None, now, tuple(fault for fault in faults if fault.cells))


def _made_at(stated: int | None, cached: int | None, asked: int) -> int | None:
    """Give the time of a row; a cache that is older than the instant has kept it since then."""
    if cached is None or cached >= asked:
        return stated
    return cached if stated is None else min(stated, cached)


def _first_off(times: Sequence[tuple[str, int | None]], asked: int) -> str | None:
    """Give the path of the first row that is of another time than the instant, None where there is none."""
    window = range(asked - int(POINT_IN_TIME_WINDOW.total_seconds()), asked + 1)
    return next((where for where, at in times if at is not None and at not in window), None)


def _furthest(known: Sequence[int], asked: int) -> int:
    first, last = min(known), max(known)
    is_early = asked - first > POINT_IN_TIME_WINDOW.total_seconds()
    return last if last > asked and not is_early else first


def _fault(where: str, chain_id: str, pull: Pull) -> Fault:
    cells = tuple(cell for cell in pull.cells if cell.chain_id == chain_id)
    return Fault(f"{where}.timestamp", "is of another time than the one asked for", cells, Reason.NOT_POINT_IN_TIME)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
