"""A portfolio of four chains and four providers, as the shipped settings have it, for the answers about an instant."""

import pytest

from tests.portfolio import FIRST, Portfolio, lasting
from tests.simulator.running_simulator import Simulator
from tests.snapshot.test_four_providers import CHAINS, FOUR, SOLANA

ROUTER_V5 = "0x1111111254eeb25477b68fb85ed929f73a960582"
ROUTER_V6 = "0x111111125421ca6dc452d289314280a0f8842a65"


def settled(portfolio: Portfolio) -> Portfolio:
    """Watch positions, debts, rewards, receipts, exact amounts, allowances of two spenders and an account on Solana."""
    portfolio.accounts = ("treasury", "trading", "operations", "tiny", "solana-desk")
    portfolio.account_keys = {"solana-desk": SOLANA, "trading": 'groups = ["fund"]', "tiny": 'groups = ["fund"]'}
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\n{CHAINS}'
    portfolio.providers = FOUR
    portfolio.extra = f'spenders = ["{ROUTER_V6}", "{ROUTER_V5}"]\n'  # of the last provider, 1inch Balance
    return portfolio


@pytest.fixture
def whole(portfolio: Portfolio) -> Portfolio:
    """Give such a portfolio before its first instant."""
    return settled(portfolio)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give such a portfolio for tests that only read: first and third instant are taken, the second is missed."""
    with lasting(tmp_path_factory.mktemp("read_only"), shared_simulator) as portfolio:
        settled(portfolio).take(0, 2)
    return portfolio
