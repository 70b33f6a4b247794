"""Promises of emptied wallets: in doubt with the remedy beside it, believed by one command, and then for good."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.portfolio import FIRST, Portfolio
from tests.simulator.running_simulator import address

FULL, EMPTIED = (datetime(2026, 7, 6, tzinfo=UTC) - FIRST).days, (datetime(2026, 7, 7, tzinfo=UTC) - FIRST).days
"""The last day on which the book's `cold` holds anything, and the first of thirteen on which it holds nothing."""

COMMAND = "`portfolio backfill --gaps`"


@pytest.fixture
def emptied(portfolio: Portfolio) -> Portfolio:
    """Give a wallet emptied on a chain that one provider covers, three ticks long, beside one that is not."""
    portfolio.accounts = ("cold", "treasury")
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-07-06"'
    portfolio.take(FULL, EMPTIED, EMPTIED + 1, EMPTIED + 2)
    return portfolio


def totals(portfolio: Portfolio) -> list[object]:
    """The total at each tick."""
    return [point["value_usd"] for point in portfolio.answer("value_chart")]


def value_of(portfolio: Portfolio, label: str) -> object:
    """What an account is worth at the last tick."""
    rows = portfolio.answer("current_value")
    return next(one["value_usd"] for one in rows if (one["per"], one["name"]) == ("account", label))


def test_one_command_makes_totals_whole_and_later_ticks_believe_it(emptied: Portfolio) -> None:
    """One `backfill --gaps` confirms every tick of an emptied wallet, and what is taken afterwards needs no more."""
    assert [value is None for value in totals(emptied)] == [False, True, True, True]
    done = emptied.command("backfill", "--gaps")
    assert done.returncode == 0, done.stderr
    assert "filled 3 of them" in done.stdout
    assert "3 of these were in doubt, and are believed now" in done.stdout
    assert None not in totals(emptied)
    assert emptied.answer("gaps") == []
    emptied.forget_requests()
    taken = emptied.take(EMPTIED + 3, EMPTIED + 4)
    assert [one.is_complete for one in taken] == [True, True]
    assert len(emptied.requests()) == 4
    assert (None not in totals(emptied), value_of(emptied, "cold")) == (True, Decimal(0))


def test_the_last_tick_told_again_is_enough_from_there_on(emptied: Portfolio) -> None:
    """A second run of the last tick alone is believed from there on; the ticks before it stay in doubt until asked."""
    emptied.take(EMPTIED + 2)
    (taken,) = emptied.take(EMPTIED + 3)
    assert taken.is_complete
    assert [value is None for value in totals(emptied)] == [False, True, True, False, False]


def test_a_second_provider_that_still_has_it_goes_before(emptied: Portfolio) -> None:
    """What was believed to be gone is in doubt again where a second provider has it; that one is of record then."""
    emptied.take(EMPTIED + 2)
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


def test_a_full_wallet_is_full_again(emptied: Portfolio) -> None:
    """What comes back into an emptied wallet counts at once, and what is gone after that is in doubt anew."""
    emptied.take(EMPTIED + 2)
    refilled = (datetime(2026, 7, 21, tzinfo=UTC) - FIRST).days
    emptied.take(refilled)
    assert Decimal(str(value_of(emptied, "cold"))) > 1_000_000
    emptied.simulator.order("missing_chain", chain="eip155:1", account=address("cold"))
    (taken,) = emptied.take(refilled + 1)
    assert not taken.is_complete


def test_what_to_do_stands_wherever_one_looks(emptied: Portfolio) -> None:
    """Snapshot, status, gaps() and explain() say in plain words what to do about an emptied wallet."""
    snapshot = emptied.command("snapshot", "--at", "2026-07-10")
    status = emptied.command("status")
    assert snapshot.returncode == 3
    for said in (snapshot.stdout, status.stdout):
        assert "suspect:vanished: cold / eip155:1 / wallet, 2026-07-" in said
        assert COMMAND in said
    assert "2026-07-07 00:00 to 2026-07-10 00:00 UTC" in status.stdout
    (gap,) = emptied.answer("gaps")
    assert (gap["cause"], gap["instants"], COMMAND in str(gap["remedy"])) == ("suspect:vanished", 4, True)
    by_label = {one["label"]: one["remedy"] for one in emptied.answer("explain")}
    assert by_label == {"cold": gap["remedy"], "treasury": None}


def test_who_speaks_of_now_alone_is_asked_again_within_the_grace(portfolio: Portfolio) -> None:
    """Of a provider that only speaks of now the remedy is a second run within the grace, and it is believed then."""
    portfolio.accounts, portfolio.providers = ("cold",), ("onebalance",)
    portfolio.take(FULL, EMPTIED, EMPTIED + 1)
    (gap,) = portfolio.answer("gaps")
    assert (gap["cause"], gap["can_be_filled"]) == ("suspect:vanished", False)
    assert "`portfolio snapshot` a second time within the grace" in str(gap["remedy"])
    portfolio.take(EMPTIED + 1)
    (taken,) = portfolio.take(EMPTIED + 2)
    assert taken.is_complete
    assert [value is None for value in totals(portfolio)] == [False, True, False, False]
