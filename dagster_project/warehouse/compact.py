"""Write a store anew, sorted and without the gaps that replacing left; it counts once both were held to be equal.

An account's rows of a month lie together then, which is what questions scan. Only under the store's lock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.errors import BadStoreError
from dagster_project.warehouse.compare import attached, name_of, sums, tables_of
from dagster_project.warehouse.connect import rolled_back, writing
from dagster_project.warehouse.remake import put_in_place, remove
from dagster_project.warehouse.schema import prepare

_OLD = "uncompacted"
_SORTED_BY = (
    "account_hash", "account_id", "as_of", "provider", "pull_key", "chain_id", "layer", "position_id", "asset_id",
    "measure", "point_at",
)  # fmt: skip
_SHAPES = (
    "select view_name, comment from duckdb_views() where database_name = ? and not internal order by all",
    "select function_name, comment from duckdb_functions() where database_name = ? and not internal order by all",
    "select table_name, comment from duckdb_tables() where database_name = ? and not internal order by all",
    "select table_name, column_name, comment from duckdb_columns() where database_name = ? order by all",
)


@dataclass(frozen=True, slots=True)
class Compacted:
    """What came of it: sizes in bytes, and how many rows each table holds."""

    bytes_before: int
    bytes_after: int
    rows: dict[str, int]


def compact(store: Path, mode: str) -> Compacted:
    """Write the closed store anew and let it take the old one's place.

    Raises:
        BadStoreError: it holds what this program did not make, or the new one is not equal; nothing is changed.
        DiskError: the disk refused; nothing is changed.
    """
    new = store.with_name(f".{store.name}.compacted")
    before = store.stat().st_size
    remove(new)
    try:
        with writing(new) as connection:
            prepare(connection, mode, datetime.now(UTC))  # whose history it is comes over with everything else
            with attached(connection, store, _OLD):
                rows = _copied(connection, store)
        put_in_place(new, store, aside=None)
    finally:
        remove(new)
    return Compacted(before, store.stat().st_size, rows)


def _copied(connection: duckdb.DuckDBPyConnection, store: Path) -> dict[str, int]:
    new = name_of(connection)
    for shape in _SHAPES:
        made, found = (connection.execute(shape, [name]).fetchall() for name in (new, _OLD))
        if made != found:
            odd = ", ".join(sorted({str(row[0]) for row in {*map(tuple, made)} ^ {*map(tuple, found)}}))
            raise BadStoreError(
                f"{store}: it holds what this program did not make ({odd}); move that to a file of your own"
            )
    connection.begin()
    try:
        rows = _rows_copied(connection, store, new)
        connection.commit()
    except BaseException:
        rolled_back(connection)
        raise
    return rows


def _rows_copied(connection: duckdb.DuckDBPyConnection, store: Path, new: str) -> dict[str, int]:
    """Copy every table, and hold each copy against what it was made of."""
    rows = {}
    connection.execute("delete from store")
    for table, columns in tables_of(connection, _OLD).items():
        connection.execute(_copy(table, columns))
        told = sums(connection, _OLD, table, columns)
        if sums(connection, new, table, columns) != told:
            raise BadStoreError(f"{store}: {table} came out otherwise, so nothing is changed; run `portfolio verify`")
        rows[table] = told[0]
    return rows


def order_of(columns: Collection[str]) -> list[str]:
    """Give the columns that a month's rows of a table are sorted by; none where its rows belong to no instant."""
    return [name for name in _SORTED_BY if name in columns] if "as_of" in columns else []


def _copy(table: str, columns: list[str]) -> str:
    named = ", ".join(columns)
    order = order_of(columns)
    sorting = f" order by date_trunc('month', as_of), {', '.join(order)}" if order else ""
    return f"insert into {table} ({named}) select {named} from {_OLD}.{table}{sorting}"  # noqa: S608 - our own names
