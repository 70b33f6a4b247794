"""Promises of a run that asks some providers only: the plan stays whole, answers stay, what is not asked is missing."""

from datetime import UTC, datetime

import pytest

from dagster_project.model import Reason
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.snapshot.taken import Taken
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address

THREE = ("oneinch_portfolio", "credmark", "onebalance")
TABLES = ("pull", "cell", "balance")


@pytest.fixture
def three(portfolio: Portfolio) -> Portfolio:
    """Give two accounts on two chains with three providers."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.snapshots += '\nchains = ["eip155:1", "eip155:8453"]'
    portfolio.providers = THREE
    return portfolio


def take_some(portfolio: Portfolio, *providers: str, at: tuple[float, ...] = (0,), heals: bool = False) -> list[Taken]:
    """Take days in this process, asking these providers alone; `heals` does so after the grace."""
    taken: list[Taken] = []
    job = Job(tuple(day(number) for number in at), heals=heals, providers=frozenset(providers))
    take_history(portfolio.settings(), job, Watch(stored=taken.append))
    return taken


def outcomes(portfolio: Portfolio) -> dict[tuple[object, object, object], int]:
    """Count the pulls of the history by provider, outcome and reason."""
    rows = portfolio.query("select provider, outcome, reason, count(*) from pull group by all").rows
    return {(provider, outcome, reason): int(str(count)) for provider, outcome, reason, count in rows}


def rows_of(portfolio: Portfolio) -> list[list[tuple[object, ...]]]:
    """Give every row of the history but for when it was stored."""
    return [portfolio.query(f"select * exclude (recorded_at) from {table} order by all").rows for table in TABLES]


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["oneinch_portfolio", "credmark"])
def test_what_is_not_asked_is_recorded_as_missing(three: Portfolio, asked: str) -> None:
    """Providers that a run does not ask get no request, and each of their pulls is `failed:not_asked`."""
    three.forget_requests()
    (taken,) = take_some(three, asked)
    vendor = {"oneinch_portfolio": "/oneinch", "credmark": "/credmark"}[asked]
    assert three.requests()
    assert all(one.startswith(vendor) for one in three.requests())
    found = outcomes(three)
    assert {provider for provider, outcome, _ in found if outcome == "answered"} == {asked}
    unasked = {provider: reason for provider, outcome, reason in found if outcome == "failed"}
    assert unasked == {name: str(Reason.NOT_ASKED) for name in THREE if name != asked}
    assert not taken.is_complete
    assert taken.is_answered_by(asked)
    assert three.query("select count(distinct provider) from pull").rows == [(3,)]


@pytest.mark.every
def test_what_is_not_asked_makes_the_total_unknown(three: Portfolio) -> None:
    """A cell that only an unasked provider covers is missing in coverage with its reason and remedy, its total NULL."""
    three.take(0)
    take_some(three, "credmark", at=(1,))
    missing = three.answer("coverage", since="2026-05-02", until="2026-05-02")
    reasons = {(row["chain_id"], row["status"], row["reason"]) for row in missing if row["status"] != "recorded"}
    assert ("eip155:8453", "missing", "failed:not_asked") in reasons
    assert [row["value_usd"] is None for row in three.answer("value_chart")] == [False, True]
    remedies = {str(row["remedy"]) for row in three.answer("gaps") if row["cause"] == "failed:not_asked"}
    assert any("portfolio backfill --gaps" in one for one in remedies)


@pytest.mark.every
def test_a_later_run_asks_what_was_not_asked(three: Portfolio) -> None:
    """The remedy works: a run over all providers asks only what was not asked, and the total is known."""
    take_some(three, "credmark")
    three.forget_requests()
    (taken,) = three.take(0)
    assert taken.is_complete
    assert not any(one.startswith("/credmark") for one in three.requests())
    assert [row["value_usd"] is None for row in three.answer("value_chart")] == [False]


@pytest.mark.every
@pytest.mark.parametrize("asked", [("credmark",), ("onebalance", "oneinch_portfolio"), ()])
def test_answers_of_others_stay(three: Portfolio, asked: tuple[str, ...]) -> None:
    """A run of some providers, or of none, over a complete instant changes no row and sends no request."""
    three.take(0, 1)
    before = rows_of(three)
    three.forget_requests()
    take_some(three, *asked, at=(0, 1))
    assert three.requests() == []
    assert rows_of(three) == before


@pytest.mark.slow
@pytest.mark.parametrize("failing", ["credmark", "oneinch_portfolio"])
def test_a_failure_keeps_its_reason(three: Portfolio, failing: str) -> None:
    """A run that does not ask a provider leaves why its pulls failed before."""
    vendor = {"credmark": "credmark", "oneinch_portfolio": "oneinch"}[failing]
    three.simulator.order("forbidden", dialect=vendor, account=address("cold"))
    three.take(0)
    three.simulator.clear_faults()
    before = outcomes(three)
    assert (failing, "failed", "forbidden") in before
    take_some(three, *(name for name in THREE if name != failing))
    assert outcomes(three) == before


@pytest.mark.every
def test_a_rebuild_gives_the_same(three: Portfolio) -> None:
    """What was not asked stands in the raw streams: a rebuild gives the same rows."""
    take_some(three, "credmark", at=(0, 1))
    take_some(three, "onebalance", at=(1,))
    before = rows_of(three)
    rebuild(three.settings(), datetime.now(UTC), lambda *_: None, discard_old=True)
    assert rows_of(three) == before
    assert ("oneinch_portfolio", "failed", "not_asked") in outcomes(three)


def test_now_only_pulls_of_the_past_are_not_available(three: Portfolio) -> None:
    """For a past instant an unasked pull that nobody could answer any more is `not_available:now_only`, as if asked."""
    take_some(three, "credmark", heals=True)
    found = {(provider, outcome, reason) for provider, outcome, reason in outcomes(three) if provider != "credmark"}
    assert found == {
        ("onebalance", "not_available", str(Reason.NOW_ONLY)),
        ("oneinch_portfolio", "not_available", str(Reason.NOW_ONLY)),
        ("oneinch_portfolio", "failed", str(Reason.NOT_ASKED)),
    }


@pytest.mark.slow
def test_an_instant_of_which_nobody_was_asked_stays_untaken(three: Portfolio) -> None:
    """A run that asks nobody records no snapshot at an instant that has none."""
    three.take(0)
    (first, second) = take_some(three, at=(0, 1))
    assert first.is_complete
    assert not second.slices
    assert three.query("select count(*) from snapshot").rows == [(1,)]
