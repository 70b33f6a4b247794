"""Sessions of one mode's store: take the lock, open it, bring it to today's schema, close it, publish it.

The operations of a session are in store.py, the decision to publish in publication.py.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Journal
from dagster_project.errors import ForeignStoreError, UsageError
from dagster_project.warehouse.begin import begin
from dagster_project.warehouse.closings import adopt
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.lost import refuse_to_begin
from dagster_project.warehouse.migrate import is_older, migrate
from dagster_project.warehouse.publication import Decision, decide, is_copy, note_seen
from dagster_project.warehouse.publish import publish
from dagster_project.warehouse.revision import Revision, note_published, revision_of
from dagster_project.warehouse.schema import prepare

log = logging.getLogger(__name__)


class Sessions:
    """Opens one mode's store for short, so that other runs get their turn in between."""

    def __init__(
        self, store: Path, published: Path, mode: str, wait_seconds: float = 600, *, is_read_only: bool = False
    ) -> None:
        """Open nothing yet; wait so long for other writers; `is_read_only` publishes what nobody may write to.

        The time since the last publication counts from now. Where nothing is published yet, the first save publishes.
        """
        self._store = store
        self._published = published
        self._mode = mode
        self._wait_seconds = wait_seconds
        self._is_read_only = is_read_only
        self._published_at = time.monotonic() if published.exists() else float("-inf")
        self._is_of_this_schema = False
        self._opened_as: Revision | None = None
        self._journal = Journal(store.with_name("raw"))

    @property
    def is_there(self) -> bool:
        """Tell whether there is a store."""
        return self._store.exists()

    def refuse_if_lost(self) -> None:
        """Refuse to go on where the store is gone that was there.

        Raises:
            LostStoreError: it is, with what proves it and the remedy.
        """
        refuse_to_begin(self._store, self._published)

    def _insist_on_one(self) -> None:
        if not self.is_there:
            self.refuse_if_lost()
            raise UsageError(f"{self._store}: nothing is recorded yet; take a snapshot first (`portfolio snapshot`)")

    @contextmanager
    def _session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._there(), self._open(migrates=True) as connection:
            yield connection

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Keep every other writer away, and make the store if it is new."""
        with self.held():
            if not self.is_there:
                begin(self._store, self._published, self._mode, self._journal)
            yield

    @contextmanager
    def _open(self, *, migrates: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:  # locked and there
        with ExitStack() as stack:
            connection = stack.enter_context(writing(self._store))
            self._opened_as = revision_of(connection)  # before it is migrated or gets other answers
            if migrates and not self._is_of_this_schema:
                if is_older(connection, self._store, self._mode):
                    stack.close()
                    self._migrate()
                    connection = stack.enter_context(writing(self._store))
                self._is_of_this_schema = True
            try:
                prepare(connection, self._mode, datetime.now(UTC), is_there=True)
            except ForeignStoreError as error:
                raise type(error)(f"{self._store}: {error}") from error
            yield connection

    def _migrate(self) -> None:
        if (done := migrate(self._store, self._mode, datetime.now(UTC))) is not None:
            words = f"migrated from schema {done.from_schema} to {done.to_schema}; the old store is kept as {done.kept}"
            log.warning("%s: %s", self._store, words)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other writer away, without opening anything."""
        with exclusive(self._lock, self._wait_seconds):
            yield

    @property
    def _lock(self) -> Path:
        return self._store.with_name(f"{self._store.name}.lock")

    @contextmanager
    def _opened_before_publishing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Revision | None]]:
        """Open it; where the published file is a copy of it as it was closed, give the revision of both too."""
        is_copied = is_copy(self._store, self._published)
        with self._open(migrates=True) as connection:
            yield connection, self._opened_as if is_copied else None

    def _decide(
        self, connection: duckdb.DuckDBPyConnection, of_before: Revision | None, *, replaces: bool = False
    ) -> Decision:
        adopt(connection, self.closings)
        decision = decide(connection, self._store, self._published, of_before=of_before, replaces=replaces)
        if decision.is_due:
            derive(connection)
            note_published(connection)
        return decision

    def _publish(self, decision: Decision) -> None:
        if decision.is_due:
            publish(self._store, self._published, decision.aside, is_read_only=self._is_read_only)
            self._published_at = time.monotonic()
        note_seen(self._store, self._published)

    @property
    def closings(self) -> Path:
        """The folder of closed periods, one file each, beside the published file."""
        return self._published.with_name("closings")
