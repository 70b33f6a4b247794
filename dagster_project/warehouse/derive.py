"""Make what follows from the history as a whole: the record of every cell, and what changed from one to the next.

Done before publishing, so that questions read it instead of working it out. The definitions are sql/derived and
sql/store/changes.sql; nothing here is believed that the history does not say.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import duckdb

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import rolled_back
from dagster_project.warehouse.sqlfiles import SqlFile

Part = tuple[datetime, datetime]

AT_ONCE = 60
"""Instants whose changes are made together: memory is bounded by them, and not by the length of the history."""


_CHANGES = ("step_row", "claimed", "pool_leg", "growth", "accrual", "changes")
"""The statements of sql/store that make the changes of pending steps, in this order; docs/metrics.md has the rules."""

_CLASSIFY = "classified"
"""Compares the changes with known flows. Where a flow has a date alone, the changes of its whole day come first."""

_ADD_UP = "movements"


def derive(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring every derived table up to the history, in one transaction; changes are made only where a step differs."""
    connection.begin()
    try:
        connection.execute(sqlfiles.statement("before_deriving"))
        for table in sqlfiles.derived():
            if not _reads_movements(table):
                _make(connection, table)
        _make_changes(connection)
        for table in sqlfiles.derived():
            if _reads_movements(table):
                _make(connection, table)
        connection.commit()
    except BaseException:
        rolled_back(connection)
        raise


def _make_changes(connection: duckdb.DuckDBPyConnection) -> None:
    parts = list(_parts(connection.execute(sqlfiles.statement("pending")).fetchall()))
    asked = "select exists (from flowspan), exists (from flow where flow.is_date_only)"
    ((has_flows, has_dated),) = connection.execute(asked).fetchall()
    after_changes = (_CLASSIFY, _ADD_UP) if has_flows else (_ADD_UP,)
    for part in parts:
        _run(connection, part, ("take_pending", *_CHANGES, *(() if has_dated else after_changes)))
    if parts and has_dated:
        connection.execute(sqlfiles.statement("dated"))
        for part in parts:
            _run(connection, part, ("take_pending", *after_changes))


def _run(connection: duckdb.DuckDBPyConnection, part: Part, statements: Iterable[str]) -> None:
    _bound(connection, part)
    for statement in statements:
        connection.execute(sqlfiles.statement(statement))


def _reads_movements(table: SqlFile) -> bool:
    """Tell whether a table adds up what changed, so that it can be made only once changes are."""
    return " movement" in table.statement or " unexplained_exit" in table.statement


def _parts(pending: Sequence[tuple[datetime]]) -> Iterator[Part]:
    """Give the first and last instant of each part that is made together."""
    for start in range(0, len(pending), AT_ONCE):
        yield pending[start][0], pending[min(start + AT_ONCE, len(pending)) - 1][0]


def _bound(connection: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Name the first and last instant of a part to SQL."""
    connection.execute("set variable pending_since = ?", [part[0]])
    connection.execute("set variable pending_until = ?", [part[1]])


def _make(connection: duckdb.DuckDBPyConnection, table: SqlFile) -> None:
    if table.name == "price_point":
        for bounds in _parts(connection.execute(sqlfiles.statement("pending_points")).fetchall()):
            connection.execute(
                f"insert into price_point from ({table.statement}) as made where made.as_of between ? and ?"  # noqa: S608 - our own file
                " and made.as_of not in (select price_point.as_of from price_point)",
                bounds,
            )
        return
    connection.execute(f"delete from {table.name}")  # noqa: S608 - our own file's name
    connection.execute(f"insert into {table.name} {table.statement}")
