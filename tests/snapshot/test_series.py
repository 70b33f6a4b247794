"""Promises of what providers state beside their balances: kept under their name, seldom asked, never part of ours."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.model import Outcome
from tests.normalise.asking import WALLET
from tests.portfolio import Portfolio, day, use_folder
from tests.snapshot.answering import Provider, Watched, provider

__all__ = ["provider"]

MONDAY, TUESDAY = 3, 4
"""Days after the first instant, a Friday."""

EMPTY: dict[str, object] = {"result": []}
CURRENT = "general/current_value"
TOTALS = "aggregated-balance"
"""What OneBalance states of its own answer: its totals, which stand beside its rows each time."""


@pytest.fixture
def stating(portfolio: Portfolio) -> Portfolio:
    """Give a wallet watched through three providers that state more than balances."""
    portfolio.accounts = ("treasury",)
    portfolio.providers = ("oneinch_portfolio", "credmark", "onebalance")
    portfolio.series_every = "week"
    return portfolio


def series(portfolio: Portfolio, number: int) -> set[object]:
    """What was stated on a day."""
    return {row["series"] for row in portfolio.answer("provider_series", since=day(number), until=day(number))}


@pytest.mark.every
def test_series_are_asked_at_the_start_and_then_once_a_week(stating: Portfolio) -> None:
    """The first instant and Mondays bring every series, other days only the provider's own value now."""
    assert all(taken.is_complete for taken in stating.take(0, MONDAY, TUESDAY))
    assert (
        series(stating, 0)
        == series(stating, MONDAY)
        == {
            *(f"general/{name}" for name in ("current_value", "chart", "report", "status", "address_check")),
            *("general/supported_chains", "general/supported_protocols", "tokens/metrics", "protocols/metrics"),
            *("value/historical", "positions", "chains/supported-list", TOTALS),
        }
    )
    assert series(stating, TUESDAY) == {CURRENT, TOTALS}
    stating.forget_requests()
    stating.take(0, MONDAY, TUESDAY)
    assert stating.requests() == []


@pytest.mark.slow
def test_what_providers_state_is_kept_to_the_bit(stating: Portfolio) -> None:
    """A chart of the provider ends with what its own breakdown says, and its values over time are those we recorded."""
    stating.take(0, MONDAY)
    stated = stating.answer("provider_series", provider="credmark", series="value/historical", since=day(MONDAY))
    assert len(stated) == 50
    assert stated[-1]["label"] == "treasury"
    ours = stating.query(
        "select stated_value_usd from cell where provider = 'credmark' and layer = 'wallet' order by as_of"
    ).rows
    by_point = {row["point_at"]: row["number"] for row in stated}
    points = [
        max(at for at in by_point if isinstance(at, datetime) and at <= day(number).replace(tzinfo=None))
        for number in (0, MONDAY)
    ]
    assert [(by_point[at],) for at in points] == ours
    (total,) = [
        row for row in stating.answer("provider_series", series=CURRENT, since=day(MONDAY)) if row["measure"] == "total"
    ]
    chart = stating.answer("provider_series", series="general/chart", since=day(MONDAY))
    assert chart[-1]["number"] == total["number"]


@pytest.mark.every
def test_series_are_no_part_of_our_values(stating: Portfolio) -> None:
    """Values, coverage and what is explained are the same with series and without them."""
    stating.take(0)
    answers = ("value_chart", "current_value", "coverage", "explain", "balances_at", "reconciliation")
    told = {name: stating.answer(name) for name in answers}
    stating.change_store("delete from figure")
    stating.take(1)
    at = {"value_chart": {"until": day(0)}, "coverage": {"until": day(0)}}
    assert {name: stating.answer(name, **at.get(name, {"as_of": day(0)})) for name in answers} == told
    assert stating.query("select count(*) from cell where row_count > 0").rows > [(0,)]


@pytest.mark.every
def test_a_report_that_changes_keeps_what_was_stated_before(stating: Portfolio) -> None:
    """What a provider states differently when asked again stands beside what it stated before."""
    stating.providers = ("credmark",)
    stating.take(0)
    stating.change_store("update figure set number = 1 where series = 'positions'")
    stating.take(0, again=True)
    assert stating.query("select distinct number from figure_superseded").rows == [(1.0,)]
    assert stating.query("select count(*) from figure where number = 1 and series = 'positions'").rows == [(0,)]


@pytest.mark.slow
def test_what_is_not_stated_makes_no_instant_partial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    """A provider that shuts its own totals down takes nothing from the history; it is asked again, and told."""
    use_folder(monkeypatch, tmp_path)
    watched = Watched(tmp_path, {"oneinch_portfolio": ""}, provider)
    provider.answers = {"snapshot": EMPTY, CURRENT: 403}
    (taken,) = watched.take(0)
    assert taken.is_complete
    assert taken.beside["oneinch_portfolio"] == {Outcome.FAILED: 1}
    assert "oneinch_portfolio 2/2 +0/1  complete" in taken.words()
    assert watched.rows("select reason from pull where outcome = 'failed'") == [("forbidden",)]
    provider.answers[CURRENT] = {"result": {"total": 0.1, "by_address": [{"value_usd": 0.1, "address": WALLET}]}}
    watched.take(0)
    assert [path.partition("?")[0].rpartition("/general")[2] for path in provider.asked] == ["/current_value"]
    assert watched.rows("select measure, number from figure order by all") == [("total", 0.1), ("value_usd", 0.1)]


@pytest.mark.every
def test_a_total_that_its_own_rows_deny_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    """What a provider says that an account is worth on a chain is held against its own rows, within one percent."""
    use_folder(monkeypatch, tmp_path)
    watched = Watched(tmp_path, {"oneinch_portfolio": ""}, provider)
    for number, (stated, verdicts) in enumerate([(0.005, []), (102.5, [("total", Decimal(0), Decimal("102.5"))])]):
        said = {"total": stated, "by_chain": [{"chain_id": 1, "chain_name": "Ethereum", "value_usd": stated}]}
        provider.answers = {"snapshot": EMPTY, CURRENT: {"result": said}}
        watched.take(number)
        query = "select verdict, value_a_usd, value_b_usd from reconciliation()"
        assert watched.rows(query) == verdicts
