"""The store of one mode: take the lock, open, save, close, publish. Everything that writes to it goes through here.

What is written is save.py, which schema it has is schema.py; readers open the published file with ask.py.
"""

import logging
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Begun, Heeded, Imported, Journal, Told
from dagster_project.closings.record import Closing
from dagster_project.errors import DiskError, ForeignStoreError, UsageError
from dagster_project.flows import Flows
from dagster_project.model import Plan
from dagster_project.slices import Slice
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.closings import Wish, adopt, close
from dagster_project.warehouse.compact import Compacted, compact
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.examine import Before, look_through
from dagster_project.warehouse.flows import replace_flows
from dagster_project.warehouse.frame import FrameWriter
from dagster_project.warehouse.known import Known, look_up
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.migrate import Migration, is_older, migrate
from dagster_project.warehouse.publish import publish
from dagster_project.warehouse.references import Finish, References
from dagster_project.warehouse.save import Saved, Saver
from dagster_project.warehouse.schema import new_portfolio_id, prepare
from dagster_project.warehouse.template import make_empty
from dagster_project.warehouse.whose import refuse_strangers

PUBLISH_EVERY_SECONDS = 30.0
"""Within a run; publishing copies the whole file (1 GiB in 0.8 s measured)."""

log = logging.getLogger(__name__)


def _as_it_is(slices: Sequence[Slice], _: References) -> list[Slice]:
    return list(slices)


