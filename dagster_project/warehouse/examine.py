"""Look through a store to its end, and say what it says of itself: done before it is replaced by a rebuilt one."""

from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Begun
from dagster_project.warehouse.compare import name_of, sums, tables_of
from dagster_project.warehouse.damaged import REBUILD, named


@dataclass(frozen=True, slots=True)
class Before:
    """What a store says of itself: whose history it holds, and which attempts (provider, attempt id) are in it."""

    begun: Begun
    attempts: frozenset[tuple[str, str]]


def look_through(connection: duckdb.DuckDBPyConnection, path: Path) -> Before:
    """Read every table of the store; raises BadStoreError where that cannot be done to the end."""
    try:
        name = name_of(connection)
        for table, columns in tables_of(connection, name).items():
            sums(connection, name, table, columns)
        mode, portfolio_id, created_at = connection.execute(
            "select mode, portfolio_id, created_at from store"
        ).fetchall()[0]
        attempts = frozenset(connection.execute("select provider, attempt_id from attempt").fetchall())
    except duckdb.Error as error:
        raise named(path, error, REBUILD) from error
    return Before(Begun(portfolio_id, mode, created_at.replace(tzinfo=UTC)), attempts)
