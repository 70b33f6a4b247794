"""Cron expressions of five fields with what they mean, and their instants by plain enumeration of days and minutes.

It shares nothing with the cadence under test: the sets are made beside the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CALENDAR_REPEATS = 28 * 365 + 7
"""Days after which dates and weekdays fall together again."""


@dataclass(frozen=True)
class Field:
    """One field as it is written, and the numbers it stands for."""

    text: str
    values: frozenset[int]

    @property
    def is_any(self) -> bool:
        """Tell whether the field leaves everything open."""
        return self.text == "*"


@dataclass(frozen=True)
class Cron:
    """An expression: its five fields."""

    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    def __str__(self) -> str:
        """Write it."""
        return " ".join(one.text for one in (self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def times(self) -> list[timedelta]:
        """Give the times of a day on which it is due."""
        return [timedelta(hours=h, minutes=m) for h in sorted(self.hour.values) for m in sorted(self.minute.values)]

    def is_due_on(self, day: date) -> bool:
        """Tell whether a day has ticks: where day and weekday are both named, either will do."""
        is_day, is_weekday = day.day in self.day.values, day.isoweekday() % 7 in self.weekday.values
        is_either = not self.day.is_any and not self.weekday.is_any
        return day.month in self.month.values and ((is_day or is_weekday) if is_either else (is_day and is_weekday))

    def ticks(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Give the instants from `since` to `until`, both inclusive."""
        midnight, times = since.replace(hour=0, minute=0, second=0, microsecond=0), self.times
        while midnight <= until:
            if self.is_due_on(midnight.date()):
                yield from (midnight + time for time in times if since <= midnight + time <= until)
            midnight += DAY

    def latest(self, now: datetime) -> datetime:
        """Give the last instant at or before `now`."""
        midnight, times = now.replace(hour=0, minute=0, second=0, microsecond=0), self.times
        while True:
            if self.is_due_on(midnight.date()) and (due := [time for time in times if midnight + time <= now]):
                return midnight + due[-1]
            midnight -= DAY

    def shortest_gap(self) -> timedelta:
        """Give the shortest time between two ticks over a whole round of the calendar."""
        first = date(2000, 1, 1)
        due = [number for number in range(CALENDAR_REPEATS) if self.is_due_on(first + number * DAY)]
        times = self.times
        days_between = min(later - earlier for earlier, later in pairwise(due))
        return min(
            [days_between * DAY + times[0] - times[-1], *(later - earlier for earlier, later in pairwise(times))]
        )


def _field(low: int, high: int, steps: st.SearchStrategy[int], turn: int | None = None) -> st.SearchStrategy[Field]:
    """Make fields other than `*`: numbers, lists, ranges, steps; `turn` folds numbers over (weekday 7 is 0)."""
    number = st.integers(low, high)
    span = st.tuples(number, number).filter(lambda ends: ends[0] < ends[1])

    def field(text: str, numbers: range | list[int]) -> Field:
        return Field(text, frozenset(one % turn if turn else one for one in numbers))

    return st.one_of(
        number.map(lambda one: field(str(one), [one])),
        st.lists(number, min_size=2, max_size=5, unique=True).map(lambda n: field(",".join(map(str, n)), n)),
        span.map(lambda ends: field(f"{ends[0]}-{ends[1]}", range(ends[0], ends[1] + 1))),
        steps.map(lambda step: field(f"*/{step}", range(low, high + 1, step))),
        st.tuples(span, steps).map(
            lambda one: field(f"{one[0][0]}-{one[0][1]}/{one[1]}", range(one[0][0], one[0][1] + 1, one[1])),
        ),
    )


def _any(low: int, high: int) -> st.SearchStrategy[Field]:
    return st.just(Field("*", frozenset(range(low, high + 1))))


_MINUTES = _field(0, 59, st.integers(2, 59))
_HOURS = _field(0, 23, st.integers(2, 23))
_DAYS = _field(1, 31, st.integers(2, 30))
_WEEKDAYS = _field(0, 7, st.integers(2, 7), turn=7)
_ANY_DAY, _ANY_WEEKDAY = _any(1, 31), _any(0, 6)


def _is_plain(field: Field) -> bool:
    return "*" not in field.text


_DAY_PAIRS = st.one_of(
    st.tuples(_ANY_DAY, _ANY_WEEKDAY),
    st.tuples(_DAYS, _ANY_WEEKDAY),
    st.tuples(_ANY_DAY, _WEEKDAYS),
    st.tuples(_DAYS.filter(_is_plain), _WEEKDAYS.filter(_is_plain)),
)
_MONTHS = st.one_of(_any(1, 12), _any(1, 12), _field(1, 12, st.integers(2, 11)))


def _comes_every_year(cron: Cron) -> bool:
    return min(cron.day.values) <= 28 or cron.month.is_any


crons: st.SearchStrategy[Cron] = st.builds(
    lambda minute, hour, days, month: Cron(minute, hour, days[0], month, days[1]),
    st.one_of(_any(0, 59), _MINUTES, _MINUTES),
    st.one_of(_any(0, 23), _HOURS, _HOURS),
    _DAY_PAIRS,
    _MONTHS,
).filter(_comes_every_year)
"""Expressions that every cron reads alike."""

instants = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001 - the next line gives the zone
    lambda naive: naive.replace(tzinfo=UTC),
)
"""Any instants, to the microsecond."""

minutes = instants.map(lambda instant: instant.replace(second=0, microsecond=0))
"""Instants as settings name them."""
