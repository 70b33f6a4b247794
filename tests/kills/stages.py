"""The stages at which a run is killed, by name: a function of the product, and whether before, after or within it.

Nothing in the product knows of them: `lie_in_wait` puts a counter around the function in the process that is to die.
"""

import importlib
import inspect
import os
import resource
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

ROOM = "dagster_project"
Function = Callable[..., Any]


@dataclass(frozen=True)
class Stage:
    """A place in the run: `module:function` below the package; with `argument` only calls whose first one that is."""

    name: str
    place: str
    when: str = "before"
    argument: str | None = None


STAGES = (
    Stage("pull: a question goes out", "sources.http:Door.ask"),
    Stage("pull: an answer came and is not kept", "archive.stream:StreamWriter.append"),
    Stage("keep: the file of a stream is there and empty", "archive.stream:locked", "after"),
    Stage("keep: half of a batch is written", "archive.stream:write_at", "within"),
    Stage("keep: a batch reached the disk", "archive.stream:StreamWriter.sync", "after"),
    Stage("keep: the stream is ended and has no name yet", "archive.stream:rename"),
    Stage("keep: the stream has its name", "archive.stream:rename", "after"),
    Stage("normalise: a body is to be judged", "snapshot.take:judge"),
    Stage("normalise: the rows are made", "snapshot.take:_rows", "after"),
    Stage("store: settings are heeded", "warehouse.frame:FrameWriter.heed"),
    Stage("transaction: begun", "warehouse.save:Saver._save"),
    Stage("transaction: rows are inserted", "warehouse.frame:FrameWriter.write"),
    Stage("transaction: all is written and nothing committed", "warehouse.save:Saver._settle", "after"),
    Stage("transaction: the journal tells it and nothing is committed", "archive.journal:Journal.note", "after"),
    Stage("transaction: committed and the store is open", "warehouse.save:Saver.save", "after"),
    Stage("close: closed, and published where that was due", "warehouse.store:Store.save", "after"),
    Stage("derive: begun", "warehouse.sessions:derive"),
    Stage("derive: half done", "warehouse.sqlfiles:statement", "before", "pending"),
    Stage("derive: done and the store is open", "warehouse.sessions:derive", "after"),
    Stage("publish: begun", "warehouse.sessions:publish"),
    Stage("publish: half of the file is copied", "warehouse.publish:shutil.copyfile", "within"),
    Stage("publish: the copy is whole", "warehouse.publish:set_aside"),
    Stage("publish: a client's log is set aside", "warehouse.publish:set_aside", "after"),
    Stage("publish: the copy has its name", "warehouse.publish:sync_folder"),
    Stage("publish: done", "warehouse.sessions:publish", "after"),
)

AT_FIRST = (
    Stage("make: the tables are there", "warehouse.schema:_apply"),
    Stage("make: answers are there and nothing committed", "warehouse.schema:_apply", "after"),
    Stage("make: committed under another name", "warehouse.sessions:prepare", "after"),  # and at every session after it
    Stage("make: done", "warehouse.sessions:begin", "after"),
)
"""Stages that only the first run of a portfolio reaches."""

FULL = "write: a byte beyond the limit"
"""No function: the kernel ends the process in the midst of a write, of whoever it is, that makes a file too long."""

FAILS = "write: refused beyond the limit"
"""No death: the kernel refuses every write that makes a file too long, as a full disk does."""

BY_NAME = {one.name: one for one in (*STAGES, *AT_FIRST)}


def die() -> None:
    """End as kill -9 does: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def lie_in_wait(name: str, number: int) -> None:
    """Let this process die when the stage is reached for the so many-th time; FULL and FAILS take a limit in bytes."""
    if name in (FULL, FAILS):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if name == FULL else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return
    stage, reached = BY_NAME[name], Counter[str]()

    def arrived() -> bool:
        reached[name] += 1
        return reached[name] == number

    _interpose(stage, arrived)


def count_stages(reached: Counter[str]) -> None:
    """Count in `reached` how often each stage is reached, and let nothing die."""

    def noting(name: str) -> Callable[[], bool]:
        def note() -> bool:
            reached[name] += 1
            return False

        return note

    for one in BY_NAME.values():
        _interpose(one, noting(one.name))


def _interpose(stage: Stage, arrived: Callable[[], bool]) -> None:
    """Put a wrapper around the stage's function that dies once `arrived` says so."""
    module, _, path = stage.place.partition(":")
    owner: Any = importlib.import_module(f"{ROOM}.{module}")
    *owners, attribute = path.split(".")
    for one in owners:
        owner = getattr(owner, one)
    real: Function = getattr(owner, attribute)

    def is_meant(arguments: tuple[Any, ...]) -> bool:
        return (stage.argument is None or stage.argument in arguments) and arrived()

    def before(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - stands for any function
        if is_meant(arguments):
            die()
        return real(*arguments, **named)

    def within(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - stands for any function
        if is_meant(arguments):
            _do_half(*arguments)
            die()
        return real(*arguments, **named)

    def after(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - stands for any function
        given = real(*arguments, **named)
        if is_meant(arguments):
            die()
        return given

    wrapper = {"before": before, "within": within, "after": after}[stage.when]
    assert not (stage.when == "after" and inspect.iscoroutinefunction(real)), stage
    setattr(owner, attribute, wrapper)


def _do_half(target: Path | FileIO, *rest: Any) -> None:  # noqa: ANN401 - the arguments of a copy or of a write
    """Do half of a copy (from, to), or half of a write (file, place, content)."""
    if isinstance(target, Path):
        (copy,) = rest
        size = target.stat().st_size
        with target.open("rb") as source, Path(copy).open("wb") as half:
            shutil.copyfileobj(source, half)
            half.truncate(size // 2)
        return
    place, content = rest
    os.pwrite(target.fileno(), content[: len(content) // 2], place)
