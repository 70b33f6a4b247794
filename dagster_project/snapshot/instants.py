"""Which instants a run is asked for: ticks from the start on that are due. Anything else is an error with its remedy.

The start is the user's own, so no option moves it: later runs, schedules and partitions would not follow.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from dagster_project import cadence
from dagster_project.errors import UsageError
from dagster_project.model import format_exactly
from dagster_project.settings.lines import find_lines, line_of
from dagster_project.settings.load import Settings
from dagster_project.settings.paths import read_toml

_MINUTE = timedelta(minutes=1)


def due_between(settings: Settings, since: datetime | None, until: datetime | None, now: datetime) -> list[datetime]:
    """Give the ticks of a range that are due, without those that a simulated history pretends to have missed.

    Raises:
        UsageError: the range runs backwards, begins before the start or in the future, or holds no tick.
    """
    snapshots = settings.snapshots
    if since is not None and until is not None and since > until:
        raise UsageError(f"since ({format_exactly(since)}) is later than until ({format_exactly(until)}); swap them")
    if since is not None and since > now:
        raise UsageError(f"{_in_the_future(settings, since, now)}; write an earlier --since")
    refuse_before_start(settings, _begin(until) if since is None else since)
    first, last = max(since or snapshots.start, snapshots.start), min(until or now, now)
    due = [tick for tick in cadence.ticks(snapshots.cron, first, last) if tick not in settings.missed]
    if not due:
        span = f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
        raise UsageError(f"no tick of {snapshots.cron!r} is due {span}{_nearest(settings, first, last, now)}")
    return due


def _begin(until: datetime | None) -> datetime | None:
    """Give the begin of the day where a range ends with a whole day: a message names days as they were written."""
    is_whole_day = until is not None and until.time() == time.max
    return until.replace(hour=0, minute=0, second=0, microsecond=0) if until and is_whole_day else until


def require_tick(settings: Settings, as_of: datetime, now: datetime) -> datetime:
    """Give back an instant that can be asked for.

    Raises:
        UsageError: it lies before the start or in the future, or is no tick.
    """
    if as_of > now:
        raise UsageError(_in_the_future(settings, as_of, now))
    if as_of < settings.snapshots.start:
        raise UsageError(_before_start(settings, as_of))
    cron = settings.snapshots.cron
    if not cadence.is_tick(cron, as_of):
        near = _nearest(settings, as_of, as_of, now)
        raise UsageError(f"{format_exactly(as_of)} is no instant of this portfolio: no tick of {cron!r}{near}")
    return as_of


def latest_due(settings: Settings, now: datetime) -> datetime:
    """Give the latest tick.

    Raises:
        UsageError: no tick from the start on is due yet.
    """
    latest = cadence.latest_tick(settings.snapshots.cron, now)
    if latest < settings.snapshots.start:
        first = _first(settings.snapshots.cron, settings.snapshots.start)
        words = f"no tick is due yet: the first from the start on is {format_exactly(first)} UTC"
        raise UsageError(f"{words}; for the latest one, {format_exactly(latest)}, {_line(settings, latest)}")
    return latest


def refuse_before_start(settings: Settings, instant: datetime | None) -> None:
    """Let an instant pass from which on every tick belongs to the portfolio.

    Raises:
        UsageError: ticks lie between it and the start; says which line to change.
    """
    start = settings.snapshots.start
    if instant is None or instant >= start:
        return
    if next(cadence.ticks(settings.snapshots.cron, instant, start - timedelta(microseconds=1)), None) is not None:
        raise UsageError(_before_start(settings, instant))


def _before_start(settings: Settings, instant: datetime) -> str:
    start = format_exactly(settings.snapshots.start)
    return (
        f"{format_exactly(instant)} lies before the start of this portfolio ({start}): nothing was asked; "
        f"to have its history from there on, {_line(settings, instant)}, then run this again"
    )


def _line(settings: Settings, instant: datetime) -> str:
    """Name the line of the settings to change, and what to write there."""
    whole_day = instant.hour == instant.minute == instant.second == instant.microsecond == 0
    written = f"{instant:%Y-%m-%d}" if whole_day else format_exactly(instant)
    line = line_of(find_lines(read_toml(settings.config)[1]), ("snapshots", "start"))
    return f'write start = "{written}" in line {line} of {settings.config} ([snapshots])'


def _in_the_future(settings: Settings, instant: datetime, now: datetime) -> str:
    latest = cadence.latest_tick(settings.snapshots.cron, now)
    return f"{format_exactly(instant)} lies in the future; the latest tick is {format_exactly(latest)} UTC"


def _nearest(settings: Settings, first: datetime, last: datetime, now: datetime) -> str:
    """Name the ticks before and after a range that holds none."""
    named = [format_exactly(tick) for tick in _around(settings, first, last) if tick <= now]
    return f"; the nearest: {' and '.join(named)} UTC" if named else ""


def _around(settings: Settings, first: datetime, last: datetime) -> Iterator[datetime]:
    cron = settings.snapshots.cron
    before = cadence.latest_tick(cron, first - _MINUTE)
    if before >= settings.snapshots.start:
        yield before
    yield _first(cron, last + _MINUTE)


def _first(cron: str, since: datetime) -> datetime:
    return next(cadence.ticks(cron, since, datetime.max.replace(tzinfo=since.tzinfo)))
