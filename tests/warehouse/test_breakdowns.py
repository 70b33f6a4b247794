"""Promises of breakdowns: by category, protocol and provider, and in another currency, what is said is what adds up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.errors import UsageError
from tests.portfolio import FIRST, Portfolio, day

Row = dict[str, object]
OUTAGE = (datetime(2026, 3, 14, tzinfo=UTC) - FIRST) // timedelta(days=1)
"""The planted day on which every provider fails for trading."""


def known(rows: list[Row], per: str) -> dict[object, object]:
    """The known values of one breakdown, by id."""
    return {row["id"]: row["known_value_usd"] for row in rows if row["per"] == per}


def added(values: dict[object, object]) -> Decimal:
    """Add up what there is."""
    return sum((cast("Decimal", value) for value in values.values() if value is not None), Decimal(0))


@pytest.mark.slow
def test_categories_and_protocols_add_up(read_only: Portfolio) -> None:
    """By category and by protocol group the parts add up to the total, wallets being the group `token`."""
    rows = read_only.answer("current_value")
    (total,) = [row for row in rows if row["per"] == "total"]
    categories, protocols = known(rows, "category"), known(rows, "protocol")
    assert set(categories) == {"tokens", "native", "protocols"}
    assert added(categories) == added(protocols) == total["value_usd"]
    cells = [row for row in read_only.answer("coverage", since=day(2)) if row["status"] == "recorded"]
    wallets = [row for row in cells if row["layer"] == "wallet"]
    in_wallets = sum((cast("Decimal", row["value_usd"]) for row in wallets), Decimal(0))
    assert protocols["token"] == in_wallets
    assert cast("Decimal", categories["tokens"]) + cast("Decimal", categories["native"]) == in_wallets
    named = {row["id"]: row["value_usd"] for row in read_only.answer("allocation", per="protocol")}
    assert protocols == {("token" if name == "wallet" else name): value for name, value in named.items()}
    counted = [
        sum(cast("int", row["holdings"]) for row in rows if row["per"] == per) for per in ("category", "protocol")
    ]
    assert counted == [total["holdings"]] * 2


@pytest.mark.every
def test_a_missing_wallet_leaves_no_category_whole(whole: Portfolio) -> None:
    """Where a wallet or a position is missing its category has no value, and tells what is known and what is not."""
    whole.snapshots = whole.snapshots.replace(f"{FIRST:%Y-%m-%d}", f"{day(OUTAGE - 1):%Y-%m-%d}")
    whole.take(OUTAGE - 1, OUTAGE)
    rows = [row for row in whole.answer("current_value") if row["per"] in ("category", "protocol")]
    assert {row["value_usd"] for row in rows} == {None}
    for row in rows:
        layers = {cell.split(" / ")[2].partition(":")[0] for cell in cast("list[str]", row["missing"])}
        assert row["missing_cells"] == len(cast("list[str]", row["missing"]))
        assert layers <= ({"wallet"} if row["id"] in ("tokens", "native", "token") else {"position", "debt"})
    (total,) = [row for row in whole.answer("current_value") if row["per"] == "total"]
    assert added(known(rows, "category")) == added(known(rows, "protocol")) == total["known_value_usd"]
    assert None in known(rows, "protocol")


def test_what_one_provider_says_is_its_own(read_only: Portfolio) -> None:
    """Asked for one provider, balances are that provider's rows, of record or not, and its chart adds its cells up."""
    said = read_only.answer("balances_at", provider="credmark", account="treasury")
    assert {row["provider"] for row in said} == {"credmark"}
    assert {row["provider"] for row in read_only.answer("balances_at", account="treasury")} == {"oneinch_portfolio"}
    (point,) = read_only.answer("provider_chart", since=day(2), provider="credmark", account="treasury")
    counted = [cast("Decimal", row["value_usd"]) for row in said if row["is_counted"] and row["value_usd"] is not None]
    assert point["value_usd"] == sum(counted)
    assert (point["missing_cells"], point["record_cells"]) == (0, 0)
    everyone = read_only.answer("provider_chart", since=day(2), account="treasury")
    assert {row["provider"] for row in everyone} == {"credmark", "onebalance", "oneinch_balance", "oneinch_portfolio"}
    for name in ("balances_at", "provider_chart"):
        with pytest.raises(UsageError, match="no snapshot asked a provider zapper; there are: credmark, onebalance"):
            read_only.answer(name, provider="zapper")


def test_a_failed_answer_of_a_provider_is_missing_in_its_chart(portfolio: Portfolio) -> None:
    """An instant at which a provider failed for one wallet has no value of that provider, and what is known beside."""
    portfolio.have(0)
    portfolio.simulator.order("forbidden", dialect="credmark")
    portfolio.take(1)
    first, second = portfolio.answer("provider_chart")
    assert first["value_usd"] == first["known_value_usd"] is not None
    assert (second["value_usd"], second["known_value_usd"], second["reason"]) == (None, None, "missing_cell")
    assert second["missing_cells"] == second["cells"] == first["cells"]


@pytest.mark.every
def test_a_chart_in_another_currency_tells_its_rate(portfolio: Portfolio) -> None:
    """Each value is the dollars divided by the last published rate, with its day; without one NULL and a reason."""
    portfolio.providers = ("credmark", "ecb")
    portfolio.extra = 'currencies = ["EUR"]\n'
    portfolio.take(0, 1)
    for row, rate in zip(
        portfolio.answer("quoted_chart", currency="eur"), portfolio.answer("rates", currency="EUR"), strict=True
    ):
        assert row["value"] == float(cast("Decimal", row["value_usd"])) / cast("float", rate["usd_per_unit"])
        assert (row["currency"], row["rate_day"], row["published_at"]) == (
            "EUR",
            rate["rate_day"],
            rate["published_at"],
        )
    portfolio.providers, portfolio.extra = ("credmark",), ""
    portfolio.take(9)
    last = portfolio.answer("quoted_chart", currency="EUR")[-1]
    assert (last["value"], last["reason"]) == (None, "rate_too_old")
    assert last["value_usd"] is not None
    with pytest.raises(UsageError, match="no rate of JPY was ever recorded; there are: EUR, USD"):
        portfolio.answer("quoted_chart", currency="JPY")
