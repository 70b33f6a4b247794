"""The instants of the history beside the blocks of a chain: which tick a block or a time means, and a range of them.

Points of a range are anchored at its end and step back, both ends inclusive; one that no tick lies near is a gap.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from dagster_project.serve.refused import refused
from dagster_project.serve.whom import unix
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Asking

MOST_POINTS = 4_000
DAY_SECONDS = 86_400
_STATUS = 400


@dataclass(frozen=True, slots=True)
class Tick:
    """An instant of the history: UTC without a zone, and the block of the chain that is known to be its."""

    as_of: datetime
    block_number: int | None
    block_at: datetime | None

    @property
    def timestamp(self) -> int:
        """The block's time in Unix seconds, the instant's own where no block is known."""
        return unix(self.as_of if self.block_at is None else self.block_at)


@dataclass(frozen=True, slots=True)
class Span:
    """A range as it was resolved: its ends, and for each point its place (Unix seconds) with its tick or None."""

    first: Tick
    last: Tick
    points: list[tuple[int, Tick | None]]


@dataclass(frozen=True, slots=True)
class Ends:
    """A range as it was asked for: start and end each as a block or as Unix seconds, and the step between points."""

    start_block: int | None
    end_block: int | None
    start_at: int | None
    end_at: int | None
    blocks: int | None
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every tick of the history in order."""

    ticks: tuple[Tick, ...]

    def at(self, block: int | None, timestamp: int | None) -> Tick:
        """Give the last tick at or before a block or a time, the last of all for neither.

        Raises:
            RefusedError: for both, and where the history begins later.
        """
        if block is not None and timestamp is not None:
            raise refused(_STATUS, "time_both", "Only one of {blockNumber} or {timestamp} can be set.")
        found = self._by_block(block) if block is not None else self._by_time(timestamp)
        if found is None:
            begins = f"begins at {self.ticks[0].as_of.isoformat()}Z" if self.ticks else "has no instant yet"
            raise refused(_STATUS, "history_starts_later", f"No data at or before this: the history {begins}.")
        return found

    def span(self, ends: Ends) -> Span:
        """Lay out the points of a range; one without a tick in the step before it is None.

        Raises:
            RefusedError: the range has no start, ends before it starts, or has more than 4,000 points.
        """
        for one, other, names in (
            (ends.start_block, ends.start_at, "startBlockNumber} or {startTimestamp"),
            (ends.end_block, ends.end_at, "endBlockNumber} or {endTimestamp"),
            (ends.blocks, ends.seconds, "blockInterval} or {timeInterval"),
        ):
            if one is not None and other is not None:
                raise refused(_STATUS, "time_both", f"Only one of {{{names}}} can be set.")
        if ends.start_block is None and ends.start_at is None:
            raise refused(_STATUS, "no_start", "One of {startBlockNumber} or {startTimestamp} must be set.")
        last = self.at(ends.end_block, ends.end_at)
        first = self._by_block(ends.start_block) if ends.start_block is not None else self._by_time(ends.start_at)
        start = self.ticks[0] if first is None else first
        if ends.blocks is not None:
            return Span(start, last, self._in_blocks(ends, start, last))
        begin = start.timestamp if ends.start_at is None else ends.start_at
        end = last.timestamp if ends.end_at is None else ends.end_at
        if ends.end_at is None and ends.end_block is None:
            end = unix(last.as_of)
        step = DAY_SECONDS if ends.seconds is None else ends.seconds
        steps = _steps(begin, end, step)
        times = [unix(tick.as_of) for tick in self.ticks]
        points = []
        for at in steps:
            place = bisect_right(times, at)
            is_near = place > 0 and times[place - 1] > at - step
            points.append((at, self.ticks[place - 1] if is_near else None))
        return Span(start, last, points)

    def _in_blocks(self, ends: Ends, start: Tick, last: Tick) -> list[tuple[int, Tick | None]]:
        begin = start.block_number if ends.start_block is None else ends.start_block
        end = last.block_number if ends.end_block is None else ends.end_block
        if begin is None or end is None:
            raise refused(_STATUS, "no_blocks", "The history names no block there; ask by timestamps and timeInterval.")
        known = [tick for tick in self.ticks if tick.block_number is not None]
        numbers = [cast("int", tick.block_number) for tick in known]
        points: list[tuple[int, Tick | None]] = []
        for number in _steps(begin, end, cast("int", ends.blocks)):
            place = bisect_right(numbers, number)
            is_near = place > 0 and numbers[place - 1] > number - cast("int", ends.blocks)
            tick = known[place - 1] if is_near else None
            points.append((number if tick is None else tick.timestamp, tick))
        return points

    def _by_block(self, number: int | None) -> Tick | None:
        known = [
            tick for tick in self.ticks if tick.block_number is not None and tick.block_number <= cast("int", number)
        ]
        return known[-1] if known else None

    def _by_time(self, timestamp: int | None) -> Tick | None:
        if timestamp is None:
            return self.ticks[-1] if self.ticks else None
        at = datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None)
        place = bisect_right([tick.as_of for tick in self.ticks], at)
        return self.ticks[place - 1] if place else None


def timeline_of(asking: Asking, chain_id: str) -> Timeline:
    """Look up every tick of the history with its block of a chain."""
    rows = asking.query(sqlfiles.lookup("blocks"), {"chain": chain_id}).rows
    return Timeline(tuple(Tick(*row) for row in rows))  # type: ignore[arg-type] # by the file's own header


def _steps(begin: int, end: int, step: int) -> list[int]:
    if begin > end:
        raise refused(_STATUS, "range_reversed", "The range begins later than it ends.")
    count = (end - begin) // step + 1
    if count > MOST_POINTS:
        words = f"The range has {count:,} elements, more than the {MOST_POINTS:,} of one response."
        raise refused(_STATUS, "too_many_points", words)
    return list(range(end, begin - 1, -step))[::-1]
