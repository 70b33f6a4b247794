"""Promises of cadence.py: the ticks are those of plain enumeration and of Dagster's partitions."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import dagster as dg
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project import cadence
from dagster_project.model import AS_OF_FORMAT, format_as_of
from tests.settings.crons import DAY, MINUTE, Cron, crons, instants, minutes

NOW = datetime(2026, 6, 15, 12, 34, 56, 789, tzinfo=UTC)
MOST_TICKS = 300

quietly = settings(database=None, deadline=None, max_examples=40)


def partition_keys(cron: str, start: datetime, now: datetime) -> list[str]:
    """Give the keys that Dagster counts for partitions as this project defines them."""
    partitions = dg.TimeWindowPartitionsDefinition(
        start=start, cron_schedule=cron, fmt=AS_OF_FORMAT, timezone="UTC", end_offset=1
    )
    return list(partitions.get_partition_keys(current_time=now))


def keys(cron: str, start: datetime, now: datetime) -> list[str]:
    """Give the ticks of the cadence as partition keys."""
    return [format_as_of(tick) for tick in cadence.ticks(cron, start, now)]


@st.composite
def spans(draw: st.DrawFn) -> tuple[Cron, datetime, datetime]:
    """Give an expression, a start, and a later now that a few hundred ticks lie between."""
    cron, start = draw(crons), draw(minutes)
    days = draw(st.floats(0.0, min(900.0, MOST_TICKS / len(cron.times))))
    return cron, start, start + timedelta(days=days)


@pytest.mark.every
@given(spans())
@quietly
def test_ticks_are_those_of_plain_enumeration_and_of_dagster(span: tuple[Cron, datetime, datetime]) -> None:
    """Once a first tick is due, ticks, plain enumeration and Dagster's partition keys are the same."""
    cron, start, now = span
    expected = [format_as_of(tick) for tick in cron.ticks(start, now)]
    assert cadence.is_cron(str(cron))
    assert keys(str(cron), start, now) == expected
    assume(expected)
    assert partition_keys(str(cron), start, now) == expected


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 0 * * *", 400),
        ("0 * * * *", 20),
        ("*/15 * * * *", 5),
        ("0 0 * * 0", 800),
        ("0 0 * * 7", 800),
        ("0 0 * * 5-7", 200),
        ("0 0 * * MON", 800),
        ("15 6 * * mon-fri", 200),
        ("0 0 1 * *", 800),
        ("0 0 31 * *", 800),
        ("0 0 1 JAN,jul *", 800),
        ("30 6,18 * * *", 100),
        ("0 9-17 * * 1-5", 40),
        ("0 0 1,15 * *", 800),
        ("0 0 1-7 * 1", 200),
        ("5-59/20 * * * *", 5),
        ("0 0 L * *", 800),
        ("0 0 * * 5#1", 800),
        ("00  00 * * *", 400),
    ],
)
@pytest.mark.parametrize("offset", [timedelta(), timedelta(hours=7, minutes=30)], ids=["from midnight", "from 07:30"])
def test_named_cadences_are_dagsters(cron: str, days: int, offset: timedelta) -> None:
    """The cadences that people write have the same ticks here and in Dagster, whether or not the start is one."""
    start = datetime(2026, 6, 15, tzinfo=UTC) - days * DAY + offset
    found = keys(cron, start, NOW)
    assert cadence.is_cron(cron)
    assert len(found) > 1
    assert partition_keys(cron, start, NOW) == found


def test_sunday_is_0_and_7() -> None:
    """Weekday 0 and weekday 7 are the same day, and it is a Sunday."""
    start = NOW - 70 * DAY
    sundays = list(cadence.ticks("0 0 * * 0", start, NOW))
    assert sundays == list(cadence.ticks("0 0 * * 7", start, NOW))
    assert {tick.isoweekday() for tick in sundays} == {7}
    assert len(sundays) == 10


@pytest.mark.parametrize(
    ("days", "cron"),
    [
        *((1000, f"0 0 {one}") for one in ("*/2 * 1", "15 * */2", "*/1 * 1", "5,* * 1", "1 * 5#1", "1-01 * *")),
        *((1000, f"0 0 {one}") for one in ("LW * *", "L/2 * *", "31/2 * *", "29 2 *", "* 2 1#5", "* 12/2 *")),
        *((1000, f"0 0 * * {one}") for one in ("5L", "5,5#1", "7/2", "5/2", "7-7", "THU-4", "SUN-SUN")),
        *((5, "0 23/5 * * *"), (1, "59/2 * * * *"), (1, "5-5 * * * *")),
    ],
)
def test_a_cron_that_dagster_reads_otherwise_is_refused(days: int, cron: str) -> None:
    """An expression is taken only where Dagster's partitions are its ticks, for a partition key is an as_of."""
    start = NOW - days * DAY
    theirs: list[str] = []
    with contextlib.suppress(dg.DagsterInvalidDefinitionError):
        theirs = partition_keys(cron, start, NOW)
    assert not cadence.is_cron(cron) or keys(cron, start, NOW) == theirs


