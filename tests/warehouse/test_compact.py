"""Promises of compacting: sorted and smaller, equal row for row, with all that makes it a store, or left untouched."""

import re
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import BadStoreError
from dagster_project.warehouse.compact import compact
from dagster_project.warehouse.store import Store
from tests.earlier_schema import undone
from tests.portfolio import Portfolio
from tests.snapshot.lived import contents, of_two_accounts, unequal

SHAPES = (
    "select view_name, comment, sql from duckdb_views() where not internal order by all",
    "select function_name, comment, macro_definition from duckdb_functions() where not internal order by all",
    "select table_name, comment, sql from duckdb_tables() order by all",
    "select table_name, column_name, comment from duckdb_columns() where not internal order by all",
)


@pytest.fixture
def kept(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of days out of order, whose slices were replaced again and again."""
    of_two_accounts(portfolio, "credmark").have(3, 0, 2, 1)
    for number in range(4):
        fault = "empty_positions" if number % 2 == 0 else None
        if fault:
            portfolio.simulator.order(fault, dialect="credmark")
        portfolio.have(0, 1, again=True)
        portfolio.simulator.clear_faults()
    return portfolio


def shapes(path: Path) -> list[list[tuple[object, ...]]]:
    """Views, macros, tables and columns with their comments; DuckDB tells the columns of an EXCLUDE in any order."""
    with duckdb.connect(path, read_only=True) as connection:
        found = [connection.execute(shape).fetchall() for shape in SHAPES]
    return [[(*row[:-1], sorted(re.split(r"[\s,()]+", str(row[-1])))) for row in rows] for rows in found]


def storage_version(path: Path) -> object:
    """Which clients can read the file."""
    with duckdb.connect(path, read_only=True) as connection:
        query = "select tags['storage_version'] from duckdb_databases() where not internal"
        return connection.execute(query).fetchall()[0][0]


@pytest.mark.every
def test_a_compacted_store_is_the_same_sorted(kept: Portfolio) -> None:
    """Every row, comment, view and macro, identity and storage version are there again, and accounts lie together."""
    rows, shape, version = contents(kept.store), shapes(kept.store), storage_version(kept.store)
    kept.write()
    done = kept.command("compact")
    assert done.returncode == 0, done.stderr
    assert "equal by count and checksum" in done.stdout
    assert unequal(rows, contents(kept.store)) == {}
    assert kept.published.read_bytes() == kept.store.read_bytes()
    assert (shapes(kept.store), storage_version(kept.store)) == (shape, version)
    with duckdb.connect(kept.store, read_only=True) as connection:
        for table in ("balance", "cell", "cell_superseded"):
            stored = connection.execute(f"select account_id, as_of from {table} order by rowid").fetchall()
            assert stored == sorted(stored)
            assert stored
    assert [path.name for path in kept.store.parent.glob(".*")] == []
    kept.take(4)
    assert kept.query("select count(*) from snapshot").rows == [(5,)]


@pytest.mark.every
def test_what_an_earlier_version_made_is_no_hindrance(kept: Portfolio) -> None:
    """A macro of an earlier version, which this one has no more, is gone after the upgrade, and compacting goes on."""
    kept.change_store(
        *undone(),
        "alter table closing drop column period_rule",
        "create macro spacing_meant(every) as every",
        "update store set schema_version = 4",
    )
    kept.take(4)
    rows = contents(kept.store)
    Store(kept.store, kept.published, "simulated").compact()
    assert unequal(rows, contents(kept.store)) == {}
    assert kept.query("select 1 from duckdb_functions() where function_name = 'spacing_meant'").rows == []


@pytest.mark.every
def test_what_is_not_ours_is_refused(kept: Portfolio) -> None:
    """A store that holds a table of somebody else is left as it is, and the table is named."""
    kept.change_store("create table notes as select 1 as one")
    was = contents(kept.store)
    with pytest.raises(BadStoreError, match="notes"):
        Store(kept.store, kept.published, "simulated").compact()
    assert contents(kept.store) == was
    assert was["notes"] == [(1,)]


def test_a_copy_that_is_not_equal_never_counts(kept: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one row comes out otherwise the store stays what it was, and nothing is left beside it."""
    was = kept.store.read_bytes()
    monkeypatch.setattr("dagster_project.warehouse.compact._copy", _all_but_one)
    with pytest.raises(BadStoreError, match="came out otherwise"):
        compact(kept.store, "simulated")
    assert kept.store.read_bytes() == was
    assert [path.name for path in kept.store.parent.glob(".*")] == []


def _all_but_one(table: str, columns: list[str]) -> str:
    named = ", ".join(columns)
    rest = " offset 1" if table == "balance" else ""
    return f"insert into {table} ({named}) select {named} from uncompacted.{table}{rest}"
