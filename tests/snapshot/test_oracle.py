"""The promise that the numbers are right: every point of a chart equals an independent reckoning from the ledger."""

from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.story import ledger
from dagster_project.snapshot.history import Job, take_history
from tests.oracle import compare
from tests.portfolio import Portfolio


@pytest.mark.slow
def test_the_chart_is_what_the_ledger_says(portfolio: Portfolio) -> None:
    """Seventy days with a new wallet, the planted outage and a missed day agree with the ledger, point by point."""
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-01-25"'
    portfolio.extra = '[simulated]\nmissed = ["2026-02-17"]\n'
    portfolio.account_keys = {"grants": 'from = "2026-02-02T12:00:00Z"'}
    settings = portfolio.settings()
    days = [datetime(2026, 1, 25, tzinfo=UTC) + timedelta(days=number) for number in range(70)]
    take_history(settings, Job(tuple(day for day in days if day not in settings.missed)))
    points, different = compare(portfolio.published, portfolio.config)
    assert (points, different) == (70, [])
    chart = {f"{row['as_of']:%m-%d}": row for row in portfolio.answer("value_chart")}
    assert chart["02-17"]["reason"] == "missed_tick"
    assert chart["03-14"]["missing"] == [
        "grants / eip155:1 / wallet: failed:server_error",
        "trading / eip155:1 / wallet: failed:server_error",
    ]


@pytest.mark.every
def test_a_week_of_flipped_debts_is_not_known(portfolio: Portfolio) -> None:
    """While debts come as assets the total is NULL and the wallet still counts; before and after all is known."""
    portfolio.accounts = ("treasury",)
    portfolio.providers = ("oneinch_portfolio",)
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-08-30"\nchains = ["eip155:8453"]'
    first = datetime(2026, 8, 30, tzinfo=UTC)
    take_history(portfolio.settings(), Job(tuple(first + timedelta(days=number) for number in range(10))))
    assert compare(portfolio.published, portfolio.config) == (10, [])
    unknown = portfolio.query("select count(*), min(as_of), max(as_of) from value_chart() where value_usd is null").rows
    assert unknown == [(7, datetime(2026, 9, 1), datetime(2026, 9, 7))]  # noqa: DTZ001 - the store speaks UTC


@pytest.mark.slow
def test_the_reckoning_would_notice(portfolio: Portfolio) -> None:
    """A chart that is off by a millionth of a dollar does not agree with the ledger."""
    portfolio.have(0)
    only = "account_id like '%eacfa'"
    portfolio.change_store(
        f"update cell set value_usd = value_usd + 0.000001 where {only}",
        f"update balance set value_usd = value_usd + 0.000001 where {only} and asset_id like '%slip44%'",
    )
    portfolio.take(1)
    points, different = compare(portfolio.published, portfolio.config)
    assert points == 2
    assert len(different) == 1
    assert different[0].startswith("2026-05-01: the chart says")


@pytest.mark.parametrize("label", ["treasury", "operations"])
def test_tokens_of_all_decimals_arrive(portfolio: Portfolio, label: str) -> None:
    """Amounts of tokens with 0 to 77 decimals and of all 78 digits equal the ledger's, to a double's last bit."""
    portfolio.have(0)
    block_at = int(datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC).timestamp())
    held = {asset: raw for asset, raw in ledger().holdings(label, block_at).items() if raw}
    found = {row["asset_id"]: row["amount"] for row in portfolio.answer("balances_at", account=label)}
    assert found == {asset: raw / 10 ** ASSET_BY_ID[asset].decimals for asset, raw in held.items()}
