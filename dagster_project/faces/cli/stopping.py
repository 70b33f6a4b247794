"""What the command says when a run was told to stop by Ctrl-C or SIGTERM, and with which code it ends.

How the run itself ends in order is snapshot/stopping.py.
"""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from dagster_project.snapshot.taken import Taken


@contextmanager
def stoppable(taken: Sequence[Taken]) -> Iterator[None]:
    """Say how to go on when what runs here is stopped; the exit code is 128 and the signal's number."""
    stopped_by = signal.SIGINT

    def as_interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped_by
        stopped_by = signal.Signals(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, as_interrupt)
    try:
        yield
    except KeyboardInterrupt:
        kept = "what is stored is published, what else was answered is kept; the same command goes on from there"
        click.echo(f"stopped by {stopped_by.name} after {len(taken)} instants; {kept}", err=True)
        sys.exit(128 + stopped_by)
    finally:
        signal.signal(signal.SIGTERM, before)
