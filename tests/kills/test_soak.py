"""The promise of `make soak` in small: under seeded faults and kills a history ends as one that never had any."""

from pathlib import Path

import pytest

from tests.simulator.running_simulator import Simulator
from tests.soak import soak

pytestmark = pytest.mark.slow


def test_a_history_under_fire_ends_as_one_in_peace(tmp_path: Path, shared_simulator: Simulator) -> None:
    """After faults and kills what can be asked for the past is there row for row, and nothing else differs."""
    shared_simulator.start_over()
    done = soak(tmp_path, shared_simulator, count=6, seed=8)
    shared_simulator.start_over()
    assert done.broken == []
    assert done.kills.total() >= 1  # how many depends on how runs share out their sessions
    assert done.faults.total() >= 5
