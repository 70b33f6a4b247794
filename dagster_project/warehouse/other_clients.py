"""Open the published file while other programs write to it: logs are set aside, behind a lock a copy is read.

A published file is closed before it is put in place, so a write-ahead log beside it is never ours. It may belong to
the file of before: DuckDB refuses such a log, or takes it for one of this file (measured). It is renamed and kept.
"""

import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import duckdb

from dagster_project.errors import DiskError, StoreBusyError

T = TypeVar("T")

_TRIES = 5

_HEAD_BYTES = 3 * 4096
"""Of a DuckDB file: its version, and twice how often it was checkpointed and where its content lies then."""

log = logging.getLogger(__name__)


def log_of(path: Path) -> Path:
    """Give the place of a database's write-ahead log."""
    return path.with_name(f"{path.name}.wal")


def head_of(path: Path) -> bytes | None:
    """Give the head of a database that this process has not open; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return None


def is_locked(error: duckdb.Error) -> bool:
    """Tell whether another program has the file open to write."""
    return "Could not set lock" in str(error)


def set_aside(published: Path) -> Path | None:
    """Rename the log that another program left beside the published file; gives its new name, None where there is none.

    Raises:
        OSError: the folder cannot be written.
    """
    found = log_of(published)
    if not found.exists():
        return None
    aside = found.with_name(f"{found.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z")
    try:
        found.replace(aside)
    except FileNotFoundError:  # its program has ended meanwhile, or another reader was quicker
        return None
    return aside


def opened(published: Path, opens: Callable[[Path], T]) -> T:
    """Give what `opens` makes of the published file, or of a private copy where another program holds the file.

    `opens` is called again where a log appears meanwhile. The copy has no name any more once it is open.

    Raises:
        duckdb.Error: `opens` failed, and no other program is the reason.
        StoreBusyError: another program writes to the file all the time.
        DiskError: the copy cannot be written.
    """
    for _ in range(_TRIES):
        try:
            aside = set_aside(published)
        except OSError:  # a folder that may only be read
            return _of_a_copy(published, opens, is_held=False)
        try:
            made = opens(published)
        except duckdb.Error as error:
            if is_locked(error):
                if aside is not None and not log_of(published).exists():
                    aside.replace(log_of(published))  # of the program that holds the file
                return _of_a_copy(published, opens, is_held=True)
            if not log_of(published).exists():
                raise
            continue
        if aside is not None:
            words = "%s: another program opened it to write; what it wrote is kept as %s, and is no part of the history"
            log.warning(words, published, aside.name)
        return made
    return _of_a_copy(published, opens, is_held=True)


def _of_a_copy(published: Path, opens: Callable[[Path], T], *, is_held: bool) -> T:
    """Read a copy without log and lock; one that was torn while the other program wrote is made again."""
    _warn_of_copy(published)
    for left in reversed(range(_TRIES)):
        try:
            with TemporaryDirectory(prefix="portfolio-") as folder:
                copy = Path(folder) / published.name
                shutil.copyfile(published, copy)
                return opens(copy)
        except OSError as error:
            words = f"cannot be copied to be read beside a program that has it open to write ({error.strerror})"
            raise DiskError(f"{published}: {words}; close that program, or free space where TMPDIR lies") from error
        except duckdb.Error as error:
            if not left and not is_held:
                raise
            if not left:
                words = "another program has it open to write and changes it all the time"
                raise StoreBusyError(f"{published}: {words}; close that program, or publish it anew") from error
    raise AssertionError


@cache
def _warn_of_copy(published: Path) -> None:
    log.warning("%s: another program has it open to write; a copy is read, without what that program wrote", published)
