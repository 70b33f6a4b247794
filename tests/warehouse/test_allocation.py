"""Promises of allocation and concentration: parts add up, shares to 1, debts stand beside, gaps are told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.errors import UsageError
from tests.portfolio import FIRST, Portfolio, day

Row = dict[str, object]
EACH = ("asset_group", "asset", "chain", "account", "layer", "protocol")
OUTAGE = (datetime(2026, 3, 14, tzinfo=UTC) - FIRST) // timedelta(days=1)
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"


def money(rows: Iterable[Row], column: str = "value_usd") -> Decimal:
    """Add up what is known of a column."""
    return sum((cast("Decimal", row[column]) for row in rows if row[column] is not None), Decimal(0))


def shares(rows: Iterable[Row]) -> list[float]:
    """The shares that there are."""
    return [cast("float", row["share"]) for row in rows if row["share"] is not None]


def values(portfolio: Portfolio, per: str, **asked: object) -> dict[object, object]:
    """What each group is worth."""
    return {row["id"]: row["value_usd"] for row in portfolio.answer("allocation", per=per, **asked)}


@pytest.mark.parametrize("per", EACH)
def test_parts_add_up_and_shares_to_one(read_only: Portfolio, per: str) -> None:
    """By whatever it is parted, values add up to the total to the last digit, and shares of what is above 0 to 1."""
    rows = read_only.answer("allocation", per=per)
    (total,) = [row for row in read_only.answer("current_value") if row["per"] == "total"]
    assert money(rows) == total["value_usd"] == money(rows, "held_usd") - money(rows, "debt_usd")
    assert sum(shares(rows)) == pytest.approx(1, abs=1e-12)
    gross = sum(value for value in (cast("Decimal", row["value_usd"] or Decimal(0)) for row in rows) if value > 0)
    for row in rows:
        value = cast("Decimal | None", row["value_usd"])
        if value is None or value < 0:
            assert row["share"] is None
        else:
            assert row["share"] == pytest.approx(float(value / gross), rel=1e-12)
    assert {row["is_complete"] for row in rows} == {True}


def test_parts_are_those_of_other_answers(read_only: Portfolio) -> None:
    """Accounts and chains are worth what the current value says, layers and the wallet what their cells record."""
    told = read_only.answer("current_value")
    for per in ("account", "chain"):
        assert values(read_only, per) == {row["id"]: row["value_usd"] for row in told if row["per"] == per}
    cells = [row for row in read_only.answer("coverage", since=day(2)) if row["status"] == "recorded"]
    layers = {layer: money(row for row in cells if row["layer"] == layer) for layer in ("wallet", "position", "debt")}
    assert values(read_only, "layer") == layers
    protocols = values(read_only, "protocol")
    assert protocols["wallet"] == layers["wallet"]
    assert protocols.keys() == {"wallet", "aave-v3", "uniswap-v3", "aerodrome", "op-staking"}


def test_assets_are_netted_over_wallets_positions_and_debts(read_only: Portfolio) -> None:
    """An asset group is worth the counted tokens of it and the legs of positions less the debts in it."""
    tokens = [row for row in read_only.answer("tokens_snapshot") if row["is_counted"]]
    legs = [row for row in read_only.answer("protocols_snapshot") if row["layer"] != "reward"]
    groups = {row["asset_id"]: row["group_id"] for row in read_only.answer("assets")}
    for per in ("asset", "asset_group"):
        sums: dict[object, object] = {}
        for row in (*tokens, *legs):
            asset = row["asset_id"] if per == "asset" else groups[row["asset_id"]]
            known = [value for value in (sums.get(asset), row["value_usd"]) if value is not None]
            sums[asset] = sum(cast("list[Decimal]", known)) if known else None
        assert values(read_only, per) == sums


def test_a_debt_stands_beside_as_leverage(read_only: Portfolio) -> None:
    """Of 100 supplied and 40 owed, 60 are left: by asset with a leverage of two fifths, by layer beside a debt."""
    (asset,) = read_only.answer("allocation", account="tiny")
    assert (asset["value_usd"], asset["held_usd"], asset["debt_usd"]) == (Decimal(60), Decimal(100), Decimal(40))
    assert (asset["share"], asset["leverage"]) == (1.0, pytest.approx(2 / 5, rel=1e-12))
    told = [
        (row["id"], row["value_usd"], row["share"], row["leverage"])
        for row in read_only.answer("allocation", account="tiny", per="layer")
    ]
    assert told == [
        ("position", Decimal(100), 1.0, 0.0), ("wallet", Decimal(0), 0.0, None), ("debt", Decimal(-40), None, None)
    ]  # fmt: skip
    (one,) = read_only.answer("concentration", account="tiny")
    assert (one["gross_usd"], one["debt_usd"], one["net_usd"]) == (Decimal(60), Decimal(40), Decimal(60))
    assert (one["leverage"], one["herfindahl"], one["effective_number"]) == (pytest.approx(2 / 5, rel=1e-12), 1.0, 1.0)


@pytest.mark.parametrize("per", EACH)
def test_concentration_is_made_of_the_shares(read_only: Portfolio, per: str) -> None:
    """Herfindahl's index is the sum of the squared shares, the effective number 1 by it, and the largest is named."""
    rows = read_only.answer("allocation", per=per)
    (one,) = read_only.answer("concentration", per=per)
    index = sum(share * share for share in shares(rows))
    assert one["herfindahl"] == pytest.approx(index, rel=1e-12)
    assert one["effective_number"] == pytest.approx(1 / index, rel=1e-12)
    assert (one["largest_id"], one["largest_name"], one["largest_share"]) == tuple(
        rows[0][name] for name in ("id", "name", "share")
    )
    assert one["parts"] == len([share for share in shares(rows) if share > 0])
    debts = -money(row for row in read_only.answer("protocols_snapshot") if row["layer"] == "debt")
    assert (one["debt_usd"], one["net_usd"]) == (debts, money(rows))
    assert one["leverage"] == pytest.approx(float(debts / (money(rows) + debts)), rel=1e-12)
    assert one["gross_usd"] == money(row for row in rows if row["share"] is not None)


