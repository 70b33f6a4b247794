"""A world of its own for each test of this folder: no key, no proxy, no state of the person who runs it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from tests.simulator.running_simulator import Simulator

FRESH = itertools.count()
OF_THE_PERSON = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "CREDMARK_API_KEY")


@pytest.fixture(autouse=True)
def state_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for XDG_STATE_HOME, not there yet; nothing is written to the real one."""
    folder = tmp_path_factory.getbasetemp() / f"state-{next(FRESH)}"
    for name in OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def instantly() -> Iterator[None]:
    """No wait between tries; how many there are is still for Patience to say."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Iterator[Simulator]:
    """The simulator of the session, on which no fault stands before or after the test."""
    shared_simulator.clear_faults()
    yield shared_simulator
    shared_simulator.clear_faults()
