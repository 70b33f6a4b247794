"""Work in a process of its own that stands still where it tells how far it is, and is killed right there.

So the kill comes on the way at any speed of the machine. What must hold afterwards stands in the tests.
"""

import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from dagster_project.settings.load import load
from dagster_project.snapshot.rebuild import rebuild
from tests.kills.victim import PROCESSES

Told = Callable[..., None]


def kill_midway(number: int, work: Callable[[Told], object]) -> None:
    """Begin the work in a process of its own, and kill it where it tells the how many-th time how far it is."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_begin, args=(number, work, theirs))
    process.start()
    theirs.close()
    with ours:
        try:
            ours.recv()
        except EOFError as error:
            raise AssertionError(f"it came to its end without telling {number} times how far it is") from error
        finally:
            process.kill()
            process.join()
    assert process.exitcode == -signal.SIGKILL


def rebuild_in(environment: Mapping[str, str], told: Told) -> None:
    """Rebuild the store of the portfolio that an environment names."""
    os.environ.update(environment)
    now = datetime.now(UTC)
    rebuild(load(now, Path(environment["PORTFOLIO_CONFIG"])), now, told, discard_old=False)


def _begin(number: int, work: Callable[[Told], object], theirs: Connection) -> None:
    times = 0

    def told(*_: object) -> None:
        nonlocal times
        times += 1
        if times == number:
            theirs.send("here")
            theirs.recv()  # never comes; it raises where the test itself is gone, so that nobody is left behind

    work(told)
