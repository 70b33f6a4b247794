"""Promises of tokens, positions and sums at an instant: they add up, are exact, and say what is missing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.schema import prepare
from tests.portfolio import FIRST, Portfolio, day
from tests.simulator.running_simulator import address

Row = dict[str, object]
NOW_AT = int(FIRST.timestamp()) + 60
"""A simulated instant is lived a minute after it; providers of now are asked then."""

NEW = (
    "tokens_snapshot",
    "protocols_snapshot",
    "aggregated_balance",
    "allowances_at",
    "allocation",
    "concentration",
)
LARGEST = 2**256 - 1
OUTAGE = (datetime(2026, 3, 14, tzinfo=UTC) - FIRST) // timedelta(days=1)
"""The planted day on which every provider fails for trading."""


def total(rows: Iterable[Row], column: str = "value_usd") -> Decimal:
    """Add up what is known of a column."""
    return sum((cast("Decimal", row[column]) for row in rows if row[column] is not None), Decimal(0))


def cells(portfolio: Portfolio, number: int = 0) -> dict[tuple[object, ...], Decimal]:
    """The recorded value of each cell at an instant, where there is any."""
    rows = portfolio.answer("coverage", since=day(number), until=day(number))
    return {
        (row["label"], row["chain_id"], row["layer"]): cast("Decimal", row["value_usd"])
        for row in rows
        if row["value_usd"] and row["status"] == "recorded"
    }


def summed(rows: Iterable[Row], layer: str | None = None) -> dict[tuple[object, ...], Decimal]:
    """The counted values of rows by cell."""
    sums: defaultdict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["is_counted"] and row["value_usd"] is not None:
            sums[row["label"], row["chain_id"], layer or row["layer"]] += cast("Decimal", row["value_usd"])
    return dict(sums)


def worth(portfolio: Portfolio, number: int = 0) -> object:
    """The total at an instant."""
    (row,) = [row for row in portfolio.answer("current_value", as_of=day(number)) if row["per"] == "total"]
    return row["value_usd"]


@pytest.mark.every
def test_tokens_add_up_to_their_wallets(read_only: Portfolio) -> None:
    """Counted tokens add up to each wallet's record and, with positions, to the total; the rest says why not."""
    rows = read_only.answer("tokens_snapshot", as_of=day(0))
    assert summed(rows, "wallet") == {cell: value for cell, value in cells(read_only).items() if cell[2] == "wallet"}
    legs = [row for row in read_only.answer("protocols_snapshot", as_of=day(0)) if row["layer"] != "reward"]
    assert total(row for row in rows if row["is_counted"]) + total(legs) == worth(read_only)
    apart = {row["symbol"]: row["exclusion"] for row in rows if not row["is_counted"]}
    receipts, spam = ("aEthUSDC", "aBasUSDC", "aArbUSDC", "aBasEXACT"), ("claim-usdc.example", "$DROP")
    assert apart == dict.fromkeys(receipts, "receipt") | dict.fromkeys(spam, "spam")


def test_shares_are_of_the_known_total(read_only: Portfolio) -> None:
    """Shares are value by total and add up to 1; an unpriced token and one that does not count have none, not 0."""
    rows = read_only.answer("tokens_snapshot")
    counted = [row for row in rows if row["is_counted"] and row["value_usd"] is not None]
    assert sum(cast("float", row["share"]) for row in counted) == pytest.approx(1, abs=1e-12)
    largest = max(counted, key=lambda row: cast("Decimal", row["value_usd"]))
    assert largest["share"] == pytest.approx(float(total([largest]) / total(counted)), rel=1e-12)
    unpriced = [row for row in rows if row["price_status"] == "unknown"]
    assert unpriced
    assert {(row["value_usd"], row["price_usd"], row["share"]) for row in unpriced} == {(None, None, None)}
    assert {row["share"] for row in rows if not row["is_counted"]} == {None}


