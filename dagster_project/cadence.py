"""The ticks of a cron expression in UTC, and what is a day: which instants are due. No settings, no clock of its own.

Dagster computes the same ticks for its partitions; a test holds both equal.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise

from cronsim import CronSim, CronSimError


class Every(StrEnum):
    """How often something slower than the cadence is due: at the first tick of each, in UTC."""

    TICK = "tick"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    NEVER = "never"


_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_FOUR_YEARS = timedelta(days=4 * 365 + 1)
_ROUND = timedelta(days=28 * 365 + 7)
"""After this time dates and weekdays fall together again."""

_START_OF_ROUND = datetime(2000, 1, 1, tzinfo=UTC)
_AFTER_LEAP_DAY = datetime(2000, 3, 1, tzinfo=UTC)
_NEXT_LEAP_DAY = datetime(2004, 2, 29, tzinfo=UTC)

_ITEM = re.compile(
    r"""
    [0-9]+ | [A-Z]{3}
    | (?: \* | (?P<low>0|[1-9][0-9]?)-(?!(?P=low)\b)(?:0|[1-9][0-9]?) | (?P<first>[A-Z]{3})-(?!(?P=first)\b)[A-Z]{3} )
      (?: /[0-9]+ )?
    """,
    re.VERBOSE,
)
_WEEKDAY_OF_MONTH = re.compile(r"(?:[0-7]|[A-Z]{3})#[1-5]")


def is_cron(text: str) -> bool:
    """Tell whether `text` is a cron expression of five fields that this module and Dagster read alike.

    Readers of cron disagree beyond plain numbers, names, lists, ranges and steps: about a step from a single number, a
    range from a number to itself, a star beside a day where a weekday is named too, and days that do not come every
    year. Of the extensions `L` (the last day of a month) and `5#1` (its first Friday) are read alike.
    """
    fields = text.upper().split()
    if len(fields) != 5 or not _is_read_alike(*fields):
        return False
    try:
        return next(CronSim(text, _AFTER_LEAP_DAY)) < _NEXT_LEAP_DAY
    except (CronSimError, StopIteration):
        return False


def _is_read_alike(minute: str, hour: str, day: str, month: str, weekday: str) -> bool:
    days = [item for item in day.split(",") if item != "L"]
    weekdays = weekday.split(",")
    if all(_WEEKDAY_OF_MONTH.fullmatch(item) for item in weekdays):
        return day == month == "*" and _is_read_alike(minute, hour, day, month, "*")
    items = [*minute.split(","), *hour.split(","), *days, *month.split(","), *weekdays]
    is_either = day != "*" and weekday != "*"
    return all(map(_ITEM.fullmatch, items)) and not (is_either and "*" in day + weekday)


def ticks(cron: str, since: datetime, until: datetime) -> Iterator[datetime]:
    """Give the instants that are due from `since` to `until`, both inclusive, in order."""
    upcoming = CronSim(cron, since.astimezone(UTC) - _MINUTE)
    with suppress(OverflowError):  # the calendar ends with the year 9999, and so do the ticks
        for tick in upcoming:
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


def begins(cron: str, start: datetime, as_of: datetime, every: Every) -> bool:
    """Tell whether `as_of`, a tick, is the first of its UTC day, ISO week or month, or the first from `start` on."""
    if every in (Every.TICK, Every.NEVER):
        return every is Every.TICK
    before = latest_tick(cron, as_of - _MINUTE)
    return before < start or bucket(before, every) != bucket(as_of, every)


def bucket(instant: datetime, every: Every) -> tuple[int, ...]:
    """Name the UTC day, ISO week or month that an instant belongs to."""
    day = instant.astimezone(UTC).date()
    week = day.isocalendar()
    buckets = {
        Every.DAY: (day.toordinal(),), Every.WEEK: (week.year, week.week), Every.MONTH: (day.year, day.month)
    }  # fmt: skip
    return buckets[every]


@cache
def shortest_gap(cron: str) -> timedelta:
    """Give the shortest time between two ticks that lie next to each other anywhere in the calendar."""
    minute, hour, *days = cron.split()
    midnight = _START_OF_ROUND
    of_a_day = list(ticks(f"{minute} {hour} * * *", midnight, midnight + _DAY - _MINUTE))
    between_days = _shortest_between(f"0 0 {' '.join(days)}")
    return min([between_days - (of_a_day[-1] - of_a_day[0]), *(b - a for a, b in pairwise(of_a_day))])


@cache
def longest_gap(cron: str) -> timedelta:
    """Give the longest time between two ticks that lie next to each other, as four years show it."""
    minute, hour, *days = cron.split()
    midnight = _START_OF_ROUND
    of_a_day = list(ticks(f"{minute} {hour} * * *", midnight, midnight + _DAY - _MINUTE))
    due = (
        ticks(f"0 0 {' '.join(days)}", midnight, midnight + _FOUR_YEARS)
        if days != ["*"] * 3
        else (midnight, midnight + _DAY)
    )
    between_days = max((later - earlier for earlier, later in pairwise(due)), default=_FOUR_YEARS)
    return max([between_days - (of_a_day[-1] - of_a_day[0]), *(b - a for a, b in pairwise(of_a_day))])


def _shortest_between(cron: str) -> timedelta:
    """Give the shortest time between two days on which a cadence is due, a day at least."""
    shortest = timedelta.max
    for earlier, later in pairwise(CronSim(cron, _START_OF_ROUND - _DAY)):
        shortest = min(shortest, later - earlier)
        if shortest == _DAY or earlier > _START_OF_ROUND + _ROUND:
            break
    return shortest


WHOLE_DAY = timedelta(days=1, microseconds=-1)
"""From the first microsecond of a day to its last one."""


def is_date(text: str) -> bool:
    """Tell whether a text is an ISO 8601 day without a time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
