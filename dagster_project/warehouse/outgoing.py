"""Read the facts of the published file to write them elsewhere: month by month, each in one order whatever the file's.

Nothing is locked and nobody is waited for; what is read is one version of the file, though another be published
meanwhile. Which files the facts are written to is exchange/write.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.errors import BadStoreError, ForeignStoreError, StoreBusyError
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.compact import order_of
from dagster_project.warehouse.compare import Sums, name_of, sums
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.damaged import PUBLISH, named
from dagster_project.warehouse.facts import Fact, facts_at, facts_in, quoted

ROWS_AT_ONCE = 122_880
"""How many rows are handed on together: what DuckDB keeps together itself, and a row group of Parquet."""

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Version:
    """Which history it is, and which version of it: instants are UTC; `last_as_of` is None before the first."""

    portfolio_id: str
    mode: str
    schema_version: int
    made_at: datetime
    published_at: datetime
    snapshots: int
    last_as_of: datetime | None


class Outgoing:
    """One version of the published file, open to be read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, published_at: datetime) -> None:
        """Read through `connection` what was published at `published_at` (UTC)."""
        self._connection = connection
        self.version = _version(connection, path, published_at)
        known = {fact.name: fact for fact in facts_at(self.version.schema_version)}
        found = {fact.name: fact for fact in facts_in(connection)}
        odd = [name for name in known if found.get(name) != known[name]]
        if odd:
            words = f"{path}: it is not what schema {self.version.schema_version} says ({', '.join(odd)})"
            raise BadStoreError(f"{words}; publish it anew with `portfolio snapshot`")
        self.facts = tuple(known.values())
        self.left_out = sorted(found.keys() - known.keys())
        """Tables that no version of this program makes: somebody else's."""

    def months(self, fact: Fact) -> list[datetime]:
        """Give the first instant of every month that has rows of a fact; none where its rows belong to no month."""
        if not fact.is_monthly:
            return []
        query = f"select distinct date_trunc('month', as_of)::timestamp from {quoted(fact.name)} order by 1"  # noqa: S608 - quoted
        return [month for (month,) in self._connection.execute(query).fetchall()]

    def sums(self, fact: Fact) -> Sums:
        """Give the number of rows of a fact and two sums over them."""
        return sums(self._connection, name_of(self._connection), quoted(fact.name), fact.names)

    @contextmanager
    def rows(self, fact: Fact, month: datetime | None, expressions: list[str]) -> Iterator[pa.RecordBatchReader]:
        """Give what the expressions make of each row of a fact, in a month if one is named.

        An account's rows lie together, as in a compacted store, and equal facts come in the same order.
        """
        order = order_of([column.name for column in fact.columns])
        rest = [column.name for column in fact.columns if column.name not in order]
        sorting = ", ".join(quoted(name) for name in (*order, *rest))
        where = "" if month is None else " where date_trunc('month', as_of) = $month"
        query = f"select {', '.join(expressions)} from {quoted(fact.name)}{where} order by {sorting}"  # noqa: S608 - quoted
        with self._connection.cursor() as cursor:  # of its own: while rows are open, a connection takes no question
            relation = cursor.sql(query, params=None if month is None else {"month": month})
            yield relation.to_arrow_reader(ROWS_AT_ONCE)


@contextmanager
def outgoing(published: Path) -> Iterator[Outgoing]:
    """Open the published file to read all of its facts.

    Raises:
        UsageError: there is no such file yet.
        BadStoreError: it is damaged, or not what its schema says.
        ForeignStoreError: it was published by a newer program.
        StoreBusyError: it is published so often that no version can be named.
    """
    for _ in range(_TRIES):
        written = _written_at(published)
        with reading(published) as connection:
            if _written_at(published) != written:
                continue  # another version took its place just now: which one is open cannot be told
            try:
                yield Outgoing(connection, published, written)
            except duckdb.Error as error:
                raise named(published, error, PUBLISH) from error
            return
    raise StoreBusyError(f"{published}: it is published again and again; try again")


def _written_at(path: Path) -> datetime:
    """Tell when a file was written; the beginning of time where there is none, which whoever opens it says."""
    return datetime.fromtimestamp(path.stat().st_mtime if path.exists() else 0, UTC)


def _version(connection: duckdb.DuckDBPyConnection, path: Path, published_at: datetime) -> Version:
    identity = "select portfolio_id, mode, schema_version, created_at from store"
    ((portfolio_id, mode, schema_version, made_at),) = connection.execute(identity).fetchall()
    known = sqlfiles.migrations()[-1][0]
    if schema_version > known:
        words = f"{path}: of schema {schema_version}, this program knows {known}; use a newer program"
        raise ForeignStoreError(words)
    ((snapshots, last),) = connection.execute("select count(*), max(as_of) from snapshot").fetchall()
    last_as_of = None if last is None else last.replace(tzinfo=UTC)
    return Version(portfolio_id, mode, schema_version, made_at.replace(tzinfo=UTC), published_at, snapshots, last_as_of)
