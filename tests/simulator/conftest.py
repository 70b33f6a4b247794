"""One simulator for all tests of this folder, without faults at the end of each."""

from collections.abc import Iterator

import pytest

from tests.simulator.running_simulator import Simulator, started


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    """The simulator of the session; its hash seed is one that another process can differ from."""
    with started(PYTHONHASHSEED="1") as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """The simulator, without faults and in its usual forms before and after the test."""
    running.clear_faults()
    running.speak()
    yield running
    running.clear_faults()
    running.speak()