@pytest.mark.parametrize(
    "text",
    [
        *("", "daily", "@daily", "* * * *", "0 0 0 * * *", "60 0 * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *"),
        *("0 0 * 13 *", "0 0 * * 8", "0 0 31 2 *", "0 0 30 2 *", "*/0 * * * *", "5-1 * * * *", "1,,2 * * * *"),
        *("a * * * *", "-1 * * * *", "\u0661 * * * *"),
    ],
)
def test_what_is_no_cron_is_told(text: str) -> None:
    """Nicknames, six fields, numbers out of range and days that never come are no cron."""
    assert not cadence.is_cron(text)


@given(cron=crons, now=instants)
@quietly
def test_the_latest_tick_is_the_last_that_is_due(cron: Cron, now: datetime) -> None:
    """The latest tick is the last at or before now, seconds and the reader's zone notwithstanding."""
    expected = cron.latest(now)
    assert cadence.latest_tick(str(cron), now) == expected
    assert cadence.latest_tick(str(cron), now.astimezone(timezone(timedelta(hours=5, minutes=30)))) == expected
    assert cadence.latest_tick(str(cron), expected) == expected
    assert cadence.latest_tick(str(cron), expected - MINUTE) < expected


@given(cron=crons, near=minutes)
@quietly
def test_is_tick_knows_ticks_and_nothing_else(cron: Cron, near: datetime) -> None:
    """An instant is a tick exactly where plain enumeration names it, and never with seconds on it."""
    tick = cron.latest(near)
    assert cadence.is_tick(str(cron), tick)
    for instant in (near, tick - MINUTE, tick + MINUTE):
        assert cadence.is_tick(str(cron), instant) is (instant in list(cron.ticks(instant, instant)))
    assert not cadence.is_tick(str(cron), tick + timedelta(seconds=1))
    assert not cadence.is_tick(str(cron), tick + timedelta(microseconds=1))
    assert cadence.is_tick(str(cron), tick.astimezone(timezone(timedelta(hours=-7))))


@given(cron=crons)
@settings(quietly, max_examples=15)
def test_the_shortest_gap_is_that_of_the_whole_calendar(cron: Cron) -> None:
    """The shortest gap is the least time between two ticks of a whole round of the calendar."""
    assert cadence.shortest_gap(str(cron)) == cron.shortest_gap()


def test_a_gap_that_comes_once_in_months_is_found() -> None:
    """Ticks at both ends of every other day lie a minute apart only where a month ends on an odd day."""
    cron = "0,10,20,30,40,50,59 0,23 */2 * *"
    assert cadence.is_tick(cron, datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
    assert cadence.is_tick(cron, datetime(2026, 4, 1, 0, 0, tzinfo=UTC))
    assert cadence.shortest_gap(cron) == MINUTE


def test_a_very_rare_cadence_has_a_gap() -> None:
    """A cadence of one instant in a generation, a fifth Monday in February, has a gap of years."""
    assert cadence.shortest_gap("0 0 * 2 1#5") >= 5 * 365 * DAY


def test_both_ends_of_a_range_count() -> None:
    """A range of ticks holds its first and its last instant, and nothing where it is empty."""
    first, last = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC)
    assert list(cadence.ticks("0 0 * * *", first, last)) == [first, first + DAY, first + 2 * DAY, last]
    assert list(cadence.ticks("0 0 * * *", first + MINUTE, last - MINUTE)) == [first + DAY, first + 2 * DAY]
    assert list(cadence.ticks("0 0 * * *", first, first)) == [first]
    assert list(cadence.ticks("0 0 * * *", last, first)) == []
    assert list(cadence.ticks("0 0 * * *", first + timedelta(microseconds=1), first + MINUTE)) == []


@quietly
@given(spans())
def test_what_is_slower_begins_with_the_first_tick_of_each_bucket(span: tuple[Cron, datetime, datetime]) -> None:
    """The first tick of all begins, and the first one of each UTC day, ISO week or month; never is never."""
    cron, start, now = span
    buckets = {"day": "%Y-%m-%d", "week": "%G-%V", "month": "%Y-%m", "tick": "%Y-%m-%d %H:%M"}
    ticks = list(cron.ticks(start, now))
    for every, pattern in buckets.items():
        firsts = {f"{tick:{pattern}}": tick for tick in reversed(ticks)}
        begun = [tick for tick in ticks if cadence.begins(str(cron), start, tick, cadence.Every(every))]
        assert begun == sorted(firsts.values())
    assert not any(cadence.begins(str(cron), start, tick, cadence.Every.NEVER) for tick in ticks)


def test_a_year_does_not_begin_a_week() -> None:
    """The ISO week decides: the first of January 2027 is a Friday, and begins a month but no week."""
    start, tick = datetime(2026, 12, 28, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert not cadence.begins("0 0 * * *", start, tick, cadence.Every.WEEK)
    assert cadence.begins("0 0 * * *", start, tick, cadence.Every.MONTH)
