"""How long work shows that it goes on: a bar where a terminal is there, plain lines otherwise, on standard error.

What is taken is snapshot/; this only listens.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dagster_project.faces.cli.pace import Pace
from dagster_project.model import format_as_of
from dagster_project.snapshot.history import Watch
from dagster_project.snapshot.taken import Taken


@contextmanager
def progress(instants: int) -> Iterator[tuple[Watch, list[Taken]]]:
    """Watch a run over so many instants; gives the watch, and the list of what was taken as it grows."""
    taken: list[Taken] = []
    if sys.stderr.isatty() and instants > 1:
        from rich.console import Console  # noqa: PLC0415 - likewise
        from rich.progress import Progress  # noqa: PLC0415 - only a terminal pays for it

        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("snapshots", total=instants)

            def advance(one: Taken) -> None:
                taken.append(one)
                bar.update(task, advance=1, description=format_as_of(one.plan.as_of))
                if not one.is_complete:
                    bar.console.print(one.words(), highlight=False, markup=False)

            yield Watch(stored=advance), taken
        return
    pace = Pace()

    def say(one: Taken) -> None:
        taken.append(one)
        if not one.is_complete or (instants > 1 and pace.is_due):
            pace.say(f"{len(taken)}/{instants}  {one.words()}")

    yield Watch(stored=say), taken
