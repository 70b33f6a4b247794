"""Promises of emptied wallets: in doubt with the remedy beside it, settled by the next instant, and then for good."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.portfolio import FIRST, Portfolio
from tests.simulator.running_simulator import address

FULL, EMPTIED = (datetime(2026, 7, 6, tzinfo=UTC) - FIRST).days, (datetime(2026, 7, 7, tzinfo=UTC) - FIRST).days
"""The last day on which the book's `cold` holds anything, and the first of thirteen on which it holds nothing."""

REMEDY = "The next snapshot settles it if it says the same"


@pytest.fixture
def emptied(portfolio: Portfolio) -> Portfolio:
    """Give a wallet emptied at the last tick on a chain that one provider covers, beside one that is not."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-07-06"'
    portfolio.have(FULL, EMPTIED)
    return portfolio


def totals(portfolio: Portfolio) -> list[object]:
    """The total at each tick that was taken."""
    taken = {row["as_of"] for row in portfolio.query("select as_of from snapshot").dicts()}
    return [point["value_usd"] for point in portfolio.answer("value_chart") if point["as_of"] in taken]


def value_of(portfolio: Portfolio, label: str) -> object:
    """What an account is worth at the last tick."""
    rows = portfolio.answer("current_value")
    return next(one["value_usd"] for one in rows if (one["per"], one["name"]) == ("account", label))


@pytest.mark.every
def test_asking_the_same_provider_again_settles_nothing(emptied: Portfolio) -> None:
    """Neither a second run of the instant nor `backfill --gaps`, twice, settles that a chain was emptied."""
    assert [value is None for value in totals(emptied)] == [False, True]
    assert not emptied.take(EMPTIED)[0].is_complete
    for _ in range(2):
        done = emptied.command("backfill", "--gaps")
        assert (done.returncode, "filled 0 of them" in done.stdout) == (3, True), done.stdout
        assert "the next snapshot or a second provider settles it" in " ".join(done.stdout.split())
    assert [value is None for value in totals(emptied)] == [False, True]
    assert [(gap["cause"], gap["instants"]) for gap in emptied.answer("gaps")] == [("suspect:vanished", 1)]


@pytest.mark.every
def test_the_next_instant_settles_both_and_later_ones_ask_nothing_more(emptied: Portfolio) -> None:
    """The next instant that lacks it too settles itself and the one before; every later one is complete at once."""
    (taken,) = emptied.take(EMPTIED + 1)
    assert taken.is_complete
    assert None not in totals(emptied)
    assert emptied.answer("gaps") == []
    emptied.forget_requests()
    taken, further = emptied.take(EMPTIED + 2, EMPTIED + 3)
    assert (taken.is_complete, further.is_complete, len(emptied.requests())) == (True, True, 4)
    assert (None not in totals(emptied), value_of(emptied, "cold")) == (True, Decimal(0))


@pytest.mark.every
def test_a_run_over_both_instants_reports_both_as_settled(portfolio: Portfolio) -> None:
    """A run that takes the emptied instant and the next one reports both as complete, in whatever order they come."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-07-06"'
    taken = portfolio.take(FULL, EMPTIED, EMPTIED + 1)
    assert [one.is_complete for one in taken] == [True] * 3
    portfolio.take(EMPTIED + 5)
    portfolio.take(EMPTIED + 3)
    assert None not in totals(portfolio)


@pytest.mark.every
def test_an_instant_that_is_filled_in_later_is_settled_by_the_one_behind(emptied: Portfolio) -> None:
    """What was emptied is settled as well when the instant behind it was taken first."""
    emptied.take(EMPTIED + 2)
    assert None not in totals(emptied)
    (taken,) = emptied.take(EMPTIED + 1)
    assert taken.is_complete
    assert None not in totals(emptied)


@pytest.mark.slow
def test_what_comes_back_at_the_next_instant_was_not_gone(emptied: Portfolio) -> None:
    """An instant between two that hold something stays missing, as nothing agrees with it."""
    refilled = (datetime(2026, 7, 21, tzinfo=UTC) - FIRST).days
    emptied.take(refilled)
    assert [value is None for value in totals(emptied)] == [False, True, False]
    in_doubt = [gap["instants"] for gap in emptied.answer("gaps") if gap["cause"] == "suspect:vanished"]
    assert in_doubt == [1]


@pytest.mark.every
def test_a_second_provider_that_still_has_it_goes_before(emptied: Portfolio) -> None:
    """What was believed to be gone is in doubt again where a second provider has it; that one is of record then."""
    emptied.take(EMPTIED + 1)
    emptied.simulator.clear_faults()
    day_of_return = (datetime(2026, 7, 21, tzinfo=UTC) - FIRST).days
    emptied.simulator.order("missing_chain", chain="eip155:1", account=address("cold"))
    emptied.providers = ("credmark", "oneinch_portfolio")
    emptied.take(day_of_return)
    rows = emptied.answer("explain", account="cold")
    wallet = {one["provider"]: one for one in rows if one["layer"] == "wallet"}
    assert (wallet["credmark"]["reason"], wallet["credmark"]["remedy"]) == ("suspect:vanished", None)
    assert wallet["oneinch_portfolio"]["standing"] == "fallback"
    assert Decimal(str(value_of(emptied, "cold"))) > 1_000_000


@pytest.mark.every
def test_a_full_wallet_is_full_again(emptied: Portfolio) -> None:
    """What comes back into an emptied wallet counts at once, and what is gone after that is in doubt anew."""
    emptied.take(EMPTIED + 1)
    refilled = (datetime(2026, 7, 21, tzinfo=UTC) - FIRST).days
    emptied.take(refilled)
    assert Decimal(str(value_of(emptied, "cold"))) > 1_000_000
    emptied.simulator.order("missing_chain", chain="eip155:1", account=address("cold"))
    (taken,) = emptied.take(refilled + 1)
    assert not taken.is_complete


@pytest.mark.every
def test_what_to_do_stands_wherever_one_looks(emptied: Portfolio) -> None:
    """Snapshot, status, gaps() and explain() say in plain words what settles an emptied wallet."""
    snapshot = emptied.command("snapshot", "--at", "2026-07-07")
    status = emptied.command("status")
    assert snapshot.returncode == 3
    for said in (snapshot.stdout, status.stdout):
        assert "suspect:vanished: cold / eip155:1 / wallet, 2026-07-" in said
        assert REMEDY in said
    assert "2026-07-07 00:00" in status.stdout
    (gap,) = emptied.answer("gaps")
    assert (gap["cause"], gap["instants"], REMEDY in str(gap["remedy"])) == ("suspect:vanished", 1, True)
    assert "If it came back, run `portfolio backfill --gaps`" in str(gap["remedy"])
    by_label = {one["label"]: one["remedy"] for one in emptied.answer("explain")}
    assert by_label == {"cold": gap["remedy"], "treasury": None}


@pytest.mark.every
def test_who_speaks_of_now_alone_is_settled_by_the_next_instant_too(portfolio: Portfolio) -> None:
    """Of a provider that only speaks of now the second run within the grace settles nothing, the next instant does."""
    portfolio.accounts, portfolio.providers = ("cold",), ("onebalance",)
    portfolio.take(FULL, EMPTIED)
    portfolio.take(EMPTIED)
    (gap,) = portfolio.answer("gaps")
    assert (gap["cause"], gap["can_be_filled"]) == ("suspect:vanished", False)
    assert REMEDY in str(gap["remedy"])
    assert "backfill" not in str(gap["remedy"])
    (taken,) = portfolio.take(EMPTIED + 1)
    assert taken.is_complete
    assert None not in totals(portfolio)
