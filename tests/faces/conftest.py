"""What tests of more than one face look at."""

import pytest

from tests.portfolio import Portfolio
from tests.simulator.running_simulator import address


@pytest.fixture
def three_days(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of three days, the second of them partial."""
    portfolio.take(0)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(1)
    portfolio.simulator.clear_faults()
    portfolio.take(2)
    return portfolio