@pytest.mark.every
def test_what_is_missing_is_told_and_shares_are_of_the_rest(whole: Portfolio) -> None:
    """During the planted outage the missing account has no value and a last known one, and the rest is shared out."""
    whole.snapshots = whole.snapshots.replace("2026-05-01", "2026-03-13")
    whole.have(OUTAGE - 1, OUTAGE)
    before = {row["name"]: row["value_usd"] for row in whole.answer("allocation", as_of=day(OUTAGE - 1), per="account")}
    rows = {row["name"]: row for row in whole.answer("allocation", per="account")}
    gone = rows.pop("trading")
    assert (gone["value_usd"], gone["known_value_usd"], gone["share"]) == (None, None, None)
    assert (gone["reason"], gone["missing_last_known_usd"]) == ("missing_cell", before["trading"])
    assert {row["is_complete"] for row in (gone, *rows.values())} == {False}
    assert {(row["reason"], row["value_usd"] is None) for row in rows.values()} == {(None, False)}
    assert sum(shares(rows.values())) == pytest.approx(1, abs=1e-12)
    chains = whole.answer("allocation", per="chain")
    assert {row["id"] for row in chains if row["value_usd"] is not None} == {SOLANA}
    assert money(chains, "known_value_usd") == money(rows.values())
    unknown, *assets = sorted(whole.answer("allocation"), key=lambda row: row["id"] is not None)
    assert (unknown["id"], unknown["missing_last_known_usd"]) == (None, before["trading"])
    assert {(row["value_usd"], row["reason"]) for row in (unknown, *assets)} == {(None, "missing_cell")}
    assert sum(shares(assets)) == pytest.approx(1, abs=1e-12)
    (one,) = whole.answer("concentration")
    assert (one["gross_usd"], one["debt_usd"], one["net_usd"], one["leverage"]) == (None, None, None, None)
    assert (one["is_complete"], one["reason"]) == (False, "missing_cell")
    assert one["known_gross_usd"] == money((row for row in assets if row["share"] is not None), "known_value_usd")
    assert one["herfindahl"] == pytest.approx(sum(share * share for share in shares(assets)), rel=1e-12)


@pytest.mark.every
def test_a_net_debt_has_no_share(whole: Portfolio) -> None:
    """Where more is owed than held there is no share and no concentration, with the reason; leverage is above 1."""
    whole.accounts, whole.account_keys = ("tiny",), {}
    whole.have(0)
    whole.change_store("update balance set value_usd = 30 where layer = 'position'")
    whole.take(1)
    (row,) = whole.answer("allocation", as_of=day(0))
    assert (row["value_usd"], row["share"], row["leverage"]) == (Decimal(-10), None, pytest.approx(4 / 3))
    (one,) = whole.answer("concentration", as_of=day(0))
    assert (one["parts"], one["herfindahl"], one["gross_usd"], one["leverage"]) == (0, None, None, pytest.approx(4 / 3))
    assert (one["net_usd"], one["reason"]) == (Decimal(-10), "no_capital")


def test_what_has_no_price_has_no_share(portfolio: Portfolio) -> None:
    """A group of unpriced assets is neither worth 0 nor part of the shares, and is counted beside."""
    portfolio.have(0)
    rows = [row for row in portfolio.answer("allocation") if row["value_usd"] is None]
    assert rows
    assert {(row["share"], row["held_usd"], row["reason"]) for row in rows} == {(None, None, "unpriced")}
    (total,) = [row for row in portfolio.answer("current_value") if row["per"] == "total"]
    (one,) = portfolio.answer("concentration")
    assert one["unpriced_count"] == sum(cast("int", row["unpriced_count"]) for row in rows) == total["unpriced_count"]


def test_an_empty_wallet_is_worth_nothing_and_known(portfolio: Portfolio) -> None:
    """An account that holds nothing is a row of 0, known and complete."""
    portfolio.simulator.order("empty_positions")
    portfolio.accounts = ("cold",)
    portfolio.take(0)
    (row,) = portfolio.answer("allocation", per="account")
    assert (row["value_usd"], row["held_usd"], row["debt_usd"]) == (Decimal(0), Decimal(0), Decimal(0))
    assert (row["is_complete"], row["reason"], row["share"]) == (True, None, None)
    assert portfolio.answer("allocation") == []


def test_an_unknown_grouping_is_an_error(read_only: Portfolio) -> None:
    """What there is no allocation by is said to be so, with what there is."""
    for name in ("allocation", "concentration"):
        with pytest.raises(UsageError, match="no allocation per colour; there is per asset_group, asset, chain"):
            read_only.answer(name, per="colour")
