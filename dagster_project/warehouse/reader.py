"""A published file that is kept open by a server: the newest version for each question, its own for one under way.

What may be asked and how is ask.py; how a file is opened is connect.py.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.errors import StoreBusyError
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import keep_open, told_of
from dagster_project.warehouse.damaged import PUBLISH, unreadable

PATIENCE_SECONDS = 30.0
"""How long the questions of one request may take together; whoever needs more is asking for too much at once."""

_TRIES = 5

_Identity = tuple[int, int, int, int]


@dataclass(eq=False)
class Opened:
    """One version of the published file, open for as long as somebody asks it.

    `version_id` is another for each file that was published; `published_at` is when, in UTC.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    identity: _Identity
    version_id: str
    published_at: datetime
    users: int = field(default=0)

    @contextmanager
    def asking(self, patience: float = PATIENCE_SECONDS) -> Iterator[Asking]:
        """Ask this version, by one thread at a time; after so many seconds it is given up."""
        cursor = self.connection.cursor()
        try:
            cursor.execute("use published")
            asking = Asking(cursor)
            with told_of(self.path, cursor), asking.within(patience):
                yield asking
        finally:
            cursor.close()


class Reader:
    """Hands out the newest version of the file at a path; safe for any number of threads."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self.path = path
        self._lock = threading.Lock()
        self._newest: Opened | None = None

    def take(self) -> Opened:
        """Give the newest version, to be given back; one that is gone from the disk stays the newest.

        Raises:
            UsageError: nothing is published yet.
            BadStoreError: the file is damaged, or none of this program.
        """
        with self._lock:
            before = self._newest
            if before is None or _identity(self.path) not in (None, before.identity):
                self._newest = self._open()
                if before is not None:
                    _close_if_unused(before)
            newest = self._newest
            assert newest is not None  # noqa: S101 - said to the type checker: it is opened just above
            newest.users += 1
            return newest

    def give_back(self, opened: Opened) -> None:
        """Let go of a version; one that is not the newest is closed with its last user."""
        with self._lock:
            opened.users -= 1
            if opened is not self._newest:
                _close_if_unused(opened)

    @contextmanager
    def newest(self) -> Iterator[Opened]:
        """Take the newest version and give it back."""
        opened = self.take()
        try:
            yield opened
        finally:
            self.give_back(opened)

    def close(self) -> None:
        """Close what is open; only when nobody asks any more."""
        with self._lock:
            if self._newest is not None:
                self._newest.connection.close()
                self._newest = None

    def _open(self) -> Opened:
        for _ in range(_TRIES):
            before = _identity(self.path)
            connection = keep_open(self.path)
            if before is not None and before == _identity(self.path):
                return Opened(self.path, connection, before, *_described(self.path, connection, before))
            connection.close()  # published anew meanwhile: which of the two was opened is not known
        raise StoreBusyError(f"{self.path}: published anew while it was opened, {_TRIES} times; try again")


def _identity(path: Path) -> _Identity | None:
    """Tell one published file from another: each is a file of its own that was renamed here."""
    try:
        found = os.stat(path)  # noqa: PTH116 - the one call that every question pays for
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _described(path: Path, connection: duckdb.DuckDBPyConnection, identity: _Identity) -> tuple[str, datetime]:
    try:
        said = connection.execute("from published.store").fetchall()
    except duckdb.Error as error:
        connection.close()
        raise unreadable(path, error, PUBLISH) from error
    version_id = hashlib.sha256(repr((said, identity)).encode()).hexdigest()[:24]
    return version_id, datetime.fromtimestamp(identity[2] / 1e9, UTC)


def _close_if_unused(opened: Opened) -> None:
    if not opened.users:
        opened.connection.close()
