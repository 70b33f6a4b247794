"""A second clock: the newest time that an answer states in its Date header, by which an instant may still be to come.

A clock of this machine that is ahead would file answers of now under instants that are not there yet.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.archive.layout import StreamFile, find_all, new_attempt_id
from dagster_project.archive.stream import read_rows
from dagster_project.disk import sync_folder
from dagster_project.errors import BadRawError, ClockError, DiskError
from dagster_project.http_date import parse_http_date
from dagster_project.model import Answer, format_as_of, format_exactly
from dagster_project.snapshot.taken import Taken

TOLERANCE = timedelta(minutes=10)
"""How far an instant may lie behind the newest Date: clocks of servers are off by minutes."""

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""A Date before this program was written is a server's fault, and no clock."""

FOLDER = "future"
"""Beside raw/: streams of instants that had not come when they were answered."""


class SecondClock:
    """Hears every answer of a run, and tells which instants are still to come by the newest of them."""

    def __init__(self, *, is_simulated: bool) -> None:
        """Nothing is heard yet; where time is simulated each instant has a clock of its own, and none is ahead."""
        self._is_simulated = is_simulated
        self._newest: datetime | None = None
        self._begin = new_attempt_id()
        self._has_refused = False

    def hear(self, answer: Answer) -> None:
        """Note when an answer was made, as far as it says so."""
        self._newest = _later(self._newest, None if self._is_simulated else _made_at(answer))

    def come(self, ready: Sequence[Taken]) -> list[Taken]:
        """Give those of the instants that have come by both clocks, or of which nothing is to be stored."""
        return [one for one in ready if not (one.slices and self._is_ahead(one.plan.as_of))]

    def believes(self, stream: StreamFile) -> bool:
        """Tell whether the instant of a kept stream had come when its answers were made."""
        newest = None if self._is_simulated else _newest_in(stream)
        return newest is None or stream.as_of <= newest + TOLERANCE

    def _is_ahead(self, as_of: datetime) -> bool:
        return self._newest is not None and as_of > self._newest + TOLERANCE

    def error(self, as_of: datetime, now: datetime) -> ClockError:
        """Say that an instant has not come, by which clock, and what to do."""
        self._has_refused = True
        newest = "unknown" if self._newest is None else format_exactly(self._newest)
        return ClockError(
            f"{format_as_of(as_of)} UTC has not come yet: this machine's clock says {format_exactly(now)}, the newest "
            f"answer was made at {newest} UTC by its Date header; nothing of that instant is stored; set the clock "
            "(`timedatectl` says whether it is synchronised), then run again"
        )

    def set_aside(self, raw: Path) -> None:
        """After an error, take this run's streams of such instants out of raw/, so that no later run believes them."""
        if self._has_refused:
            found = (one for one in find_all(raw) if one.attempt_id > self._begin and self._is_ahead(one.as_of))
            set_aside(raw, found)


def insist_on_clock(streams: Iterable[StreamFile], now: datetime) -> None:
    """Refuse to call instants future that had come by the Date headers of their own answers: `now` is behind them.

    Raises:
        ClockError: it names the first such instant, both clocks and the remedy.
    """
    for stream in sorted(streams, key=lambda one: one.as_of):
        if stream.as_of <= now:
            continue
        newest: datetime | None = None
        with suppress(BadRawError, DiskError):  # what cannot be read states no time; the rebuild names it
            newest = _newest_in(stream)
        if newest is not None and stream.as_of <= newest + TOLERANCE:
            raise _behind(stream.as_of, newest, now)


def _behind(as_of: datetime, newest: datetime, now: datetime) -> ClockError:
    return ClockError(
        f"{format_as_of(as_of)} UTC had come when it was answered, at {format_exactly(newest)} UTC by the Date header: "
        f"this machine's clock, which says {format_exactly(now)}, is behind; nothing is removed; set the clock "
        "(`timedatectl` says whether it is synchronised), then run again"
    )


def _newest_in(stream: StreamFile) -> datetime | None:
    newest: datetime | None = None
    for row in read_rows(stream):
        newest = _later(newest, _made_at(row.answer))
    return newest


def _made_at(answer: Answer) -> datetime | None:
    stated = parse_http_date(answer.headers["date"]) if "date" in answer.headers else None
    return stated if stated is not None and stated >= EARLIEST else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((instant for instant in (one, other) if instant is not None), default=None)


def set_aside(raw: Path, streams: Iterable[StreamFile]) -> int:
    """Move streams into the folder beside raw/, each under its provider; gives how many.

    Raises:
        DiskError: the disk refused; what was moved before stays moved.
    """
    count = 0
    for stream in streams:
        target = raw.with_name(FOLDER) / stream.provider / stream.path.name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            stream.path.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise DiskError(
                f"{stream.path}: cannot be moved to {target} ({error.strerror}); free space or mend the folder"
            ) from error
        count += 1
    return count
