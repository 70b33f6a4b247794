"""Promises of drift: a provider's own past is held against what it told us then, only where that is fair."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.errors import UsageError
from tests.portfolio import FIRST, Portfolio, day
from tests.snapshot.test_four_providers import CHAINS

Row = dict[str, object]
CURRENT = "/general/current_value"
MONTH = 'timerange = "1month"\n'


def number(month: int, date: int) -> int:
    """How many days after the first a date of 2026 is."""
    return (datetime(2026, month, date, tzinfo=UTC) - FIRST) // timedelta(days=1)


def charted(portfolio: Portfolio, *accounts: str, chains: str = CHAINS) -> Portfolio:
    """Let a portfolio take 1inch's chart of the last month at every tick."""
    portfolio.accounts, portfolio.providers = accounts, ("oneinch_portfolio",)
    portfolio.series_every, portfolio.provider_keys = "tick", MONTH
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\n{chains}'
    return portfolio


def at(portfolio: Portfolio, *days: int, **asked: object) -> list[Row]:
    """The rows of points that count for these days."""
    instants = {day(number).replace(tzinfo=None) for number in days}
    return [row for row in portfolio.answer("provider_drift", **asked) if row["as_of"] in instants]


def money(value: object) -> Decimal:
    """Take an amount of money out of an answer."""
    return cast("Decimal", value)


@pytest.mark.every
def test_series_agree_with_what_was_recorded(portfolio: Portfolio) -> None:
    """Undisturbed, both series say of each tick what the same provider's rows said then, receipts and debts in mind."""
    portfolio.accounts, portfolio.providers = ("treasury", "tiny"), ("oneinch_portfolio", "credmark")
    portfolio.series_every = "week"
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\n{CHAINS}'
    portfolio.take(0, 1, 2, 3)
    rows = at(portfolio, 0, 1, 2, 3)
    by_series = {name: [row for row in rows if row["series"] == name] for name in ("general/chart", "value/historical")}
    assert [len(found) for found in by_series.values()] == [8, 8]
    assert {row["reason"] for row in rows} == {None}
    assert all(abs(money(row["difference_usd"])) < Decimal("0.0001") for row in rows)
    assert all(abs(cast("float", row["difference_share"])) < 1e-9 for row in rows if row["recorded_usd"])
    receipts = portfolio.query(
        "select count(*) from balance where not is_counted and value_usd > 0 and provider = 'credmark'"
    )
    assert receipts.rows == [(4,)]
    recorded = {row["recorded_usd"] for row in by_series["general/chart"] if row["label"] == "tiny"}
    assert recorded == {Decimal(60)}


@pytest.mark.every
def test_a_flipped_debt_is_not_believed(portfolio: Portfolio) -> None:
    """While a snapshot calls debts assets nothing of it is of record, and the chart agrees before and after."""
    on = number(9, 1)
    charted(portfolio, "treasury").take(on - 1, on, on + 6, on + 7)
    before, *flipped, after = at(portfolio, on - 1, on, on + 6, on + 7)
    assert abs(money(before["difference_usd"])) < Decimal("0.0001") > abs(money(after["difference_usd"]))
    assert [(row["recorded_usd"], row["difference_usd"]) for row in flipped] == [(None, None)] * 2
    reasons = {row["reason"] for row in portfolio.answer("coverage", since=day(on), until=day(on))}
    assert reasons == {None, "suspect:flipped"}


@pytest.mark.every
def test_a_receipt_counted_twice_drifts(portfolio: Portfolio) -> None:
    """While the provider counts a receipt beside its position, the chart lies above our rows by just that receipt."""
    on = number(6, 22)
    charted(portfolio, "trading").take(on - 1, on)
    before, row = at(portfolio, on - 1, on)
    assert abs(money(before["difference_usd"])) < Decimal("0.0001")
    tokens = portfolio.answer("tokens_snapshot", as_of=day(on))
    (receipt,) = [row for row in tokens if row["symbol"] == "aArbUSDC"]
    assert receipt["exclusion"] == "receipt"
    assert abs(money(row["difference_usd"]) - money(receipt["value_usd"])) < Decimal("0.0001")


