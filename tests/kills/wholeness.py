"""What must hold of a portfolio's files, whatever happened to a run: nothing torn, nothing lost, nothing left lying.

Histories are compared row for row by DuckDB itself, in plain SQL; clocks and names of attempts aside.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dagster_project.archive.journal import NAME as JOURNAL
from dagster_project.warehouse.claims import check_claims

OF_THE_ATTEMPT = frozenset({"attempt_id", "elapsed_ms", "request_id", "recorded_at", "superseded_at", "taken_at"})
"""Columns that say when and by which attempt a row came; two runs never agree on them."""

NO_HISTORY = frozenset({"store", "attempt"})
"""Tables that say whose store it is and which attempts there were."""


@contextmanager
def both(expected: Path, found: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open both published files side by side, as `expected` and `found`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{expected}' as expected (read_only)")
        connection.execute(f"attach '{found}' as found (read_only)")
        yield connection


def columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Give the columns to compare of every table of a history."""
    rows = connection.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "semi join duckdb_tables() using (database_name, table_name) where database_name = 'expected' group by all"
    ).fetchall()
    return {
        table: [name for name in names if name not in OF_THE_ATTEMPT]
        for table, names in rows
        if table not in NO_HISTORY
    }


def differences(
    expected: Path, found: Path, where: str = "true", tables: Iterable[str] = (), also: Collection[str] = ()
) -> list[str]:
    """Say which rows that meet `where` stand in one history and not in the other; of `tables` only, or of all.

    Columns in `also` are left out too.
    """
    told = []
    with both(expected, found) as connection:
        for table, all_names in sorted(columns(connection).items()):
            if tables and table not in tables:
                continue
            names = [name for name in all_names if name not in also]
            chosen = ", ".join(names)
            lost, strange = (f"select {chosen} from {side}.{table} where {where}" for side in ("expected", "found"))
            for label, question in (
                ("lost", f"{lost} except all {strange}"),
                ("strange", f"{strange} except all {lost}"),
            ):
                if rows := connection.execute(question).fetchall():
                    row = dict(zip(names, rows[0], strict=True))
                    told.append(f"{table}: {len(rows)} rows {label}, such as {row}")
    return told


def torn(expected: Path, published: Path) -> list[str]:
    """Say what is not whole in a published file: each instant in it must be there as in the fault-free history."""
    with duckdb.connect(published, read_only=True) as connection:
        last = connection.execute("select max(as_of) from snapshot").fetchall()[0][0]
        taken = f"as_of in (select snapshot.as_of from found.snapshot) and as_of <= timestamp '{last}'"
        dated = connection.execute(
            "select distinct table_name from duckdb_columns() where column_name = 'as_of' "
            "and table_name in (select table_name from duckdb_tables())"
        ).fetchall()
    broken = [f"{one.name} is broken" for one in check_claims(published) if not one.holds]
    tables = {name for (name,) in dated} - NO_HISTORY
    return broken + (differences(expected, published, taken, tables) if last else [])


def instants_in(database: Path) -> set[datetime]:
    """Give the instants in a database that nobody has open, however it was left: a copy of it is opened."""
    if not database.exists():
        return set()
    with TemporaryDirectory() as folder:
        copy = Path(folder) / database.name
        shutil.copyfile(database, copy)
        log = database.with_name(f"{database.name}.wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(log.name))
        with duckdb.connect(copy) as connection:
            rows = connection.execute("select as_of from snapshot").fetchall()
    return {as_of.replace(tzinfo=UTC) for (as_of,) in rows}


def litter(root: Path) -> list[str]:
    """Name what lies in a mode's folder and does not belong to a history at rest."""
    kept = {"store.duckdb", "portfolio.duckdb", "report.html", "store.duckdb.lock", "live.lock", "rebuild.lock"}
    files = [path for path in root.rglob("*") if path.is_file()]
    return sorted(
        path.relative_to(root).as_posix()
        for path in files
        if path.name not in kept
        and not (path.is_relative_to(root / "raw") and (path.suffix in (".arrows", ".torn") or path.name == JOURNAL))
    )
