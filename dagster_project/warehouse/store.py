"""The store of one mode: take the lock, open, save, close, publish. Everything that writes to it goes through here.

What is written is save.py, which schema it has is schema.py; readers open the published file with ask.py.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.errors import DiskError, ForeignStoreError
from dagster_project.flows import Flows
from dagster_project.model import Account, Cell, Layer, Outcome, Plan, Rule, utc
from dagster_project.slices import Slice
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.flows import replace_flows
from dagster_project.warehouse.frame import FrameWriter
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.publish import publish
from dagster_project.warehouse.references import Finish, References
from dagster_project.warehouse.save import Saved, Saver
from dagster_project.warehouse.schema import prepare

PUBLISH_EVERY_SECONDS = 30.0
"""Within a run; publishing copies the whole file (1 GiB in 0.8 s measured)."""

Key = tuple[datetime, str, str]
"""A pull: instant, provider and pull key."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a range of instants: how pulls and their cells ended, and which raw streams are stored.

    A cell may be covered by several pulls, each for a part of its assets; a pull may cover none.
    """

    pulls: dict[Key, Outcome]
    cells: dict[tuple[Key, Cell], Outcome]
    attempts: frozenset[Key]


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

    @contextmanager
    def _session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with exclusive(self._lock, self._wait_seconds):
            if not self._store.exists():
                self._make()
            with self._open() as connection:
                yield connection

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the store, which is locked and there, brought to this version."""
        with writing(self._store) as connection:
            try:
                prepare(connection, self._mode, datetime.now(UTC))
            except ForeignStoreError as error:
                raise ForeignStoreError(f"{self._store}: {error}") from error
            yield connection

    def _make(self) -> None:
        """Make a store whole under another name first: one that was half made could never be opened again."""
        new = self._store.with_name(f".{self._store.name}.new")
        log = new.with_name(f"{new.name}.wal")
        try:
            with writing(new) as connection:
                prepare(connection, self._mode, datetime.now(UTC))
            if log.exists():
                raise DiskError(f"{self._store}: a new store cannot be written whole; free space, then run again")
            new.replace(self._store)
        finally:
            new.unlink(missing_ok=True)
            log.unlink(missing_ok=True)

    @property
    def _lock(self) -> Path:
        return self._store.with_name(f"{self._store.name}.lock")

    def save(self, taken: Iterable[tuple[Plan, Sequence[Slice]]], finish: Finish = _as_it_is) -> list[Saved]:
        """Write instant by instant, each in a transaction of its own; what is written stays if a later one fails.

        `finish` completes the slices of an instant by what the store knows.

        Raises:
            PortfolioError: the store is busy, foreign or damaged, or the disk refused.
        """
        saved: list[Saved] = []
        with self._session() as connection:
            saver = Saver(connection, finish)
            saved.extend(saver.save(plan, slices) for plan, slices in taken)
        return saved

    def heed(self, accounts: tuple[Account, ...], rules: tuple[Rule, ...]) -> None:
        """Let the store know what the settings say of accounts and assets, though no snapshot may be due."""
        with self._session() as connection:
            connection.begin()
            FrameWriter(connection).heed(accounts, rules)
            connection.commit()

    def replace_flows(self, flows: Flows, accounts: tuple[Account, ...], rules: tuple[Rule, ...]) -> int:
        """Let the store know these flows in place of those it knew of their accounts, and what the settings say.

        All of it in one transaction. Gives how many flows went.

        Raises:
            PortfolioError: the store is busy, foreign or damaged, or the disk refused; nothing is changed then.
        """
        with self._session() as connection:
            connection.begin()
            FrameWriter(connection).heed(accounts, rules)
            gone = replace_flows(connection, flows)
            connection.commit()
        return gone

    def known(self, since: datetime, until: datetime) -> Known:
        """Tell what is stored from `since` to `until`, both inclusive."""
        span = [utc(since), utc(until)]
        pulls = "select as_of, provider, pull_key, outcome from pull where as_of between ? and ?"
        attempts = "select as_of, provider, attempt_id from attempt where as_of between ? and ?"
        with self._session() as connection:
            asked = {
                (as_of.replace(tzinfo=UTC), provider, pull_key): Outcome(outcome)
                for as_of, provider, pull_key, outcome in connection.execute(pulls, span).fetchall()
            }
            recorded = {
                ((as_of.replace(tzinfo=UTC), provider, pull_key), Cell(account, chain, Layer(layer))): Outcome(outcome)
                for as_of, provider, pull_key, outcome, account, chain, layer in connection.execute(
                    sqlfiles.statement("cells"), span
                ).fetchall()
            }
            stored = {
                (as_of.replace(tzinfo=UTC), provider, attempt)
                for as_of, provider, attempt in connection.execute(attempts, span).fetchall()
            }
        return Known(asked, recorded, frozenset(stored))

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
        if not self._store.exists() or time.monotonic() - self._published_at < at_most_every:
            return False
        with exclusive(self._lock, self._wait_seconds):
            if _written_at(self._published) >= _written_at(self._store):
                return False
            with self._open() as connection:
                derive(connection)
            publish(self._store, self._published)
        self._published_at = time.monotonic()
        return True


def _written_at(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0
