"""Promises of estimates: beside a total that is not known stands what it would be, and how far that may be off."""

from decimal import Decimal
from typing import cast

import pytest

from tests.portfolio import Portfolio, day
from tests.snapshot.test_four_providers import CHAINS, SOLANA


def money(value: object) -> Decimal:
    """Take an amount of money out of an answer."""
    return cast("Decimal", value)


@pytest.mark.slow
def test_a_missing_account_is_estimated_by_its_last_amounts_at_prices_of_the_day(portfolio: Portfolio) -> None:
    """Yesterday's amounts at today's prices make the estimate, and the whole of them is the uncertainty."""
    portfolio.have(0)
    portfolio.fail_for("cold")
    portfolio.take(1)
    point = portfolio.answer("value_chart")[1]
    rows = portfolio.query(
        "select sum((held.amount * priced.price_usd)::decimal(18, 6)), count(*) from balance as held "
        "join (select distinct asset_id, price_usd from balance where as_of = '2026-05-02') as priced using (asset_id) "
        "join account using (account_id) where held.as_of = '2026-05-01' and label = 'cold'"
    ).rows
    ((expected, count),) = rows
    assert count
    assert point["value_usd"] is None
    assert point["uncertainty_usd"] == expected
    assert point["estimated_value_usd"] == money(point["known_value_usd"]) + money(expected)
    assert point["uncertainty_usd"] != point["missing_last_known_usd"]
    (whole,) = (row for row in portfolio.answer("current_value") if row["per"] == "total")
    (cold,) = (row for row in portfolio.answer("current_value") if row["name"] == "cold")
    assert (whole["estimated_value_usd"], whole["uncertainty_usd"]) == (point["estimated_value_usd"], expected)
    assert (cold["value_usd"], cold["estimated_value_usd"]) == (None, expected)


def test_a_known_total_has_no_estimate(portfolio: Portfolio) -> None:
    """Where every cell has a record nothing is estimated."""
    portfolio.have(0)
    (point,) = portfolio.answer("value_chart")
    assert point["value_usd"] is not None
    assert (point["estimated_value_usd"], point["uncertainty_usd"]) == (None, None)


@pytest.mark.every
def test_the_truth_lies_within_the_band(portfolio: Portfolio) -> None:
    """What a provider answers later for the missing account lies within the uncertainty around the estimate."""
    portfolio.have(0)
    portfolio.fail_for("cold", "trading")
    portfolio.take(1)
    point = portfolio.answer("value_chart")[1]
    portfolio.simulator.clear_faults()
    portfolio.take(1)
    truth = money(portfolio.answer("value_chart")[1]["value_usd"])
    assert abs(truth - money(point["estimated_value_usd"])) <= money(point["uncertainty_usd"])


@pytest.mark.slow
@pytest.mark.parametrize("missing", [("cold",), ("cold", "treasury", "grants", "trading", "operations")])
def test_what_was_never_known_is_not_estimated(portfolio: Portfolio, missing: tuple[str, ...]) -> None:
    """An account that no provider has answered for yet has no estimate, and no total that holds it has one."""
    portfolio.fail_for(*missing)
    portfolio.take(0, 1)
    for point in portfolio.answer("value_chart"):
        assert (point["value_usd"], point["estimated_value_usd"], point["uncertainty_usd"]) == (None, None, None)


@pytest.mark.every
def test_what_is_older_than_three_days_is_not_estimated(portfolio: Portfolio) -> None:
    """An estimate rests on a record of at most 72 hours ago; after that there is none."""
    portfolio.have(0)
    portfolio.fail_for("cold")
    portfolio.take(1, 2, 3, 4)
    chart = portfolio.answer("value_chart")[1:]
    assert [row["value_usd"] for row in chart] == [None] * 4
    assert [row["estimated_value_usd"] is not None for row in chart] == [True, True, True, False]


@pytest.mark.every
def test_debts_make_the_band_wider_and_not_narrower(portfolio: Portfolio) -> None:
    """An account that owes is estimated by what it has less what it owes, uncertain by both added up."""
    portfolio.accounts = ("tiny", "treasury")
    portfolio.account_keys = {"tiny": CHAINS}
    portfolio.providers = ("oneinch_portfolio",)
    portfolio.take(0)
    portfolio.fail_for("tiny", dialect="oneinch")
    portfolio.take(1)
    point = portfolio.answer("value_chart", account="tiny")[1]
    assert point["value_usd"] is None
    assert money(point["uncertainty_usd"]) - money(point["estimated_value_usd"]) == pytest.approx(80, rel=0.01)


@pytest.mark.every
def test_a_cell_that_held_nothing_is_estimated_as_nothing(portfolio: Portfolio) -> None:
    """An account whose last answer was empty has an estimate of 0 with no uncertainty: that much was known."""
    portfolio.accounts = ("treasury", "solana-desk")
    portfolio.account_keys = {"solana-desk": SOLANA}
    portfolio.providers = ("onebalance",)
    portfolio.take(0)
    portfolio.change_store(
        "delete from balance where account_id like 'solana:%'",
        "update cell set outcome = 'empty', value_usd = 0, row_count = 0, unpriced_count = 0 "
        "where account_id like 'solana:%'",
    )
    portfolio.fail_for("solana-desk", dialect="onebalance")
    portfolio.take(1)
    point = portfolio.answer("value_chart", account="solana-desk")[1]
    assert (point["value_usd"], point["estimated_value_usd"], point["uncertainty_usd"]) == (None, 0, 0)


@pytest.mark.slow
def test_no_metric_reads_an_estimate(portfolio: Portfolio) -> None:
    """Returns, changes and statements are the same whether a day in between is estimated or was never taken."""
    portfolio.have(0)
    portfolio.fail_for("cold")
    portfolio.take(1)
    portfolio.simulator.clear_faults()
    portfolio.take(2)
    (returned,) = portfolio.answer("returns")
    (change,) = portfolio.answer("value_change")
    first, _, last = portfolio.answer("value_chart")
    assert (change["opening_usd"], change["closing_usd"]) == (first["value_usd"], last["value_usd"])
    assert returned["opening_usd"] == first["value_usd"]
    assert [row["estimated_value_usd"] for row in (first, last)] == [None, None]
    assert day(1).replace(tzinfo=None) not in {row["as_of"] for row in portfolio.answer("index_chart")}
