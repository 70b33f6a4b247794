"""Promises of 1inch's metrics: the formula that the provider has published, on its own example and at its edges."""

import pytest

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.ledger import Entry, Kind
from dagster_project.simulator.book.window import BEGIN_AT, DAY
from dagster_project.simulator.dialects.oneinch_metrics import measure

COIN = ASSET_BY_KEY["EXACT@8453"]


def entries(*moves: tuple[int, int, Kind]) -> list[Entry]:
    """Entries from day, whole units and kind."""
    return [
        Entry(BEGIN_AT + day * DAY, "tiny", COIN.id, units * COIN.unit, kind, "ref", "") for day, units, kind in moves
    ]


def prices(**by_day: float) -> dict[int, float]:
    """Prices by unix second, given by day."""
    return {BEGIN_AT + int(day.removeprefix("day")) * DAY: price for day, price in by_day.items()}


def test_the_published_example_comes_out() -> None:
    """Buying 100 at 1 and 50 at 2, selling 60 at 2.5 and closing at 1.5 is a profit of 85 and a roi of 0.425."""
    moves = entries((1, 100, "swap"), (2, 50, "swap"), (3, -60, "swap"))
    told = prices(day1=1.0, day2=2.0, day3=2.5, day11=1.5)
    found = measure(moves, BEGIN_AT, BEGIN_AT + 11 * DAY, price=lambda _, at: told[at])
    assert (found.profit, found.roi, found.days) == (85.0, 0.425, 10)
    assert found.apr == pytest.approx(0.425 * 365 / 10)


def test_what_was_held_before_is_capital_at_the_price_of_the_start() -> None:
    """Held at the start counts at that instant's price, as a part of the capital, whatever it had cost."""
    moves = entries((1, 100, "deposit"), (5, 100, "deposit"))
    told = prices(day3=2.0, day5=4.0, day7=3.0)
    found = measure(moves, BEGIN_AT + 3 * DAY, BEGIN_AT + 7 * DAY, price=lambda _, at: told[at])
    assert found.profit == 600 - 200 - 400
    assert found.roi == 0.0


def test_yields_are_profit_and_gas_is_a_loss() -> None:
    """What grows where it lies is earned, what is burned is lost, and neither is a flow."""
    moves = entries((1, 100, "deposit"), (2, 10, "yield"), (3, -4, "fee"))
    found = measure(moves, BEGIN_AT, BEGIN_AT + 5 * DAY, price=lambda *_: 2.0)
    assert found.profit == 12.0
    assert found.roi == 0.06


def test_a_debt_that_grows_is_a_loss_without_a_roi() -> None:
    """For debt the profit is below zero by what was added to it, and there is no capital to compare it with."""
    moves = entries((1, 40, "deposit"), (2, 3, "yield"))
    found = measure(moves, BEGIN_AT, BEGIN_AT + 5 * DAY, -1, lambda *_: 1.0)
    assert (found.profit, found.roi, found.apr) == (-3.0, None, None)


def test_a_missing_price_makes_no_profit_of_nought() -> None:
    """Where any price that is needed is missing, profit, roi and apr are None, and the days are still told."""
    moves = entries((1, 40, "deposit"))
    found = measure(moves, BEGIN_AT, BEGIN_AT + 5 * DAY, price=lambda *_: None)
    assert (found.profit, found.roi, found.apr, found.days) == (None, None, None, 4)


def test_a_holding_begins_anew_after_it_was_empty() -> None:
    """Days are counted from the last time that nothing was held, and are 0 when nothing is."""
    moves = entries((1, 40, "deposit"), (2, -40, "withdrawal"), (4, 5, "deposit"))
    assert measure(moves, BEGIN_AT, BEGIN_AT + 10 * DAY, price=lambda *_: 1.0).days == 6
    assert measure(moves[:2], BEGIN_AT, BEGIN_AT + 10 * DAY, price=lambda *_: 1.0).days == 0
