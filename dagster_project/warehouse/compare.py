"""Hold two databases of the same schema against each other, table by table and row for row; nothing is changed.

Which of the two is right, and what is to be done about it, is the caller's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.errors import BadStoreError
from dagster_project.warehouse import revision, sqlfiles
from dagster_project.warehouse.connect import attach, writing
from dagster_project.warehouse.damaged import PUBLISH, named
from dagster_project.warehouse.other_clients import opened

Sums = tuple[int, int, int]
"""Number of rows, the sum of their hashes, and their exclusive or: those of parts make those of the whole."""

SINCE_READ_BY = "normaliser_version"
"""The one column that is another as soon as the code that reads is; counted apart, in `read_otherwise`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a table that only one of two stores has, of one provider where the table names one."""

    table: str
    provider: str | None
    first_as_of: datetime | None
    ours_only: int
    theirs_only: int

    @property
    def place(self) -> str:
        """The table, and of it the provider."""
        return self.table if self.provider is None else f"{self.table} of {self.provider}"


@dataclass(frozen=True, slots=True)
class ReadOtherwise:
    """How many pulls of a provider are read from the same answer by another version of the code now."""

    provider: str
    version_before: int
    version_now: int
    pulls: int


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> Iterator[None]:
    """Let the connection read the closed database at `path` under `name`."""
    attach(connection, path, name)
    try:
        yield
    finally:
        connection.execute(f"detach {name}")


@contextmanager
def attached_published(connection: duckdb.DuckDBPyConnection, published: Path, name: str) -> Iterator[None]:
    """Let the connection read a published file under `name`, whatever other programs do to it."""
    opened(published, lambda place: attach(connection, place, name))
    try:
        yield
    finally:
        connection.execute(f"detach {name}")


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Give the columns of every table of a database, by the table's name, both in the order of the alphabet."""
    query = "select table_name, column_name from duckdb_columns() where database_name = ? and not internal order by all"
    views = "select view_name from duckdb_views() where database_name = ?"
    seen_through = {name for (name,) in connection.execute(views, [database]).fetchall()}
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(query, [database]).fetchall():
        if table not in seen_through:
            tables.setdefault(table, []).append(column)
    return tables


def name_of(connection: duckdb.DuckDBPyConnection) -> str:
    """Give the name of the database that the connection was opened on."""
    return str(connection.execute("select current_database()").fetchall()[0][0])


def sums(connection: duckdb.DuckDBPyConnection, database: str, table: str, columns: list[str]) -> Sums:
    """Give the number of rows of a table and two sums over them, whatever their order; all 0 where there is none."""
    statement = sqlfiles.statement("sums").format(table=f'"{database}".{table}', columns=", ".join(columns))
    ((count, hash_sum, hash_xor),) = connection.execute(statement).fetchall()
    return (count, hash_sum, hash_xor) if count else (0, 0, 0)


def differences(connection: duckdb.DuckDBPyConnection, theirs: str) -> list[Difference]:
    """Give what the connection's own database and the one attached as `theirs` do not share."""
    ours = name_of(connection)
    own, other = tables_of(connection, ours), tables_of(connection, theirs)
    found = [Difference(table, None, None, 0, 0) for table in sorted(own.keys() ^ other.keys())]
    for table in own.keys() & other.keys():
        left_out = {SINCE_READ_BY, *revision.COLUMNS}
        columns = [name for name in own[table] if name in other[table] and name not in left_out]
        if sums(connection, ours, table, columns) != sums(connection, theirs, table, columns):
            statement = sqlfiles.statement("differing").format(
                ours=f'"{ours}".{table}',
                theirs=f'"{theirs}".{table}',
                columns=", ".join(columns),
                provider="provider" if "provider" in columns else "null",
                as_of="as_of" if "as_of" in columns else "null::timestamp",
            )
            found += [Difference(table, *row) for row in connection.execute(statement).fetchall()]
    return sorted(found, key=lambda one: (one.table, one.provider or ""))


def compare(ours: Path, theirs: Path) -> list[Difference]:
    """Give what a closed database and a published file do not share; `ours` is a copy of the caller's own.

    Raises:
        BadStoreError: one of them cannot be read to its end.
    """
    try:
        with writing(ours) as connection, attached_published(connection, theirs, "theirs"):
            return differences(connection, "theirs")
    except BadStoreError as error:  # `ours` was read to its end before
        raise BadStoreError(str(error).replace(str(ours), str(theirs))) from error
    except duckdb.Error as error:
        raise named(theirs, error, PUBLISH) from error


def read_otherwise(connection: duckdb.DuckDBPyConnection, theirs: str) -> list[ReadOtherwise]:
    """Give the pulls that the connection's own database read by another version than the one attached as `theirs`."""
    ours = name_of(connection)
    statement = sqlfiles.statement("read_otherwise").format(ours=f'"{ours}".pull', theirs=f'"{theirs}".pull')
    return [ReadOtherwise(*row) for row in connection.execute(statement).fetchall()]
