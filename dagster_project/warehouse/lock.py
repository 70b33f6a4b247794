"""One writer at a time across all processes: flock on a side file, never on the database itself.

Opening and closing the database file beside a connection would drop DuckDB's own lock without a word.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dagster_project.errors import DiskError, StoreBusyError
from dagster_project.warehouse import machines

_POLL_SECONDS = 0.01


@contextmanager
def exclusive(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock file at `path`, made if need be; the kernel frees it when the process ends, however it ends.

    Raises:
        StoreBusyError: somebody else held it for all of `wait_seconds`, or another machine does.
        DiskError: the folder cannot be written.
    """
    with _opened(path) as file:
        deadline = time.monotonic() + wait_seconds
        while not _taken(file.fileno()):
            if time.monotonic() >= deadline:
                raise StoreBusyError(f"{path}: another run has been writing for {wait_seconds:.0f} s; try again later")
            time.sleep(_POLL_SECONDS)
        with _alone(path, file):
            yield


@contextmanager
def _alone(path: Path, file: BinaryIO) -> Iterator[None]:
    """Keep other machines away where the folder is shared with some; a local disk costs one look at the mounts."""
    if not machines.is_shared(path.parent):
        yield
        return
    machines.claim(path, file)
    try:
        yield
    finally:
        machines.release(file)


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` together with others that hold it so; never waits for them.

    Raises:
        DiskError: the folder cannot be written.
    """
    with _opened(path) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_held(path: Path) -> bool:
    """Tell whether somebody holds the lock file at `path`.

    Raises:
        DiskError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return not _taken(file.fileno())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); mend the folder, then run again") from error


def _opened(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+b")
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); mend the folder, then run again") from error


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
