"""A history of four providers and four chains, as other programs find it: one published file."""

from pathlib import Path

import pytest

from tests.portfolio import lasting
from tests.simulator.running_simulator import Simulator
from tests.warehouse.conftest import settled


@pytest.fixture(scope="package")
def published(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Path:
    """Give the file: first and third instant are taken, the second is missed."""
    with lasting(tmp_path_factory.mktemp("clients"), shared_simulator) as portfolio:
        settled(portfolio).take(0, 2)
    return portfolio.settings().paths.published
