"""The ticks of a cron expression in UTC: which instants are due. No settings, no clock of its own.

Dagster computes the same ticks for its partitions; a test holds both equal.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError

_MINUTE = timedelta(minutes=1)


def is_cron(text: str) -> bool:
    """Tell whether `text` is a cron expression of five fields."""
    try:
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError:
        return False
    return len(text.split()) == 5


def ticks(cron: str, since: datetime, until: datetime) -> Iterator[datetime]:
    """Give the instants that are due from `since` to `until`, both inclusive, in order."""
    for tick in CronSim(cron, since.astimezone(UTC) - _MINUTE):
        if tick > until:
            return
        if tick >= since:
            yield tick


def latest_tick(cron: str, now: datetime) -> datetime:
    """Give the last instant that is due at or before `now`."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    return next(CronSim(cron, minute + _MINUTE, reverse=True))


def is_tick(cron: str, instant: datetime) -> bool:
    """Tell whether `instant` is one of the cadence's ticks."""
    return next(ticks(cron, instant, instant), None) is not None


def shortest_gap(cron: str, since: datetime, sample: int = 400) -> timedelta:
    """Give the shortest time between two of the next `sample` ticks; a pattern repeats well within that."""
    upcoming = list(islice(CronSim(cron, since), sample))
    return min((later - earlier for earlier, later in pairwise(upcoming)), default=timedelta.max)