def test_exact_amounts_are_the_ledgers(read_only: Portfolio) -> None:
    """Where any provider gives base units they are the ledger's to the last digit, and the provider is named."""
    rows = [row for row in read_only.answer("tokens_snapshot", as_of=day(0)) if row["amount_raw"] is not None]
    assert len(rows) > 50
    for row in rows:
        held = whole_ledger().holding(str(row["label"]), str(row["asset_id"]), NOW_AT)
        assert int(str(row["amount_raw"])) == held, row
    assert {(row["provider"], row["raw_origin"]) for row in rows} == {
        ("oneinch_portfolio", "onebalance"),
        ("oneinch_portfolio", "oneinch_balance"),
        ("onebalance", "onebalance"),
    }


@pytest.mark.every
def test_an_exact_amount_that_differs_is_not_taken(whole: Portfolio) -> None:
    """Base units of another provider that are not the amount of record are left out, and a sum with it is not exact."""
    whole.accounts, whole.account_keys = ("operations",), {}
    whole.take(0)
    before = {row["asset_id"]: row["amount_raw"] for row in whole.answer("tokens_snapshot")}
    ether = "eip155:1/slip44:60"
    assert before[ether] is not None
    whole.change_store(
        f"update balance set amount = amount * 1.000001 where asset_id = '{ether}' and amount_raw is null"
    )
    whole.take(1)
    after = {row["asset_id"]: row["amount_raw"] for row in whole.answer("tokens_snapshot", as_of=day(0))}
    assert after == before | {ether: None}
    (row,) = [row for row in whole.answer("aggregated_balance", as_of=day(0)) if row["group_id"] == "ob:eth"]
    assert [leg["amount_raw"] is None for leg in cast("list[Row]", row["legs"])] == [True, False]
    assert (row["amount_raw"], row["reason"]) == (None, "no_raw_amount")


@pytest.mark.every
def test_an_instant_between_ticks_is_the_tick_before(read_only: Portfolio) -> None:
    """Asked for any instant, an answer speaks of the last tick at or before it, and before the first of nothing."""
    for name in NEW:
        at_noon = read_only.answer(name, as_of=day(0) + timedelta(hours=12))
        assert at_noon == read_only.answer(name, as_of=day(0)) != []
        assert {row["as_of"] for row in at_noon} == {day(0).replace(tzinfo=None)}
        assert {row["as_of"] for row in read_only.answer(name)} == {day(2).replace(tzinfo=None)}
        assert read_only.answer(name, as_of=day(-1)) == []


def test_legs_add_up_to_their_cells(read_only: Portfolio) -> None:
    """Legs of positions, debts and rewards add up to the record of each cell, to the last digit."""
    sums = summed(read_only.answer("protocols_snapshot", as_of=day(0)))
    assert sums == {cell: value for cell, value in cells(read_only).items() if cell[2] != "wallet"}
    assert {layer for *_, layer in sums} == {"position", "debt", "reward"}


def test_a_position_has_its_legs_rewards_and_names(read_only: Portfolio) -> None:
    """Supply 100, debt 40 and reward 5 are two positions of one protocol, each with its own net value and rewards."""
    rows = read_only.answer("protocols_snapshot", account="tiny")
    told = {
        row["layer"]: (row["symbol"], row["amount"], row["value_usd"], row["position_value_usd"], row["rewards_usd"])
        for row in rows
    }
    assert told == {
        "position": ("EXACT", 100.0, Decimal(100), Decimal(100), Decimal(5)),
        "reward": ("EXACT", 5.0, Decimal(5), Decimal(100), Decimal(5)),
        "debt": ("EXACT", 40.0, Decimal(-40), Decimal(-40), None),
    }
    assert {(row["protocol_id"], row["kind"], row["provider"]) for row in rows} == {
        ("aave-v3", "lending", "oneinch_portfolio")
    }
    assert {row["stated_value_usd"] for row in rows} == {100.0, -40.0}
    (receipt,) = read_only.answer("tokens_snapshot", account="tiny")
    assert {receipt["asset_id"]} == {row["contract_id"] for row in rows if row["layer"] == "position"}


