"""Promises of allowances: exact, what is at risk is never more than what is held, and what was not answered is told."""

from decimal import Decimal
from typing import cast

import pytest

from dagster_project.simulator.book.approvals import UNLIMITED
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.warehouse.conftest import ROUTER_V5, ROUTER_V6

Row = dict[str, object]


def allowed(portfolio: Portfolio, label: str, symbol: str, chain: str = "eip155:1", number: int = 0) -> Row:
    """The one allowance of an account for a token on a chain."""
    rows = portfolio.answer("allowances_at", as_of=day(number), account=label, chain=chain)
    (row,) = [row for row in rows if row["symbol"] == symbol]
    return row


@pytest.mark.every
def test_allowances_are_exact_and_at_most_what_is_held_is_at_risk(read_only: Portfolio) -> None:
    """An unlimited allowance puts all at risk, a larger one too, a smaller one its own worth; one unit is one unit."""
    unlimited = allowed(read_only, "trading", "USDC")
    assert (unlimited["allowance_raw"], unlimited["is_unlimited"]) == (str(UNLIMITED), True)
    assert unlimited["at_risk_usd"] == unlimited["value_usd"] > Decimal(0)  # type: ignore[operator] # money by its header
    larger = allowed(read_only, "trading", "WETH")
    assert (larger["allowance_raw"], larger["is_unlimited"]) == (str(250 * 10**18), False)
    assert larger["at_risk_usd"] == larger["value_usd"]
    smaller = allowed(read_only, "trading", "USDC", "eip155:8453")
    assert smaller["allowance_raw"] == str(40_000 * 10**6)
    expected = float(cast("Decimal", smaller["value_usd"])) * 40_000 / cast("float", smaller["amount"])
    assert float(cast("Decimal", smaller["at_risk_usd"])) == pytest.approx(expected, abs=1e-6)
    odd = allowed(read_only, "treasury", "WETH", "eip155:8453")
    assert odd["allowance_raw"] == str(30 * 10**18 + 1)
    one = allowed(read_only, "operations", "DAI")
    assert (one["allowance_raw"], one["at_risk_usd"]) == ("1", Decimal(0))
    assert one["is_held"] is True


def test_only_what_is_approved_is_listed(read_only: Portfolio) -> None:
    """Each standing approval is one row with its spender; what was revoked is none."""
    rows = [row for row in read_only.answer("allowances_at", as_of=day(0)) if row["reason"] != "native_coin"]
    assert {(row["label"], row["symbol"], row["chain_id"]) for row in rows} == {
        ("trading", "USDC", "eip155:1"),
        ("trading", "WETH", "eip155:1"),
        ("trading", "USDC", "eip155:8453"),
        ("operations", "DAI", "eip155:1"),
        ("treasury", "WETH", "eip155:8453"),
    }
    assert {(row["spender"], row["reason"], row["provider"]) for row in rows} == {(ROUTER_V6, None, "oneinch_balance")}


def test_a_coin_has_no_allowance(read_only: Portfolio) -> None:
    """What the provider writes for a chain's own coin is shown as it stands and puts nothing at risk."""
    coins = [row for row in read_only.answer("allowances_at") if row["reason"] == "native_coin"]
    assert {row["spender"] for row in coins} == {ROUTER_V5, ROUTER_V6}
    assert {(row["symbol"], row["is_unlimited"], row["at_risk_usd"]) for row in coins} == {("ETH", True, None)}


@pytest.mark.every
def test_nothing_held_is_nothing_at_risk(whole: Portfolio) -> None:
    """Of an asset that a known wallet does not hold 0 is at risk; of one without a price nobody knows how much."""
    whole.accounts, whole.account_keys = ("trading",), {}
    whole.have(0)
    weth = "eip155:1/erc20:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
    usdc = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
    whole.change_store(
        f"delete from balance where asset_id = '{weth}'",
        f"update balance set value_usd = null, price_usd = null, price_status = 'unknown' where asset_id = '{usdc}'",
    )
    whole.take(1)
    gone, unpriced = (allowed(whole, "trading", symbol) for symbol in ("WETH", "USDC"))
    assert (gone["is_held"], gone["at_risk_usd"], gone["reason"]) == (False, Decimal(0), None)
    assert (unpriced["is_held"], unpriced["at_risk_usd"], unpriced["reason"]) == (True, None, "unpriced")


@pytest.mark.slow
def test_a_missing_wallet_puts_nobody_knows_what_at_risk(whole: Portfolio) -> None:
    """Where a wallet has no record its allowances stand, but what is held and at risk is not known."""
    whole.accounts, whole.account_keys = ("trading",), {}
    whole.have(0)
    whole.change_store("update cell set doubt = 'flipped' where layer = 'wallet' and chain_id = 'eip155:1'")
    whole.account_keys = {"trading": f'from = "{day(0):%Y-%m-%d}"'}
    whole.take(1)
    row = allowed(whole, "trading", "USDC")
    assert (row["allowance_raw"], row["is_held"], row["at_risk_usd"]) == (str(UNLIMITED), None, None)
    assert (row["value_usd"], row["reason"]) == (None, "missing_cell")


def test_what_was_not_answered_is_told(whole: Portfolio) -> None:
    """A question that failed is a row with the spender, the account and the reason, not an allowance of nothing."""
    whole.accounts, whole.account_keys = ("trading", "operations"), {}
    whole.simulator.http.put(
        f"{whole.simulator.url}/_simulator/faults",
        json=[
            {"dialect": "oneinch", "fault": "forbidden", "path": path}
            for path in (
                f"/1/aggregatedBalancesAndAllowances/{ROUTER_V6}",
                f"/10/allowances/{ROUTER_V5}/{address('trading')}",
            )
        ],
    ).raise_for_status()
    whole.take(0)
    told = {
        (row["label"], row["chain_id"], row["spender"], row["reason"], row["at_risk_usd"])
        for row in whole.answer("allowances_at")
        if row["asset_id"] is None
    }
    assert told == {
        ("trading", "eip155:1", ROUTER_V6, "failed:forbidden", None),
        ("operations", "eip155:1", ROUTER_V6, "failed:forbidden", None),
        ("trading", "eip155:10", ROUTER_V5, "failed:forbidden", None),
    }


def test_nobody_asked_is_no_row(portfolio: Portfolio) -> None:
    """Where the settings name no spender there is nothing to tell."""
    portfolio.have(0)
    assert portfolio.answer("allowances_at") == []
