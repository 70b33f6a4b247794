"""Promises of asking again: a scheduled snapshot fills what failed in the last seven days, where somebody still can."""

from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.snapshot.recent import ask_again, failed_lately
from tests.portfolio import Portfolio, day
from tests.snapshot.test_four_providers import SOLANA


@pytest.mark.every
@pytest.mark.parametrize("labels", [("cold",), ("treasury", "grants", "trading")])
def test_what_failed_lately_is_filled(portfolio: Portfolio, labels: tuple[str, ...]) -> None:
    """After a snapshot that went well, the days before it have their totals, and only what had failed is asked for."""
    portfolio.fail_for(*labels)
    portfolio.take(0, 1)
    portfolio.simulator.clear_faults()
    portfolio.take(2)
    portfolio.forget_requests()
    assert ask_again(portfolio.settings(), day(2)) == (day(0), day(1))
    assert len(portfolio.requests()) == 2 * len(labels)
    assert [row["value_usd"] is None for row in portfolio.answer("value_chart")] == [False] * 3
    portfolio.forget_requests()
    assert ask_again(portfolio.settings(), day(2)) == ()
    assert portfolio.requests() == []


@pytest.mark.every
def test_who_fails_now_is_not_asked_for_the_past(portfolio: Portfolio) -> None:
    """A cell that fails at the latest instant too is left alone, so that a dead provider is not asked for each day."""
    portfolio.fail_for("cold", "grants")
    portfolio.take(0, 1)
    portfolio.fail_for("cold")
    portfolio.take(2)
    portfolio.forget_requests()
    assert ask_again(portfolio.settings(), day(2)) == (day(0), day(1))
    assert {"cold"} == {row["label"] for row in portfolio.answer("gaps")}


@pytest.mark.every
def test_what_is_older_than_a_week_is_left_to_a_backfill(portfolio: Portfolio) -> None:
    """Eight days back nothing is asked again by itself, seven days back it is."""
    portfolio.fail_for("cold")
    portfolio.take(0, 1)
    portfolio.simulator.clear_faults()
    portfolio.take(2, 3, 4, 5, 6, 7, 8)
    assert failed_lately(portfolio.settings(), day(8)) == (day(1),)


@pytest.mark.every
def test_who_speaks_of_now_alone_is_not_asked_again(portfolio: Portfolio) -> None:
    """A failed answer of a provider without a past stays missing, and nobody is asked for it."""
    portfolio.accounts = ("treasury", "solana-desk")
    portfolio.account_keys = {"solana-desk": SOLANA}
    portfolio.providers = ("credmark", "onebalance")
    portfolio.fail_for("solana-desk", dialect="onebalance")
    portfolio.take(0)
    portfolio.simulator.clear_faults()
    portfolio.take(1)
    assert failed_lately(portfolio.settings(), day(1)) == ()


def test_missed_ticks_are_not_taken_by_it(portfolio: Portfolio) -> None:
    """A tick that nobody took is caught up where that is asked for, and never by the way."""
    portfolio.have(0, 2)
    assert failed_lately(portfolio.settings(), day(2)) == ()


@pytest.mark.every
def test_the_scheduled_snapshot_asks_again(portfolio: Portfolio) -> None:
    """`portfolio snapshot` of the latest tick fills what failed yesterday, says so, and ends as its own tick went."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{midnight - timedelta(days=1):%Y-%m-%d}"'
    portfolio.fail_for("cold")
    portfolio.write()
    first = portfolio.command("snapshot", "--at", f"{midnight - timedelta(days=1):%Y-%m-%d}")
    assert first.returncode == 3, first.stderr
    portfolio.simulator.clear_faults()
    done = portfolio.command("snapshot")
    assert done.returncode == 0, done.stderr
    assert "asked again for 1 instants that failed lately" in done.stderr
    assert [row["value_usd"] is None for row in portfolio.answer("value_chart")] == [False, False]
