"""Promises of which instants a run is asked for: what is before the start, in the future or no tick is named."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.errors import UsageError
from dagster_project.model import format_as_of
from dagster_project.orchestration.partitions import instants as partitions_of
from dagster_project.snapshot.instants import due_between, latest_due, require_tick
from tests.portfolio import FIRST, Portfolio, day

NOW = day(20) + timedelta(hours=7, minutes=30)


@pytest.fixture
def one(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of one wallet."""
    portfolio.accounts = ("treasury",)
    return portfolio


def follow(portfolio: Portfolio, said: str) -> None:
    """Change the settings as a message says: write its line in place of the one that it names."""
    written, line = re.findall(r'write (start = "[^"]+") in line (\d+) of ', said)[0]
    lines = portfolio.snapshots.split("\n")
    assert portfolio.config.read_text(encoding="utf-8").splitlines()[int(line) - 1] == lines[-1]
    portfolio.snapshots = "\n".join([*lines[:-1], written])


@pytest.mark.parametrize(
    ("verb", "written"),
    [
        (("backfill", "--since", "2026-04-20"), 'start = "2026-04-20"'),
        (("backfill", "--since", "2026-04-20T06:00"), 'start = "2026-04-20T06:00"'),
        (("backfill", "--until", "2026-04-25"), 'start = "2026-04-25"'),
        (("backfill", "--gaps", "--since", "2026-03-01"), 'start = "2026-03-01"'),
        (("plan", "--since", "2026-04-20"), 'start = "2026-04-20"'),
        (("snapshot", "--at", "2026-04-28"), 'start = "2026-04-28"'),
    ],
)
def test_what_lies_before_the_start_names_the_line_to_change(
    one: Portfolio, verb: tuple[str, ...], written: str
) -> None:
    """A run that would begin before the start asks nothing, ends with 2, and says what to write in which line."""
    one.take(0)
    one.forget_requests()
    ended = one.command(*verb)
    assert ended.returncode == 2
    assert f"write {written} in line 4 of {one.config} ([snapshots])" in ended.stderr
    assert "lies before the start of this portfolio (2026-05-01T00:00)" in ended.stderr
    assert one.requests() == []


@pytest.mark.every
def test_the_remedy_works(one: Portfolio) -> None:
    """With the line changed as said, the earlier ticks are taken, the untaken ones between are gaps, others are not."""
    one.take(0, 1)
    follow(one, one.command("backfill", "--since", "2026-04-28").stderr)
    one.take(2)
    assert one.answer("gaps") == []
    one.take(-2)
    assert [(row["first_as_of"], row["last_as_of"], row["cause"]) for row in one.answer("gaps", chain="eip155:1")] == [
        (datetime(2026, 4, 30), datetime(2026, 4, 30), "missed_tick")  # noqa: DTZ001 - as DuckDB gives it
    ]
    ended = one.command("backfill", "--since", "2026-04-28", "--until", "2026-05-03")
    assert ended.returncode == 0, ended.stderr
    assert one.answer("gaps") == []
    assert [row["as_of"] for row in one.answer("value_chart")] == [day(n).replace(tzinfo=None) for n in range(-3, 3)]


def test_an_earlier_start_brings_its_partitions(one: Portfolio) -> None:
    """After the start was changed, Dagster has a partition for each earlier tick, and the old ones as before."""
    before = partitions_of(one.settings()).get_partition_keys(current_time=NOW)
    follow(one, one.command("backfill", "--since", "2026-04-28").stderr)
    after = partitions_of(one.settings()).get_partition_keys(current_time=NOW)
    assert after == [*(format_as_of(day(number)) for number in (-3, -2, -1)), *before]


def test_a_start_between_two_ticks_refuses_no_date_that_means_the_same(one: Portfolio) -> None:
    """A date behind which the first tick is the portfolio's own is taken, although the start is written later."""
    one.snapshots = 'cron = "0 12 * * *"\nstart = "2026-05-01T11:00"'
    settings = one.settings()
    assert due_between(settings, FIRST, day(1), NOW) == [FIRST + timedelta(hours=12)]
    with pytest.raises(UsageError, match="before the start"):
        due_between(settings, day(-1), day(1), NOW)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (day(30), None, r"2026-05-31T00:00 lies in the future; the latest tick is 2026-05-21T00:00 UTC"),
        (day(9), day(4), r"since \(2026-05-10T00:00\) is later than until \(2026-05-05T00:00\); swap them"),
        (
            day(4.25), day(4.75),
            r"2026-05-05 06:00 to 2026-05-05 18:00 UTC; the nearest: 2026-05-05T00:00 and 2026-05-06T00:00 UTC",
        ),
        (day(20.1), None, r"is due from 2026-05-21 02:24 to 2026-05-21 07:30 UTC; the nearest: 2026-05-21T00:00 UTC"),
    ],
)  # fmt: skip
def test_a_range_without_a_due_tick_says_why(
    one: Portfolio, since: datetime, until: datetime | None, said: str
) -> None:
    """A range in the future, one that runs backwards and one between two ticks each say what to write instead."""
    with pytest.raises(UsageError, match=said):
        due_between(one.settings(), since, until, NOW)


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        (day(3.5), "no tick of '0 0 * * *'; the nearest: 2026-05-04T00:00 and 2026-05-05T00:00 UTC"),
        (day(21), "lies in the future; the latest tick is 2026-05-21T00:00 UTC"),
        (day(-1), 'write start = "2026-04-30" in line 4'),
    ],
)
def test_an_instant_that_cannot_be_asked_for_names_one_that_can(one: Portfolio, as_of: datetime, said: str) -> None:
    """An instant between ticks, in the future or before the start names the ticks around it, the latest or the line."""
    with pytest.raises(UsageError) as caught:
        require_tick(one.settings(), as_of, NOW)
    assert said in str(caught.value)
    assert require_tick(one.settings(), day(3), NOW) == day(3)


def test_a_start_behind_the_latest_tick_says_when_the_first_is_due(one: Portfolio) -> None:
    """Before the first tick is due a snapshot says when that is, and which line brings the latest one."""
    one.snapshots = 'cron = "0 0 * * *"\nstart = "2026-05-21T05:00"'
    with pytest.raises(UsageError) as caught:
        latest_due(one.settings(), NOW)
    assert "the first from the start on is 2026-05-22T00:00 UTC" in str(caught.value)
    assert 'write start = "2026-05-21" in line 4' in str(caught.value)
    one.snapshots = 'cron = "0 0 * * *"\nstart = "2026-05-21"'
    assert latest_due(one.settings(), NOW) == datetime(2026, 5, 21, tzinfo=UTC)


@pytest.mark.every
def test_gaps_of_a_history_that_is_older_than_the_start_can_be_asked_about(one: Portfolio) -> None:
    """Behind a start that was moved forwards the older gaps say that an earlier start fills them, and it does."""
    one.simulator.order("forbidden", account="0x009757B9F1fA7cE154C997C2b90bfdF7B06eacfA", at=int(day(1).timestamp()))
    one.take(0, 1, 2)
    one.simulator.clear_faults()
    one.snapshots = 'cron = "0 0 * * *"\nstart = "2026-05-03"'
    one.write()
    ended = one.command("backfill", "--gaps", "--since", "2026-05-01", "--until", "2026-05-03")
    assert ended.returncode == 0, ended.stderr
    assert "with an earlier start it can be asked for" in ended.stdout
    follow(one, one.command("backfill", "--since", "2026-05-02").stderr)
    one.write()
    assert one.command("backfill", "--gaps", "--until", "2026-05-03").returncode == 0
    assert one.answer("gaps") == []
