"""A history of ten days behind a server: four chains, four providers, one of the days missed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portfolio import Portfolio, lasting, use_folder
from tests.serve.copying import Copy
from tests.serve.running_server import Server, served
from tests.simulator.running_simulator import Simulator
from tests.warehouse.conftest import settled

MISSED, LAST = 1, 9
"""Days after the first: the scheduler was down, and the last instant."""

TAKEN = tuple(number for number in range(LAST + 1) if number != MISSED)


@pytest.fixture(scope="package")
def history(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give such a history, for tests that only read."""
    with lasting(tmp_path_factory.mktemp("served"), shared_simulator) as portfolio:
        settled(portfolio).extra += "[serve]\nrequests_per_minute = 1000000\n"
        portfolio.take(*TAKEN)
    return portfolio


@pytest.fixture(scope="package")
def server(history: Portfolio) -> Iterator[Server]:
    """Give a server of that history."""
    with served(history) as running:
        yield running


@pytest.fixture
def copy(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_simulator: Simulator) -> Copy:
    """Give a portfolio of its own whose providers are the server of that history."""
    use_folder(monkeypatch, tmp_path)
    return Copy(tmp_path, shared_simulator, server_url=server.url)