@pytest.mark.slow
def test_a_stale_price_is_no_drift(portfolio: Portfolio) -> None:
    """What a provider has wrong in its rows and in its chart alike is not found here, but between providers."""
    on = number(7, 15)
    charted(portfolio, "trading").take(on)
    (row,) = at(portfolio, on)
    assert abs(money(row["difference_usd"])) < Decimal("0.0001")


@pytest.mark.every
def test_an_answer_that_is_not_trusted_is_not_held_against(portfolio: Portfolio) -> None:
    """Where a cell of the account has no trusted answer, what was recorded is not known, and there is no difference."""
    charted(portfolio, "trading", "treasury").take(0)
    faults = [{"dialect": "oneinch", "fault": "forbidden", "path": "/tokens/snapshot"}]
    portfolio.simulator.http.put(f"{portfolio.simulator.url}/_simulator/faults", json=faults).raise_for_status()
    portfolio.take(1)
    for row in at(portfolio, 1):
        assert cast("float", row["stated_usd"]) > 1_000_000
        assert (row["recorded_usd"], row["difference_usd"], row["difference_share"]) == (None, None, None)
        assert row["reason"] == "missing_cell"
    assert len(at(portfolio, 1)) == 2


@pytest.mark.slow
def test_chains_that_are_not_watched_are_taken_off(portfolio: Portfolio) -> None:
    """What the provider says at the tick of chains that nobody watches is taken off its chart before it is compared."""
    charted(portfolio, "operations", chains='chains = ["eip155:1"]').take(0)
    (row,) = at(portfolio, 0)
    elsewhere = portfolio.query(
        "select sum(number) from figure where subject like 'by_chain/%' and subject <> 'by_chain/eip155:1'"
    ).rows
    assert float(money(row["elsewhere_usd"])) == pytest.approx(cast("float", elsewhere[0][0]), abs=1e-5)
    assert money(row["elsewhere_usd"]) > 100_000
    assert float(money(row["difference_usd"])) == pytest.approx(
        cast("float", row["stated_usd"]) - float(money(row["elsewhere_usd"])) - float(money(row["recorded_usd"])),
        abs=1e-5,
    )
    assert abs(cast("float", row["difference_share"])) < 1e-4


@pytest.mark.slow
def test_a_chart_of_unknown_chains_is_not_compared(portfolio: Portfolio) -> None:
    """Where the provider did not say how its value lies over chains, there is no difference, and the reason is told."""
    faults = [{"dialect": "oneinch", "fault": "forbidden", "path": CURRENT}]
    portfolio.simulator.http.put(f"{portfolio.simulator.url}/_simulator/faults", json=faults).raise_for_status()
    charted(portfolio, "treasury").take(0)
    (row,) = at(portfolio, 0)
    assert (row["difference_usd"], row["elsewhere_usd"], row["reason"]) == (None, None, "chains_unknown")
    assert row["recorded_usd"] is not None


@pytest.mark.slow
def test_a_point_counts_for_the_tick_after_it(portfolio: Portfolio) -> None:
    """The last point at or before a tick and within an hour counts for it; every other says why it counts for none."""
    charted(portfolio, "treasury").provider_keys = 'timerange = "1day"\n'  # a point each hour
    portfolio.take(1)
    rows = {row["point_at"]: row for row in portfolio.answer("provider_drift")}
    midnight = day(1).replace(tzinfo=None)
    hour = timedelta(hours=1)
    assert (rows[midnight]["as_of"], rows[midnight]["reason"]) == (midnight, None)
    assert (rows[midnight - hour]["as_of"], rows[midnight - hour]["reason"]) == (midnight, "nearer_point")
    assert (rows[midnight - 2 * hour]["as_of"], rows[midnight - 2 * hour]["reason"]) == (None, "no_tick")
    missed = day(0).replace(tzinfo=None) + hour  # a minute before it the chart begins
    assert rows[missed]["reason"] == "no_tick"
    late = [row for at, row in rows.items() if cast("datetime", at) > midnight]
    assert [(row["reason"], row["difference_usd"]) for row in late] == [("no_tick", None)]


