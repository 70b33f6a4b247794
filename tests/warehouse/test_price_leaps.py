"""Promises of leaps: a verdict hangs on the stated prices next to it, and on what others say at the same instant."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.warehouse import sqlfiles

FIRST = datetime(2026, 5, 1)  # noqa: DTZ001 - as DuckDB has it, in UTC
CARRY = timedelta(hours=72)
STABLE, COIN = "eip155:1/erc20:0xstable", "eip155:1/erc20:0xcoin"

Stated = Mapping[str, Mapping[int, float]]
"""By source: the price of each day on which it states one."""


def leaps(stated: Stated, days: list[int], asset: str = COIN) -> set[tuple[str, int]]:
    """Give what the SQL does not believe, as source and day; snapshots were taken on `days`."""
    (leap,) = (one for one in sqlfiles.derived() if one.name == "price_leap")
    with duckdb.connect() as connection:
        connection.execute("create table pricing as select 72 as carry_hours, [?] as stablecoins", [STABLE])
        connection.execute("create table snapshot (as_of timestamp)")
        if days:
            connection.executemany("insert into snapshot values (?)", [(FIRST + timedelta(days=day),) for day in days])
        columns = "as_of timestamp, provider varchar, asset_id varchar, source varchar, price_usd double"
        connection.execute(f"create table price_point ({columns})")
        rows = [
            (FIRST + timedelta(days=day), source, asset, source, price)
            for source, prices in stated.items()
            for day, price in prices.items()
        ]
        if rows:
            connection.executemany("insert into price_point values (?, ?, ?, ?, ?)", rows)
        found = connection.execute(
            f"select provider, as_of from ({leap.statement}) where confirmed_by is null"
        ).fetchall()
    return {(source, (at - FIRST).days) for source, at in found}


def expected(stated: Stated, days: list[int], factor: float) -> set[tuple[str, int]]:
    """Judge by the words of the rule, price by price."""
    found = set()
    for source, prices in stated.items():
        for day in prices:
            before = [one for one in prices if one < day]
            if not before:
                continue
            ratio = prices[day] / prices[max(before)]
            if 1 / factor <= ratio <= factor:
                continue
            later = [one for one in prices if one > day]
            following = [one for one in days if one > day]
            is_near = bool(later) and (
                timedelta(days=min(later) - day) <= CARRY or (bool(following) and min(later) == min(following))
            )
            change = prices[min(later)] / prices[day] if later else 1
            is_confirmed = is_near and (change >= 1 / factor if ratio > 1 else change <= factor)
            others = [other[day] for name, other in stated.items() if name != source and day in other]
            if not is_confirmed and not any(prices[day] / 1.1 <= other <= prices[day] * 1.1 for other in others):
                found.add((source, day))
    return found


PRICES = st.sampled_from([1.0, 1.05, 1.3, 2.2, 3.0, 7.0, 0.4, 0.1])
DAYS = st.sets(st.integers(0, 30), min_size=1, max_size=8)


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, dict[int, float]], list[int]]:
    """Draw days on which snapshots were taken, and what two sources stated on some of them."""
    days = sorted(draw(DAYS))
    told = {
        source: {day: draw(PRICES) for day in days if draw(st.booleans())}
        for source in ("oneinch_portfolio", "credmark")
    }
    return told, days


@pytest.mark.every
@pytest.mark.parametrize(("asset", "factor"), [(COIN, 2.0), (STABLE, 1.1)])
def test_leaps_are_what_the_rule_says(asset: str, factor: float) -> None:
    """Whatever is stated on whatever days, exactly those leaps stay unconfirmed that the rule leaves so."""

    @given(histories())
    def check(history: tuple[dict[str, dict[int, float]], list[int]]) -> None:
        stated, days = history
        assert leaps(stated, days, asset) == expected(stated, days, factor)

    check()


@pytest.mark.every
@given(histories(), st.data())
def test_taking_a_day_away_changes_its_neighbours_alone(
    history: tuple[dict[str, dict[int, float]], list[int]], data: st.DataObject
) -> None:
    """Without one of the days, at most each source's stated price before and behind it is judged otherwise."""
    stated, days = history
    gone = data.draw(st.sampled_from(days))
    without = {
        source: {day: price for day, price in prices.items() if day != gone} for source, prices in stated.items()
    }
    touched = set()
    for source, prices in stated.items():
        near = {
            max((day for day in prices if day < gone), default=gone),
            min((day for day in prices if day > gone), default=gone),
        }
        touched |= {(source, day) for day in near | {gone}}
    changed = leaps(stated, days) ^ leaps(without, [day for day in days if day != gone])
    assert changed <= touched


def test_a_stated_zero_is_a_leap_down_and_no_price_before() -> None:
    """A price of 0 needs a second one to be believed, and what comes after it is held against the price before it."""
    assert leaps({"onebalance": {0: 5.0, 1: 0.0, 2: 5.2}}, [0, 1, 2]) == {("onebalance", 1)}
    assert leaps({"onebalance": {0: 5.0, 1: 0.0, 2: 0.0}}, [0, 1, 2]) == set()
