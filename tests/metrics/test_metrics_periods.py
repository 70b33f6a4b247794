"""Promises of statements: a period runs by the calendar, from complete instant to complete instant, whoever asks."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.metrics.asked import Asked, rows
from tests.metrics.histories import (
    ACCOUNTS,
    ASSETS,
    CHAINS,
    KEYS,
    PULLS,
    Key,
    Random,
    Told,
    histories,
    make_empty,
    write,
)
from tests.metrics.recorded import read
from tests.metrics.reference import History
from tests.metrics.reference_change import GROUPS, Group, Holds, change, held
from tests.metrics.reference_periods import BEGINS, Period, bounds, periods
from tests.metrics.test_metrics_answers import asked_of, empty

__all__ = ["empty"]

ETHER: Key = (ACCOUNTS[0], CHAINS[0], "wallet", "", ASSETS[0])
PARTS = ("net_flow_usd", "accrual_usd", "price_effect_usd", "scope_usd", "revaluation_usd")
Row = dict[str, Any]


def at(text: str) -> datetime:
    """Read an instant in UTC."""
    return datetime.fromisoformat(text + "+00:00")


class Written:
    """A history of one unit of ether that costs a dollar at the first tick and one more at each later tick."""

    def __init__(self, folder: Path, ticks: list[datetime], cron: str, failed: tuple[datetime, ...] = ()) -> None:
        told = tuple(
            Told(tick, cron, {ETHER: 1.0}, ({ASSETS[0]: 1.0 + number}, {}), frozenset(PULLS if tick in failed else ()),
                 ACCOUNTS[:1], frozenset(KEYS))
            for number, tick in enumerate(ticks)
        )  # fmt: skip
        self.published = write(Random(told, None, None, is_rebasing=False), folder, make_empty(folder / "empty.duckdb"))

    def statement(self, **asked: object) -> list[Row]:
        """Ask for the statement."""
        return rows(self.published, "overview_report", Asked(), **asked)


def daily(first: str, days: int, hour: int = 0) -> list[datetime]:
    """Give a tick a day."""
    return [at(first) + timedelta(days=number, hours=hour) for number in range(days)]


def ends(row: Row) -> tuple[str, str]:
    """Give the instants at which a period opens and closes."""
    return f"{row['opening_as_of']:%m-%d %H:%M}", f"{row['closing_as_of']:%m-%d %H:%M}"


@pytest.fixture(scope="module")
def half_a_year(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Give 1 December to 10 June, at midnight UTC."""
    return Written(tmp_path_factory.mktemp("half_a_year"), daily("2025-12-01T00:00", 192), "0 0 * * *")


@pytest.mark.every
def test_a_period_runs_from_its_begin_to_its_end(half_a_year: Written) -> None:
    """With ticks at midnight May runs from 1 May to 1 June, a year ends on 1 January, a week on Monday."""
    months = {f"{row['period_as_of']:%m}": row for row in half_a_year.statement()}
    assert ends(months["05"]) == ("05-01 00:00", "06-01 00:00")
    assert months["05"]["opening_usd"] == 152
    assert months["05"]["closing_usd"] == 183
    assert (months["05"]["notes"], months["05"]["instants"]) == ([], 31)
    assert f"{months['05']['period_until']:%Y-%m-%d %H:%M}" == "2026-06-01 00:00"
    (old, new) = half_a_year.statement(every="year")
    assert (ends(old), old["notes"]) == (("12-01 00:00", "01-01 00:00"), ["history_starts_later"])
    assert (ends(new), new["notes"]) == (("01-01 00:00", "06-10 00:00"), ["not_over"])
    (quarter,) = half_a_year.statement(every="quarter", since="2026-02-11", until="2026-03-31")
    assert (ends(quarter), quarter["notes"]) == (("01-01 00:00", "04-01 00:00"), [])
    (week,) = half_a_year.statement(every="week", since="2026-05-06", until="2026-05-07")
    assert ends(week) == ("05-04 00:00", "05-07 00:00")
    (day,) = half_a_year.statement(every="day", since="2026-05-06", until="2026-05-06")
    assert ends(day) == ("05-06 00:00", "05-07 00:00")


@pytest.mark.parametrize("every", ["day", "week", "month", "quarter", "year"])
def test_since_never_changes_a_period(half_a_year: Written, every: str) -> None:
    """A period says the same whichever day or instant the list begins with; only earlier periods are left out."""
    whole = half_a_year.statement(every=every)
    for since in ("2026-01-01", "2026-04-01T00:00", "2026-05-17", "2026-06-01T00:00:00.000001", "2025-01-01"):
        listed = half_a_year.statement(every=every, since=since)
        kept = [row for row in whole if row["period_until"].replace(tzinfo=None) > datetime.fromisoformat(since)]
        assert listed == kept
        assert listed


