"""Make what follows from the history as a whole: the record of every cell, and what changed from one to the next.

Done before publishing, so that questions read it instead of working it out. The definitions are sql/derived and
sql/store/changes.sql; nothing here is believed that the history does not say.
"""

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
        pending = connection.execute(sqlfiles.statement("pending")).fetchall()
        for start in range(0, len(pending), AT_ONCE):
            first, last = pending[start][0], pending[min(start + AT_ONCE, len(pending)) - 1][0]
            connection.execute("set variable pending_since = ?", [first])
            connection.execute("set variable pending_until = ?", [last])
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
    return " movement" in table.statement


def _make(connection: duckdb.DuckDBPyConnection, table: SqlFile) -> None:
    connection.execute(f"delete from {table.name}")  # noqa: S608 - our own file's name
    connection.execute(f"insert into {table.name} {table.statement}")
