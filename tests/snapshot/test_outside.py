"""Promises about what stands outside of every total: chains that nobody watches, and layers that nobody is asked for."""

from decimal import Decimal

import pytest

from tests.portfolio import FIRST, Portfolio

ETHEREUM = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\nchains = ["eip155:1"]'


def test_a_first_look(portfolio: Portfolio) -> None:
    """Look."""
    portfolio.accounts = ("treasury", "operations")
    portfolio.snapshots = ETHEREUM
    portfolio.providers = ("oneinch_portfolio",)
    portfolio.take(0, 1)
    print(portfolio.query("select status, chain_id, layer, label, value_usd, holdings, unpriced_count from coverage()").rows)
    print(portfolio.command("status").stdout, portfolio.command("check").stdout)
    assert 0
