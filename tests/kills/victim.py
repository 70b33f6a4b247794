"""A run in a process of its own that dies at a stage; forked from a server that has everything imported already.

What it acknowledged it says through a pipe, before it goes on; what must hold afterwards stands in wholeness.py.
"""

import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from dagster_project.errors import PortfolioError
from dagster_project.settings.load import load
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.taken import Taken
from tests.kills.stages import count_stages, lie_in_wait
from tests.portfolio import Portfolio

REFUSED = 77
"""The exit code of a run that ended with an error of ours: one message, no traceback."""

KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.kills.victim"])


@dataclass(frozen=True)
class Death:
    """A stage by name, and at the how many-th time that it is reached."""

    stage: str
    number: int


@dataclass(frozen=True)
class Left:
    """What a run left: its exit code, and the instants that it said were stored."""

    exit_code: int
    stored: tuple[datetime, ...]

    @property
    def was_killed(self) -> bool:
        """Tell whether it died at its stage; else it came to its end."""
        return self.exit_code in KILLED


def run(portfolio: Portfolio, instants: Sequence[datetime], death: Death | None, *, heals: bool = False) -> Left:
    """Run over these instants in a process of its own that dies as told, and wait for its end."""
    portfolio.write()
    hears, says = PROCESSES.Pipe(duplex=False)
    job = Job(tuple(instants), heals=heals)
    process = PROCESSES.Process(target=_take, args=(portfolio.config, _own(portfolio), job, death, says))
    process.start()
    says.close()
    stored = []
    try:
        while True:
            stored.append(hears.recv())
    except EOFError:
        process.join()
    assert process.exitcode is not None
    return Left(process.exitcode, tuple(stored))


def count(portfolio: Portfolio, instants: Sequence[datetime]) -> Counter[str]:
    """Run over these instants to the end, and give how often each stage is reached."""
    portfolio.write()
    hears, says = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_count, args=(portfolio.config, _own(portfolio), Job(tuple(instants)), says))
    process.start()
    says.close()
    reached: Counter[str] = hears.recv()
    process.join()
    assert process.exitcode == 0
    return reached


def _own(portfolio: Portfolio) -> dict[str, str]:
    own = {"PORTFOLIO_DATA": "data", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
    return {name: str(portfolio.folder / folder) for name, folder in own.items()}


def _take(config: Path, own: Mapping[str, str], job: Job, death: Death | None, says: Connection) -> None:
    os.environ.update(own)
    settings = load(datetime.now(UTC), config)
    if death is not None:
        lie_in_wait(death.stage, death.number)

    def stored(taken: Taken) -> None:
        says.send(taken.plan.as_of)

    try:
        take_history(settings, job, Watch(stored=stored))
    except PortfolioError:
        sys.exit(REFUSED)


def _count(config: Path, own: Mapping[str, str], job: Job, says: Connection) -> None:
    os.environ.update(own)
    reached: Counter[str] = Counter()
    count_stages(reached)
    take_history(load(datetime.now(UTC), config), job)
    says.send(reached)