@pytest.mark.every
def test_an_unpriced_leg_leaves_its_position_without_a_value(whole: Portfolio) -> None:
    """A position of which one leg has no price is worth nobody knows what, and the other legs keep their values."""
    whole.accounts, whole.account_keys = ("treasury",), {}
    whole.take(0)
    pool = [row for row in whole.answer("protocols_snapshot") if row["kind"] == "dex"]
    position, asset = pool[0]["position_id"], next(row["asset_id"] for row in pool if row["layer"] == "position")
    whole.change_store(
        "update balance set value_usd = null, price_usd = null, price_status = 'unknown' "
        f"where position_id = '{position}' and asset_id = '{asset}'"
    )
    whole.take(1)
    legs = [row for row in whole.answer("protocols_snapshot", as_of=day(0)) if row["position_id"] == position]
    assert {row["position_value_usd"] for row in legs} == {row["rewards_usd"] for row in legs} == {None}
    assert sorted(row["value_usd"] is None for row in legs) == [False, False, True, True]


@pytest.mark.every
def test_a_position_in_which_nothing_lies_is_shown(whole: Portfolio) -> None:
    """A position that the provider lists without legs is a row without a leg, and worth what nobody said."""
    whole.accounts, whole.account_keys = ("tiny",), {}
    whole.have(0)
    whole.change_store("delete from balance where layer = 'debt'")
    whole.take(1)
    (bare,) = [row for row in whole.answer("protocols_snapshot", as_of=day(0)) if row["asset_id"] is None]
    assert (bare["layer"], bare["value_usd"], bare["position_value_usd"]) == (None, None, None)
    assert (bare["stated_value_usd"], bare["missing_reason"]) == (-40.0, None)


@pytest.mark.every
def test_what_is_missing_is_shown_with_its_reason(whole: Portfolio) -> None:
    """During the planted outage each wallet and layer without a record is one row with its reason, and no other is."""
    whole.snapshots = whole.snapshots.replace("2026-05-01", "2026-03-13")
    whole.have(OUTAGE - 1, OUTAGE)
    missing = {f"trading / {chain}" for chain in ("eip155:1", "eip155:10", "eip155:8453", "eip155:42161")}
    for name, layers in (("tokens_snapshot", 1), ("protocols_snapshot", 3)):
        rows = [row for row in whole.answer(name) if row["missing_reason"] is not None]
        assert {f"{row['label']} / {row['chain_id']}" for row in rows} == missing
        assert len(rows) == len(missing) * layers
        assert {(row["missing_reason"], row["asset_id"], row["value_usd"]) for row in rows} == {
            ("failed:server_error", None, None)
        }
    sums = whole.answer("aggregated_balance")
    assert {row["reason"] for row in sums} == {"missing_cell"}
    assert {(row["amount_raw"], row["amount"], row["value_usd"]) for row in sums} == {(None, None, None)}
    known = [value for cell, value in cells(whole, OUTAGE).items() if cell[2] == "wallet"]
    assert total(sums, "known_value_usd") == sum(known)
    assert sums[0]["missing"] == sorted(f"{name} / wallet: failed:server_error" for name in missing)


def test_a_missed_tick_is_not_empty(read_only: Portfolio) -> None:
    """At a tick that nobody took every row says so, and none says that nothing was there."""
    for name in NEW:
        rows = read_only.answer(name, as_of=day(1))
        assert rows
        assert {row.get("missing_reason", row.get("reason")) for row in rows} == {"missed_tick"}
        assert {row.get("value_usd", row.get("net_usd")) for row in rows} == {None}


