"""Promises of gaps: every stretch without a record, from when to when and why, and whether it can still be filled."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.portfolio import FIRST, Portfolio, day
from tests.simulator.running_simulator import address

OUTAGE = (datetime(2026, 3, 14, tzinfo=UTC) - FIRST) // timedelta(days=1)


def naive(number: int) -> datetime:
    """Give the instant so many days after the first, as answers give it."""
    return day(number).replace(tzinfo=None)


def told(portfolio: Portfolio, *columns: str, **asked: object) -> list[tuple[object, ...]]:
    """These columns of every gap."""
    return [tuple(row[column] for column in columns) for row in portfolio.answer("gaps", **asked)]


def test_a_history_without_a_gap_has_none(portfolio: Portfolio) -> None:
    """Where every cell in scope has a record there is no row."""
    portfolio.have(0, 1, 2)
    assert portfolio.answer("gaps") == []


@pytest.mark.every
def test_a_gap_can_begin_with_the_history(portfolio: Portfolio) -> None:
    """An account that failed when it was asked for the first time is a gap, which can be filled."""
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.have(0)
    portfolio.simulator.clear_faults()
    portfolio.take(1, 2)
    assert told(portfolio, "label", "first_as_of", "instants", "cause", "can_be_filled") == [
        ("cold", naive(0), 1, "failed:forbidden", True)
    ]


@pytest.mark.every
def test_missed_ticks_in_a_row_are_one_gap(portfolio: Portfolio) -> None:
    """Ticks that nobody took are one stretch a cell, with what it was worth before, until one of them is filled."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.take(0, 1, 5)
    before = {row["name"]: row["value_usd"] for row in portfolio.answer("current_value", as_of=day(1))}
    columns = ("label", "chain_id", "layer", "first_as_of", "last_as_of", "instants", "cause", "last_known_usd")
    assert told(portfolio, *columns) == [
        (label, "eip155:1", "wallet", naive(2), naive(4), 3, "missed_tick", before[label])
        for label in ("cold", "treasury")
    ]
    assert told(portfolio, "can_be_filled", "is_open", account="cold") == [(True, False)]
    portfolio.take(3)
    assert told(portfolio, "first_as_of", "last_as_of", "instants", account="cold") == [
        (naive(2), naive(2), 1),
        (naive(4), naive(4), 1),
    ]
    portfolio.take(2, 4)
    assert portfolio.answer("gaps") == []


@pytest.mark.every
def test_each_cause_is_a_gap_of_its_own(portfolio: Portfolio) -> None:
    """Where the cause changes a new stretch begins, and the one that reaches the last tick is open."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.take(0)
    for number, fault in ((1, "forbidden"), (2, "forbidden"), (3, "not_found"), (5, "forbidden")):
        portfolio.simulator.order(fault, account=address("cold"))
        portfolio.take(number)
    columns = ("first_as_of", "last_as_of", "cause", "can_be_filled", "is_open")
    assert told(portfolio, *columns, account="cold") == [
        (naive(1), naive(2), "failed:forbidden", True, False),
        (naive(3), naive(3), "failed:not_found", True, False),
        (naive(4), naive(4), "missed_tick", True, False),
        (naive(5), naive(5), "failed:forbidden", True, True),
    ]
    assert told(portfolio, "label", "cause", since=day(4), until=day(4)) == [
        ("cold", "missed_tick"),
        ("treasury", "missed_tick"),
    ]
    assert told(portfolio, "first_as_of", "instants", since=day(2), until=day(2)) == [(naive(2), 1)]


@pytest.mark.every
def test_the_planted_outage_and_the_missed_tick_are_found(whole: Portfolio) -> None:
    """All cells of the account whose providers all failed, and of the day that nobody took, have their cause."""
    whole.snapshots = whole.snapshots.replace("2026-05-01", "2026-03-13")
    whole.take(OUTAGE - 1, OUTAGE, OUTAGE + 2)
    rows = whole.answer("gaps")
    outage = [row for row in rows if row["cause"] == "failed:server_error"]
    assert {(row["label"], row["first_as_of"], row["last_as_of"]) for row in outage} == {
        ("trading", naive(OUTAGE), naive(OUTAGE))
    }
    assert len(outage) == 16  # four chains, each with wallet, positions, debts and rewards
    missed = [row for row in rows if row["cause"] == "missed_tick"]
    assert {row["first_as_of"] for row in missed} == {naive(OUTAGE + 1)}
    planned = [
        row for row in whole.answer("coverage", since=day(OUTAGE), until=day(OUTAGE)) if row["status"] != "not_watched"
    ]
    assert len(missed) == len(planned)
    assert len(rows) == len(outage) + len(missed)


@pytest.mark.every
def test_who_is_asked_of_now_cannot_fill_the_past(whole: Portfolio) -> None:
    """Only a cell that somebody answered for at a past instant can be filled; one of providers of now cannot."""
    whole.accounts = ("solana-desk", "tiny")
    whole.take(0, 2)
    assert {row["label"]: row["can_be_filled"] for row in whole.answer("gaps")} == {"solana-desk": False, "tiny": True}


@pytest.mark.every
def test_who_failed_and_can_be_asked_for_the_past_can_fill_a_gap(portfolio: Portfolio) -> None:
    """A cell that was never answered for can be filled where the endpoint that failed can be asked for the past."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.account_keys = {"cold": f'from = "{day(0):%Y-%m-%d}"'}
    for number, fault in enumerate(("forbidden", "not_found")):
        portfolio.simulator.order(fault, account=address("cold"))
        portfolio.take(number)
    columns = ("label", "cause", "can_be_filled", "is_open", "last_known_usd")
    assert told(portfolio, *columns) == [
        ("cold", "failed:forbidden", True, False, None),
        ("cold", "failed:not_found", True, True, None),
    ]
    portfolio.simulator.clear_faults()
    portfolio.command("backfill", "--gaps", check=True)
    assert told(portfolio, *columns) == []


@pytest.mark.every
def test_an_account_that_left_has_no_gap(portfolio: Portfolio) -> None:
    """From an account's `until` on nothing of it is missing."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.account_keys = {"cold": f'until = "{day(2):%Y-%m-%d}"'}
    portfolio.take(0, 3)
    assert told(portfolio, "label", "last_as_of") == [("cold", naive(1)), ("treasury", naive(2))]


@pytest.mark.slow
def test_groups_chains_and_spans_narrow_gaps(read_only: Portfolio) -> None:
    """Account, group, chain and span keep their own gaps."""
    assert {label for (label,) in told(read_only, "label", account_group="fund")} == {"trading", "tiny"}
    assert {chain for (chain,) in told(read_only, "chain_id", chain="eip155:10")} == {"eip155:10"}
    assert told(read_only, "label", since=day(2)) == []