def test_until_ends_with_its_day_or_instant(half_a_year: Written) -> None:
    """A period whose last day is asked for is whole; one that is cut says that it is not over."""
    whole = {row["period_as_of"]: row for row in half_a_year.statement()}
    for until in ("2026-05-31", "2026-06-01T00:00"):
        listed = half_a_year.statement(until=until)
        assert listed == [whole[row["period_as_of"]] for row in listed]
        assert ends(listed[-1]) == ("05-01 00:00", "06-01 00:00")
    for until, closing in (("2026-05-30", "05-30 00:00"), ("2026-05-31T23:59", "05-31 00:00")):
        row = half_a_year.statement(until=until)[-1]
        assert (ends(row), row["notes"]) == (("05-01 00:00", closing), ["not_over"])


@pytest.mark.every
@pytest.mark.parametrize(
    ("first", "hour", "days", "failed", "expected"),
    [
        # the tick of the begin failed: it opens the day before, and so the month before closed there
        ("2026-04-28T00:00", 0, 40, ("2026-05-01T00:00",), ("04-30 00:00", "06-01 00:00", ["gap_at_begin"])),
        ("2026-04-20T00:00", 0, 47, ("2026-04-29T00:00", "2026-04-30T00:00", "2026-05-01T00:00", "2026-06-01T00:00"),
         ("04-28 00:00", "05-31 00:00", ["gap_at_begin", "gap_at_end"])),
        ("2026-05-10T00:00", 0, 30, (), ("05-10 00:00", "06-01 00:00", ["history_starts_later"])),
        ("2026-05-10T00:00", 0, 30, ("2026-05-10T00:00",), ("05-11 00:00", "06-01 00:00", ["history_starts_later"])),
        # ticks in the evening: no tick lies on the begin, and that is no gap
        ("2026-04-20T00:00", 18, 47, (), ("04-30 18:00", "05-31 18:00", [])),
        ("2026-04-28T00:00", 18, 20, (), ("04-30 18:00", "05-17 18:00", ["not_over"])),
    ],
)  # fmt: skip
def test_a_statement_says_where_its_instants_are_not_the_calendars(
    tmp_path: Path, first: str, hour: int, days: int, failed: tuple[str, ...], expected: tuple[str, str, list[str]]
) -> None:
    """Where the begin or the end has no complete instant, the last one before it counts, and a note says why."""
    written = Written(tmp_path, daily(first, days, hour), f"0 {hour} * * *", tuple(at(one) for one in failed))
    (may,) = (row for row in written.statement() if row["period_as_of"] == at("2026-05-01T00:00"))
    assert (*ends(may), may["notes"]) == expected
    assert may["closing_usd"] - may["opening_usd"] == may["price_effect_usd"]


@pytest.mark.every
def test_a_period_without_a_complete_instant_has_no_numbers(tmp_path: Path) -> None:
    """What changed while nothing was complete is NULL with its reason, never 0, and stands in the next period."""
    failed = tuple(daily("2026-05-01T00:00", 3, 6) + daily("2026-05-01T00:00", 3, 18))
    ticks = sorted(daily("2026-04-29T00:00", 8, 6) + daily("2026-04-29T00:00", 8, 18))
    listed = Written(tmp_path, ticks, "0 6,18 * * *", failed).statement(
        every="day", since="2026-04-30", until="2026-05-04"
    )
    assert [row["reason"] for row in listed] == [None, "gap", "gap", "gap", None]
    for row in listed[1:4]:
        assert {row[name] for name in ("opening_usd", "closing_usd", "profit_abs_usd", *PARTS)} == {None}
    assert ends(listed[-1]) == ("04-30 18:00", "05-04 18:00")
    assert listed[-1]["opening_usd"] == listed[0]["closing_usd"]
    assert listed[-1]["profit_abs_usd"] == 8


def reconcile(listed: list[Row], whole: Row) -> None:
    """Hold that each period opens where the one before closed, and that the parts add up to those of the whole."""
    known = [row for row in listed if row["reason"] is None]
    for before, behind in pairwise(known):
        assert (before["closing_as_of"], before["closing_usd"]) == (behind["opening_as_of"], behind["opening_usd"])
    assert (known[0]["opening_usd"], known[-1]["closing_usd"]) == (whole["opening_usd"], whole["closing_usd"])
    for name in PARTS:
        column = "flow_usd" if name == "net_flow_usd" else name
        assert sum(row[name] for row in known) == whole[column], name
    for row in known:
        assert row["opening_usd"] + sum(row[name] for name in PARTS) == row["closing_usd"]