def test_exact_sums_are_pythons(read_only: Portfolio) -> None:
    """Where all legs are exact the sum over accounts and chains is that of the ledger's integers."""
    everything = read_only.answer("aggregated_balance", as_of=day(0))
    rows = [row for row in everything if row["amount_raw"] is not None]
    assert len(rows) > 20
    assert max(len(cast("list[Row]", row["legs"])) for row in rows) > 8
    labels = {row["account_id"]: str(row["label"]) for row in read_only.answer("coverage")}
    for row in rows:
        legs = cast("list[Row]", row["legs"])
        held = [whole_ledger().holding(labels[leg["account_id"]], str(leg["asset_id"]), NOW_AT) for leg in legs]
        assert int(str(row["amount_raw"])) == sum(held), row["symbol"]
        assert row["amount"] == pytest.approx(sum(held) / 10 ** cast("int", row["decimals"]), rel=1e-15)
        assert row["value_usd"] == total(legs)
    wallets = [value for cell, value in cells(read_only).items() if cell[2] == "wallet"]
    assert total(everything) == sum(wallets)


@pytest.mark.every
def test_a_sum_may_be_longer_than_any_of_its_parts(whole: Portfolio) -> None:
    """Two balances of 2^256 - 1 base units are added up to the last of their 78 digits."""
    whole.accounts, whole.account_keys = ("treasury", "operations"), {}
    whole.providers, whole.extra = ("onebalance",), ""
    whole.take(0)
    usdt = "eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7"
    whole.change_store(f"update balance set amount_raw = '{LARGEST}' where asset_id = '{usdt}'")
    whole.take(1)
    rows = whole.answer("aggregated_balance", as_of=day(0), chain="eip155:1")
    assert [row["amount_raw"] for row in rows if row["symbol"] == "USDT"] == [str(2 * LARGEST)]


@pytest.mark.slow
def test_a_sum_of_different_decimals_is_not_made(whole: Portfolio) -> None:
    """USDC with 6 decimals and with 18 are told by leg and in whole units, but base units of both are not added up."""
    whole.accounts, whole.account_keys = ("operations",), {}
    whole.providers, whole.extra = ("onebalance",), ""
    whole.snapshots = whole.snapshots.replace('"eip155:10"', '"eip155:10", "eip155:56"')
    whole.take(0)
    (row,) = [row for row in whole.answer("aggregated_balance") if row["group_id"] == "ob:usdc"]
    legs = cast("list[Row]", row["legs"])
    assert {leg["decimals"] for leg in legs} == {6, 18}
    assert (row["amount_raw"], row["decimals"], row["reason"]) == (None, None, "decimals_differ")
    whole_units = sum(int(str(leg["amount_raw"])) / 10 ** cast("int", leg["decimals"]) for leg in legs)
    assert row["amount"] == pytest.approx(whole_units, rel=1e-15)
    assert row["value_usd"] == total(legs)


def test_a_sum_of_floats_is_not_called_exact(portfolio: Portfolio) -> None:
    """Of a provider that gives floats there are sums in whole units and dollars, and no exact ones."""
    portfolio.have(0)
    rows = portfolio.answer("aggregated_balance")
    assert {(row["amount_raw"], row["reason"]) for row in rows} == {(None, "no_raw_amount")}
    assert total(rows) == worth(portfolio)


@pytest.mark.every
def test_accounts_groups_and_chains_narrow_an_answer(read_only: Portfolio) -> None:
    """An account, an account group and a chain keep their own rows and no other."""
    for name in NEW:
        everything = read_only.answer(name)
        for key, value, column, kept in (
            ("account", "Trading", "label", {"trading"}),
            ("account", address("trading"), "label", {"trading"}),
            ("account_group", "fund", "label", {"trading", "tiny"}),
            ("chain", "eip155:8453", "chain_id", {"eip155:8453"}),
        ):
            found = read_only.answer(name, **{key: value})
            assert found
            assert found != everything
            if column in found[0]:
                expected = [row["asset_id"] for row in everything if row[column] in kept]
                assert [row["asset_id"] for row in found] == expected


@pytest.mark.slow
def test_an_empty_history_gives_no_rows(portfolio: Portfolio) -> None:
    """In a file without a snapshot every answer is empty, and none is an error."""
    portfolio.published.parent.mkdir(parents=True)
    with writing(portfolio.published) as connection:
        prepare(connection, "simulated", FIRST)
    names = (*NEW, "gaps", "provider_drift")
    assert {name: answer(portfolio.published, name).rows for name in names} == {name: [] for name in names}
