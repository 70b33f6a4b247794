"""What every test may ask for: a simulator shared by the session, and a portfolio of its own in front of it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.histories import Histories
from tests.portfolio import Portfolio, use_folder
from tests.simulator.running_simulator import Simulator, address, started

pytest_plugins = ["tests.cases", "tests.durations"]

settings.register_profile(
    "house",
    deadline=None,  # machines are shared and noisy: no test is timed
    derandomize=True,  # what is green here is green everywhere
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Give the whole run one cache of its own, in which an empty store is made once, and its children Ctrl-C.

    Who is started in the background or by nohup ignores SIGINT, and so would every process that a test starts.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        cache = tempfile.mkdtemp(prefix="portfolio-tests-")
        os.environ["XDG_CACHE_HOME"] = cache
        config.add_cleanup(lambda: shutil.rmtree(cache, ignore_errors=True))


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    """Give a simulator process for the whole session."""
    with started() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Histories:
    """Give the histories that tests of this worker start from."""
    return Histories(tmp_path_factory.mktemp("histories"))


@pytest.fixture
def portfolio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_simulator: Simulator, histories: Histories
) -> Iterator[Portfolio]:
    """Give a portfolio in a folder of its own; the simulator starts over."""
    use_folder(monkeypatch, tmp_path)
    shared_simulator.start_over()
    yield Portfolio(tmp_path, shared_simulator, histories=histories)
    shared_simulator.clear_faults()


@pytest.fixture
def three_days(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of three days, the second of them partial."""
    portfolio.have(0)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.have(1)
    portfolio.simulator.clear_faults()
    portfolio.have(2)
    return portfolio