def measured(row: Mapping[str, Any], unpriced: Collection[str] = ()) -> tuple[Decimal, ...]:
    """Give the numbers of a row, opening first; a part of which nothing has a price at an end is NULL there."""
    numbers = {name: row[name] for name in ("opening_usd", *PARTS, "closing_usd")}
    assert all(numbers[name] is None for name in unpriced)
    return tuple(Decimal(0) if name in unpriced else number for name, number in numbers.items())


def unpriced_ends(history: History, holds: Holds, group: Group, period: Period) -> dict[str, set[str]]:
    """Name for each part the ends at which it holds something, and nothing of that has a price."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, at in (("opening_usd", period.opening), ("closing_usd", period.closing)):
        assert at is not None
        values: dict[str, list[Decimal | None]] = defaultdict(list)
        for cell, key, one in held(history, at, holds):
            values[group(cell, key)].append(one.value)
        for part, listed in values.items():
            found[part] |= {name} if set(listed) == {None} else set()
    return found


@pytest.mark.every
@settings(max_examples=8, phases=(Phase.generate,))  # to shrink takes minutes; the history is printed as it is
@given(one=histories(most=9), drawn=st.data())
def test_statements_equal_the_reference(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, one: Random, drawn: st.DataObject
) -> None:
    """Over random histories every period and every part of it is the reference's, and consecutive periods reconcile."""
    published = write(one, tmp_path_factory.mktemp("periods"), empty)
    history = read(published)
    scope = asked_of(one, drawn)
    asked = Asked(scope.account, scope.chain, None, None, scope.account_group)
    every = drawn.draw(st.sampled_from(sorted(BEGINS)))
    expected = periods(history, every, asked.holds)
    found = rows(published, "overview_report", asked, every=every)
    assert [
        (row["period_as_of"], row["period_until"], row["opening_as_of"], row["closing_as_of"], row["instants"])
        for row in found
    ] == [(one.begin, one.end, one.opening, one.closing, one.instants) for one in expected]
    for row, period in zip(found, expected, strict=True):
        assert (row["reason"] == "gap") is (period.closing is None)
    (whole,) = rows(published, "value_change", asked)
    if whole["reason"] is None:
        reconcile(found, whole)
    for per in ("account", "chain", "layer"):
        parts = rows(published, "overview_report", asked, every=every, per=per)
        group = GROUPS[per](history)
        for row, period in zip(found, expected, strict=True):
            if period.opening is None or period.closing is None:
                continue
            wanted = change(history, asked.holds, group, bounds=[period.opening, period.closing])
            lacking = unpriced_ends(history, asked.holds, group, period) if per != "layer" else {}
            here = [part for part in parts if part["period_as_of"] == row["period_as_of"]]
            mine = {part["id"]: measured(part, lacking.get(part["id"], ())) for part in here}
            nothing = (Decimal(0),) * 7
            assert {id_: numbers for id_, numbers in mine.items() if numbers != nothing} == {
                id_: numbers
                for id_, one in wanted.items()
                if (numbers := (one.opening, one.flow, one.accrual, one.price, one.scope, one.revaluation, one.closing))
                != nothing
            }
            assert tuple(map(sum, zip(*mine.values(), strict=True))) == measured(row)


def test_periods_of_the_reference_are_those_of_the_calendar() -> None:
    """The reference's own bounds are whole days, weeks from Monday on, months, quarters and years without a hole."""
    first, last = at("2025-11-30T06:00"), at("2026-03-02T00:00")
    assert [f"{begin:%m-%d}..{end:%m-%d}" for begin, end in bounds("month", first, last)] == [
        "11-01..12-01", "12-01..01-01", "01-01..02-01", "02-01..03-01", "03-01..04-01",
    ]  # fmt: skip
    assert [f"{begin:%m-%d}" for begin, _ in bounds("quarter", first, last)] == ["10-01", "01-01"]
    assert [f"{begin:%Y}" for begin, _ in bounds("year", first, last)] == ["2025", "2026"]
    weeks = list(bounds("week", first, last))
    assert (f"{weeks[0][0]:%a %m-%d}", len(weeks)) == ("Mon 11-24", 15)
