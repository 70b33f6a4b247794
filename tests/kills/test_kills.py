"""Promises about kill -9: at whatever stage a run dies, nothing is torn, nothing told is lost, the next run heals."""

import random
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from tests.kills.stages import AT_FIRST, FULL, STAGES
from tests.kills.victim import Death, count, run
from tests.kills.wholeness import differences, instants_in, litter, torn
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import Simulator

pytestmark = pytest.mark.slow

BEFORE, ALL = [day(0), day(1)], [day(number) for number in range(6)]
ACCOUNTS = ("treasury", "cold")

OF_EACH_INSTANT = ("pull", "keep", "normalise", "transaction")
"""Stages that a run reaches at every instant; others at each session with the store, and one may do for all."""


class Ground:
    """The fault-free history, the same portfolio after two days, and how often a run over the rest reaches a stage."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        """Take both."""
        self.whole = Portfolio(folder / "whole", simulator, accounts=ACCOUNTS)
        self.begun = Portfolio(folder / "begun", simulator, accounts=ACCOUNTS)
        least = Portfolio(folder / "least", simulator, accounts=ACCOUNTS)
        for one in (self.whole, self.begun, least):
            one.folder.mkdir()
        self.at_first = count(self.whole, ALL)
        run(self.begun, BEFORE, None)
        run(least, BEFORE[:1], None)
        self.least_bytes = least.store.stat().st_size  # that of one session, from which every store grows
        copied = Portfolio(folder / "counted", simulator, accounts=ACCOUNTS)
        shutil.copytree(self.begun.folder, copied.folder)
        self.reached = count(copied, ALL)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Ground:
    """Give the ground that all kills of this module stand on."""
    shared_simulator.start_over()
    return Ground(tmp_path_factory.mktemp("kills"), shared_simulator)


def held_after(ground: Ground, portfolio: Portfolio, death: Death) -> tuple[datetime, ...]:
    """Kill a run, look at what it left, run again, and hold the end against the fault-free history."""
    before = instants_in(portfolio.published)
    left = run(portfolio, ALL, death)
    assert left.was_killed, left
    if portfolio.published.exists():
        assert torn(ground.whole.published, portfolio.published) == []
    assert instants_in(portfolio.published) >= before
    assert instants_in(portfolio.store) >= before | set(left.stored)
    again = run(portfolio, ALL, None)
    assert again.exit_code == 0
    assert differences(ground.whole.published, portfolio.published) == []
    assert litter(portfolio.published.parent) == []
    return left.stored


def chosen(reached: Counter[str], name: str) -> Death:
    """Choose one of the times that every run reaches a stage, however it shares out its work."""
    surely = len(ALL) - len(BEFORE) if name.startswith(OF_EACH_INSTANT) else 1
    assert reached[name] >= surely, f"{name} is reached {reached[name]} times"
    return Death(name, random.Random(name).randint(1, surely))  # noqa: S311 - reproducible, no secret


@pytest.mark.parametrize("name", [one.name for one in STAGES])
def test_a_run_killed_at_any_stage_is_healed(ground: Ground, portfolio: Portfolio, name: str) -> None:
    """Readers see whole instants, what was told as stored is there, and the next run ends as if nothing had been."""
    shutil.copytree(ground.begun.folder, portfolio.folder, dirs_exist_ok=True)
    portfolio.accounts = ACCOUNTS
    held_after(ground, portfolio, chosen(ground.reached, name))


@pytest.mark.every
@pytest.mark.parametrize("name", [one.name for one in AT_FIRST])
def test_a_first_run_killed_while_it_makes_the_store(ground: Ground, portfolio: Portfolio, name: str) -> None:
    """A store that was half made when its run died is in nobody's way."""
    portfolio.accounts = ACCOUNTS
    held_after(ground, portfolio, chosen(ground.at_first, name))


@pytest.mark.every
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_run_killed_in_the_midst_of_a_write(ground: Ground, portfolio: Portfolio, share: float) -> None:
    """Where the kernel ends the process within a write of DuckDB or of ours, the same holds."""
    portfolio.accounts = ACCOUNTS
    size = int(ground.least_bytes * share)
    held_after(ground, portfolio, Death(FULL, size))


@pytest.mark.every
def test_a_stopped_run_and_a_killed_one_leave_no_copy(ground: Ground, portfolio: Portfolio) -> None:
    """Copies that killed runs had half published are gone after the next publication, however many there were."""
    portfolio.accounts = ACCOUNTS
    for number in (1, 2, 3):
        assert run(portfolio, ALL[: number + 1], Death("publish: half of the file is copied", 1)).was_killed
    copies = [name for name in litter(portfolio.published.parent) if name.endswith(".tmp")]
    assert len(copies) == 1  # beside it may lie what was being asked for
    assert run(portfolio, ALL, None).exit_code == 0
    assert litter(portfolio.published.parent) == []
    assert differences(ground.whole.published, portfolio.published) == []
