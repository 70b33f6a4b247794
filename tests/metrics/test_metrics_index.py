"""Promises of index, drawdown and volatility: where the definitions coincide they are what pandas and numpy make."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.metrics.asked import Asked, rows
from tests.metrics.histories import ACCOUNTS, ASSETS, CHAINS, KEYS, START, Random, Told, make_empty, write
from tests.metrics.recorded import read
from tests.metrics.reference_index import daily_logs, deepest, index, volatility

ETHER = (ACCOUNTS[0], CHAINS[0], "wallet", "", ASSETS[0])
DAYS = 40
MISSED = 17
"""A day that nobody took a snapshot of."""


def prices(days: int = DAYS) -> pd.Series:
    """A price over some days, with one that is missed."""
    chance = np.random.default_rng(20260501)
    walk = 50 * np.exp(np.cumsum(chance.normal(0, 0.04, days)))
    return pd.Series(np.round(walk, 2), [START + timedelta(days=number) for number in range(days)]).drop(
        START + timedelta(days=MISSED)
    )


def history_of(series: pd.Series, folder: Path, held: tuple[float, float, float] = (1.0, 1.02, 1.04)) -> Path:
    """Write a wallet that holds more and less of an asset from day to day: its value says nothing of its price."""
    told = tuple(
        Told(day, "0 0 * * *", {ETHER: held[number % 3]}, ({ASSETS[0]: float(price)}, {}), frozenset(), ACCOUNTS[:1],
             frozenset(KEYS))
        for number, (day, price) in enumerate(zip(pd.DatetimeIndex(series.index).to_pydatetime(), series, strict=True))
    )  # fmt: skip
    return write(Random(told, None, None, is_rebasing=False), folder, make_empty(folder / "empty.duckdb"))


@pytest.mark.every
def test_the_index_is_what_pandas_makes_of_the_price(tmp_path: Path) -> None:
    """Index and drawdown of a wallet of one asset are those of its price, while little is moved in or out at once."""
    series = prices()
    published = history_of(series, tmp_path)
    made = series / series.iloc[0]
    fall = made / made.cummax() - 1
    reckoned = index(read(published))
    assert [point.index_total for point in reckoned] == pytest.approx(list(made), rel=1e-7)
    assert [point.drawdown for point in reckoned] == pytest.approx(list(fall), abs=1e-7)
    chart = rows(published, "index_chart", Asked())
    assert [row["index_total"] for row in chart] == pytest.approx(list(made), rel=1e-7)
    assert [row["drawdown"] for row in chart] == pytest.approx(list(fall), abs=1e-7)
    assert [row["as_of"] for row in chart if row["spans_gap"]] == [START + timedelta(days=MISSED + 1)]
    (row,) = rows(published, "returns", Asked())
    trough = fall.idxmin()
    since = made[:trough].idxmax()
    back = made[(made.index > trough) & (made >= made[since])].index
    expected = (since, trough, back.min() if len(back) else None)
    assert (row["drawdown_since"], row["drawdown_as_of"], row["drawdown_until"]) == expected
    found = deepest(reckoned)
    assert (found.start, found.trough, found.recovery) == expected
    assert row["max_drawdown"] == pytest.approx(fall.min(), abs=1e-7)


@pytest.mark.slow
def test_a_large_inflow_is_capital_of_its_step(tmp_path: Path) -> None:
    """Where a wallet doubles within a step, what the price made of its first half is a return on both halves."""
    series = pd.Series([50.0, 55.0, 60.5, 60.5], [START + timedelta(days=number) for number in range(4)])
    published = history_of(series, tmp_path, held=(1.0, 2.0, 2.0))
    chart = rows(published, "index_chart", Asked())
    returns = [5 / (50 + 55), (60.5 - 55) / 55, 0.0]
    assert [row["return_total"] for row in chart[1:]] == pytest.approx(returns, rel=1e-9)


@pytest.mark.every
def test_volatility_is_what_numpy_makes_of_daily_returns(tmp_path: Path) -> None:
    """Volatility is the sample standard deviation of logarithmic daily returns for 365 days, none across a gap."""
    series = prices()
    published = history_of(series, tmp_path)
    logs = np.log(series).diff()
    logs = logs[series.index.to_series().diff() == timedelta(days=1)]
    expected = logs.std(ddof=1) * np.sqrt(365)
    (row,) = rows(published, "returns", Asked())
    assert row["daily_returns"] == len(logs) == DAYS - 3
    assert row["volatility"] == pytest.approx(expected, rel=1e-6)
    assert volatility(daily_logs(index(read(published)))) == pytest.approx(expected, rel=1e-6)


@pytest.mark.every
def test_a_day_on_which_nothing_moves_is_a_return_of_nothing(tmp_path: Path) -> None:
    """A wallet that rests has returns of 0, which are known and count, and a volatility of 0."""
    days = [START + timedelta(days=number) for number in range(25)]
    published = history_of(pd.Series(1.0, days), tmp_path, held=(2.0, 2.0, 2.0))
    chart = rows(published, "index_chart", Asked())
    assert [row["return_total"] for row in chart] == [None, *[0.0] * 24]
    (row,) = rows(published, "returns", Asked())
    assert (row["daily_returns"], row["volatility"], row["modified_dietz_return"]) == (24, 0.0, 0.0)


@pytest.mark.every
def test_volatility_needs_twenty_returns(tmp_path: Path) -> None:
    """With twenty daily returns volatility is there, with nineteen it is not and the reason is said."""
    published = history_of(prices(), tmp_path)
    for last, count in ((21, 19), (22, 20)):
        (row,) = rows(published, "returns", Asked(until=START + timedelta(days=last)))
        assert (row["daily_returns"], row["volatility"] is None) == (count, count < 20)
        assert row["reason"] == ("too_short" if count < 20 else None)
