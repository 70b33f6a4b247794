"""Make what follows from the history as a whole: the record of every cell, and what changed from one to the next.

Done before publishing, so that questions read it instead of working it out. The definitions are sql/derived and
sql/store/changes.sql; nothing here is believed that the history does not say.
"""

from collections.abc import Iterator
from datetime import datetime

import duckdb

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.sqlfiles import SqlFile

AT_ONCE = 60
"""Instants whose changes are made together: memory is bounded by them, and not by the length of the history."""


def derive(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring every derived table up to the history, in one transaction; changes are made only where a step differs."""
    connection.begin()
    try:
        connection.execute(sqlfiles.statement("before_deriving"))
        for table in sqlfiles.derived():
            if not _reads_movements(table):
                _make(connection, table)
        for _ in _pending(connection, "pending"):
            connection.execute(sqlfiles.statement("take_pending"))
            for statement in ("changes", "classified", "movements"):
                connection.execute(sqlfiles.statement(statement))
        for table in sqlfiles.derived():
            if _reads_movements(table):
                _make(connection, table)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _reads_movements(table: SqlFile) -> bool:
    """Tell whether a table adds up what changed, so that it can be made only once changes are."""
    return " movement" in table.statement or " unexplained_exit" in table.statement


def _pending(connection: duckdb.DuckDBPyConnection, statement: str) -> Iterator[tuple[datetime, datetime]]:
    """Give the first and last instant of each part that is made together, and name them to SQL."""
    pending = connection.execute(sqlfiles.statement(statement)).fetchall()
    for start in range(0, len(pending), AT_ONCE):
        first, last = pending[start][0], pending[min(start + AT_ONCE, len(pending)) - 1][0]
        connection.execute("set variable pending_since = ?", [first])
        connection.execute("set variable pending_until = ?", [last])
        yield first, last


def _make(connection: duckdb.DuckDBPyConnection, table: SqlFile) -> None:
    if table.name == "price_point":
        for bounds in _pending(connection, "pending_points"):
            connection.execute(
                f"insert into price_point from ({table.statement}) as made where made.as_of between ? and ?"  # noqa: S608 - our own file
                " and made.as_of not in (select price_point.as_of from price_point)",
                bounds,
            )
        return
    connection.execute(f"delete from {table.name}")  # noqa: S608 - our own file's name
    connection.execute(f"insert into {table.name} {table.statement}")