class Store:
    """One mode's store; short sessions, so that other runs get their turn in between."""

    def __init__(self, store: Path, published: Path, mode: str, wait_seconds: float = 600) -> None:
        """Prepare; nothing is opened. `wait_seconds` is how long to wait for another writer."""
        self._store = store
        self._published = published
        self._mode = mode
        self._wait_seconds = wait_seconds
        self._published_at = float("-inf")
        self._is_of_this_schema = False
        self._journal = Journal(store.with_name("raw"))

    @property
    def is_there(self) -> bool:
        """Tell whether the store was made, by whomever."""
        return self._store.exists()

    @contextmanager
    def _session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with exclusive(self._lock, self._wait_seconds):
            if not self.is_there:
                self._make()
                self._is_of_this_schema = True
            with self._open(migrates=True) as connection:
                yield connection

    @contextmanager
    def _open(self, *, migrates: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the store, which is locked and there, brought to this version; `migrates` an older schema on a copy."""
        with ExitStack() as stack:
            connection = stack.enter_context(writing(self._store))
            if migrates and not self._is_of_this_schema:
                if is_older(connection, self._store, self._mode):
                    stack.close()
                    self._migrate()
                    connection = stack.enter_context(writing(self._store))
                self._is_of_this_schema = True
            try:
                prepare(connection, self._mode, datetime.now(UTC))
            except ForeignStoreError as error:
                raise ForeignStoreError(f"{self._store}: {error}") from error
            yield connection

    def _migrate(self) -> None:
        """Migrate the closed store on a copy, and log where the old one is kept."""
        if (done := migrate(self._store, self._mode, datetime.now(UTC))) is not None:
            words = "%s: migrated from schema %s to %s; the old store is kept as %s"
            log.warning(words, self._store, done.from_schema, done.to_schema, done.kept)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other writer away, without opening anything."""
        with exclusive(self._lock, self._wait_seconds):
            yield

    def examine(self) -> Before | None:
        """Look whether all of it can be read, and say what it says of itself; None where there is no store.

        Raises:
            BadStoreError: it is damaged.
            PortfolioError: the store is busy or foreign.
        """
        with self.held():
            if not self.is_there:
                return None
            with self._open() as connection:
                return look_through(connection, self._store)

    def copy(self, target: Path) -> tuple[Told, bool]:
        """Put a copy of the store, which is there, at `target`; where it is not published, with what follows from it.

        Gives what the journal said at that moment, and whether the store was published as it is.
        """
        with self.held():
            is_published = _written_at(self._published) >= _written_at(self._store)
            with self._open():
                pass  # a log that a killed run left behind is taken in
            shutil.copyfile(self._store, target)
            told = self._journal.read()
        if not is_published:
            with writing(target) as connection:
                derive(connection)
        return told, is_published

    def compact(self) -> Compacted:
        """Write the store anew, sorted and without gaps, let it take the place of the old one, and publish it.

        Raises:
            BadStoreError: it holds what this program did not make, or the new one is not equal; nothing is changed.
            PortfolioError: the store is busy or foreign, or the disk refused.
        """
        with self.held():
            with self._open() as connection:
                derive(connection)
            done = compact(self._store, self._mode)
            publish(self._store, self._published)  # as it is: what follows from it was made before
        return done

    def _make(self) -> None:
        """Make a store whole under another name first: one that was half made could never be opened again."""
        new = self._store.with_name(f".{self._store.name}.new")
        log = new.with_name(f"{new.name}.wal")
        begun = self._begun()
        try:
            make_empty(new, begun)
            if log.exists():
                raise DiskError(f"{self._store}: a new store cannot be written whole; free space, then run again")
            new.replace(self._store)
        finally:
            new.unlink(missing_ok=True)
            log.unlink(missing_ok=True)

    def _begun(self) -> Begun:
        """Give whose history it is: that of the journal, where the store is gone and its raw answers are not."""
        told = self._journal.read()
        if told.begun and told.begun.mode == self._mode:
            return told.begun
        begun = Begun(new_portfolio_id(), self._mode, datetime.now(UTC))
        if not told.is_there:
            self._journal.note(begun)
        return begun

    @property
    def _lock(self) -> Path:
        return self._store.with_name(f"{self._store.name}.lock")

    def save(
        self, taken: Iterable[tuple[Plan, Sequence[Slice]]], finish: Finish = _as_it_is, *, is_second: bool = False
    ) -> list[Saved]:
        """Write instant by instant, each in a transaction of its own; what is written stays if a later one fails.

        `finish` completes the slices of an instant by what the store knows; `is_second` as for the `Saver`.

        Raises:
            PortfolioError: the store is busy, foreign or damaged, or the disk refused.
        """
        saved: list[Saved] = []
        with self._session() as connection:
            saver = Saver(connection, finish, self._journal.note)
            saved.extend(saver.save(plan.planned, slices, is_second=is_second) for plan, slices in taken)
        return saved

    def heed(self, settings: Heeded) -> None:
        """Let the store know what the settings say of accounts and assets, though no snapshot may be due.

        Raises:
            ForeignStoreError: it holds the history of another portfolio; nothing is changed then.
        """
        with self._session() as connection:
            refuse_strangers(connection, self._store, settings.accounts)
            connection.begin()
            FrameWriter(connection, self._journal.note).heed(settings)
            connection.commit()

    def replace_flows(self, flows: Flows, settings: Heeded, attempt_id: str) -> int:
        """Let the store know these flows in place of those it knew of their accounts, and what the settings say.

        All of it in one transaction; `attempt_id` names the stream that keeps their file. Gives how many flows went.

        Raises:
            PortfolioError: the store is busy, foreign or damaged, or the disk refused; nothing is changed then.
        """
        with self._session() as connection:
            refuse_strangers(connection, self._store, settings.accounts)
            connection.begin()
            FrameWriter(connection, self._journal.note).heed(settings)
            gone = replace_flows(connection, flows)
            self._journal.note(Imported(attempt_id))
            connection.commit()
        return gone

    def migrate(self, *, only_try: bool) -> Migration | None:
        """Migrate a store of an older schema after every claim was asked of the copy; None where none is older.

        Raises:
            PortfolioError: the store is busy, foreign, newer or damaged, or the disk refused; it is as it was then.
        """
        with exclusive(self._lock, self._wait_seconds):
            if not self.is_there:
                return None
            return migrate(self._store, self._mode, datetime.now(UTC), only_try=only_try, judge=True)

    @property
    def closings(self) -> Path:
        """The folder of closed periods, one file each, beside the published file."""
        return self._published.with_name("closings")

    def close(self, wish: Wish, now: datetime) -> Closing:
        """Lock the numbers of a period as they are known now.

        Raises:
            UsageError: it cannot be closed; nothing is changed then.
            PortfolioError: the store is busy, foreign or damaged, or the disk refused.
        """
        if not self.is_there:
            raise UsageError(f"{self._store}: nothing is recorded yet; take a snapshot first (`portfolio snapshot`)")
        with self._session() as connection:
            adopt(connection, self.closings)
            derive(connection)
            return close(connection, wish, self.closings, now)

    def known(self, since: datetime, until: datetime) -> Known:
        """Tell what is stored from `since` to `until`, both inclusive."""
        with self._session() as connection:
            return look_up(connection, since, until)

    def series(self, span: dict[str, object]) -> list[tuple[object, ...]]:
        """Give the series pulls that were answered within `span`, the parameters of sql/store/series.sql."""
        with self._session() as connection:
            return connection.execute(sqlfiles.statement("series"), span).fetchall()

    def tokens(self) -> dict[str, int | None]:
        """Give every token that some answer holds, by CAIP-19 type, with its decimals where they are known."""
        with self._session() as connection:
            return dict(connection.execute(sqlfiles.statement("known")).fetchall())

    def anchors(self) -> dict[str, list[tuple[int, int]]]:
        """Give blocks whose time is known, by chain, as (Unix seconds, number)."""
        found: dict[str, list[tuple[int, int]]] = {}
        with self._session() as connection:
            for chain_id, seconds, number in connection.execute(sqlfiles.statement("anchors")).fetchall():
                found.setdefault(chain_id, []).append((seconds, number))
        return found

    def publish(self, *, at_most_every: float = 0.0) -> bool:
        """Publish what is newer than the published file, at most once in so many seconds; tell whether it was done.

        Raises:
            PortfolioError: the store is busy or was not closed, or the disk refused.
        """
        if not self.is_there or time.monotonic() - self._published_at < at_most_every:
            return False
        with exclusive(self._lock, self._wait_seconds):
            if _written_at(self._published) >= _written_at(self._store):
                return False
            with self._open(migrates=True) as connection:
                adopt(connection, self.closings)
                derive(connection)
            publish(self._store, self._published)
        self._published_at = time.monotonic()
        return True


def _written_at(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0