@pytest.mark.every
def test_a_point_without_a_snapshot_is_told(portfolio: Portfolio) -> None:
    """A point of a missed tick, of the time before the history and of one before the wallet was watched says which."""
    charted(portfolio, "treasury")
    portfolio.take(5)
    portfolio.accounts = ("treasury", "tiny")
    portfolio.take(7)
    reasons = {(row["label"], row["point_at"]): row["reason"] for row in portfolio.answer("provider_drift")}
    instants = [day(number).replace(tzinfo=None) for number in (-1, 5, 6, 7)]
    assert [reasons["treasury", at] for at in instants] == ["history_starts_later", None, "missed_tick", None]
    assert [reasons["tiny", at] for at in instants] == ["history_starts_later", "not_asked", "missed_tick", None]


@pytest.mark.every
def test_a_restatement_is_found_once(portfolio: Portfolio) -> None:
    """What is said of a point again is no new row; what is said differently is one, with what was said before."""
    charted(portfolio, "treasury").take(0, 1)
    assert {row["stated_before_usd"] for row in portfolio.answer("provider_drift")} == {None}
    point = day(-3)
    portfolio.change_store(
        f"update figure set number = number + 1000 where as_of = '2026-05-01' and point_at = '{point:%Y-%m-%d}'"
    )
    portfolio.take(2)
    old, new = [row for row in portfolio.answer("provider_drift") if row["point_at"] == point.replace(tzinfo=None)]
    first, second, last = (day(number).replace(tzinfo=None) for number in range(3))
    assert (old["first_stated_as_of"], old["last_stated_as_of"], old["stated_before_usd"]) == (first, first, None)
    assert (new["first_stated_as_of"], new["last_stated_as_of"]) == (second, last)
    assert new["stated_before_usd"] == old["stated_usd"]
    assert new["restated_usd"] == Decimal(-1000)
    others = portfolio.answer("provider_drift", until=day(-4))
    assert {(row["stated_before_usd"], row["restated_usd"]) for row in others} == {(None, None)}


@pytest.mark.every
def test_what_was_replaced_is_a_statement_too(portfolio: Portfolio) -> None:
    """Where an instant is asked again and the provider says something else, the belief before it is the earlier one."""
    portfolio.accounts, portfolio.series_every = ("treasury",), "tick"
    portfolio.take(0)
    portfolio.change_store("update figure set number = 1 where series = 'value/historical'")
    portfolio.take(0, again=True)
    rows = at(portfolio, 0)
    assert [(row["stated_usd"], row["stated_before_usd"]) for row in rows] == [
        (1.0, None),
        (rows[1]["stated_usd"], 1.0),
    ]
    assert money(rows[0]["difference_usd"]) == 1 - money(rows[0]["recorded_usd"])
    assert abs(money(rows[1]["difference_usd"])) < Decimal("0.0001")


@pytest.mark.every
def test_drift_is_asked_for_by_provider_series_account_and_span(portfolio: Portfolio) -> None:
    """Each narrows the rows to its own, and a name that nobody has is an error."""
    portfolio.accounts, portfolio.series_every = ("treasury", "cold"), "tick"
    portfolio.take(0)
    rows = portfolio.answer("provider_drift")
    assert len(rows) == 100
    assert portfolio.answer("provider_drift", provider="credmark", series="value/historical") == rows
    assert portfolio.answer("provider_drift", series="general/chart") == []
    cold = [row for row in rows if row["label"] == "cold"]
    assert portfolio.answer("provider_drift", account="Cold") == cold
    assert portfolio.answer("provider_drift", account="Cold", since=day(-2)) == cold[-2:]
    assert portfolio.answer("provider_drift", account="Cold", until=day(-2)) == cold[:-2]
    for asked, words in (
        ({"account": "colt"}, "no account is called colt; near it: cold"),
        ({"provider": "onebalance"}, "no snapshot asked a provider onebalance; there are: credmark"),
        ({"series": "general/report"}, "no drift of a series general/report; there is of general/chart, value/hist"),
        ({"since": day(1), "until": day(0)}, "lies behind until"),
    ):
        with pytest.raises(UsageError, match=words):
            portfolio.answer("provider_drift", **cast("dict[str, object]", asked))
