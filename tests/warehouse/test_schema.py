"""Promises of the store's schema: declared once, commented throughout, and nobody else's store is touched."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.errors import BadStoreError, ForeignStoreError
from dagster_project.tables import HISTORY, SUPERSEDED_AT, TABLES
from dagster_project.warehouse import schema, sqlfiles
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.store import Store

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DUCKDB_OF = {
    pa.string(): "VARCHAR",
    pa.timestamp("us"): "TIMESTAMP",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint64(): "UBIGINT",
    pa.decimal128(18, 6): "DECIMAL(18,6)",
    pa.decimal128(38, 6): "DECIMAL(38,6)",
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store that was just made."""
    path = tmp_path / "store.duckdb"
    with writing(path) as connection:
        schema.prepare(connection, "simulated", NOW)
    return path


def declared() -> dict[str, tuple[str, pa.Schema]]:
    """Give comment and schema of every table by name, with the twins that keep earlier beliefs."""
    tables = {table.name: (table.comment, table.schema) for table in TABLES}
    twins = {
        f"{table.name}_superseded": (
            f"One row of {table.name} as it was believed before a later answer.",
            table.schema.append(SUPERSEDED_AT),
        )
        for table in HISTORY
    }
    return tables | twins


def test_tables_are_as_declared(store: Path) -> None:
    """DuckDB's tables have the declared columns in order, with types, nullability and sentences."""
    query = """
        select column_name, data_type, is_nullable, comment from duckdb_columns()
        where table_name = ? order by column_index
    """
    with duckdb.connect(store) as connection:
        for name, (_, declaration) in declared().items():
            expected = [
                (
                    field.name,
                    "VARCHAR[]" if pa.types.is_list(field.type) else DUCKDB_OF[field.type],
                    field.nullable,
                    field.metadata[b"comment"].decode(),
                )
                for field in declaration
            ]
            assert connection.execute(query, [name]).fetchall() == expected, name


def test_every_table_is_declared(store: Path) -> None:
    """No table exists that neither tables.py nor sql/derived declares, but the row that says whose store it is."""
    with duckdb.connect(store) as connection:
        found = dict(connection.execute("select table_name, comment from duckdb_tables()").fetchall())
    assert found.pop("store") == "One row: whose history this file holds."
    derived = {file.name: file.sentence for file in sqlfiles.derived()}
    assert found == {name: comment for name, (comment, _) in declared().items()} | derived


def test_everything_is_explained(store: Path) -> None:
    """Every table, view, column and answer has a comment of at least five words."""
    with duckdb.connect(store) as connection:
        comments = connection.execute("""
            select table_name, comment from duckdb_tables()
            union all select view_name, comment from duckdb_views() where not internal
            union all select table_name || '.' || column_name, comment from duckdb_columns() where not internal
            union all select function_name, comment from duckdb_functions()
                where function_type = 'table_macro' and not internal
        """).fetchall()
    assert len(comments) > 150
    assert [name for name, comment in comments if comment is None or len(comment.split()) < 5] == []


def test_names_keep_the_law(store: Path) -> None:
    """Money ends in _usd, instants in _at or stand as as_of, booleans begin with is_, base units end in _raw."""
    with duckdb.connect(store) as connection:
        columns = connection.execute(
            "select distinct column_name, data_type from duckdb_columns() where not internal"
        ).fetchall()
    odd = [
        (name, kind)
        for name, kind in columns
        if (kind.startswith("DECIMAL") and not name.endswith("_usd"))
        or (kind == "TIMESTAMP" and not re.search(r"(_at|as_of|since|until)$", name))
        or ((kind == "BOOLEAN") != name.startswith("is_"))
        or (name.endswith("_raw") and kind != "VARCHAR")
    ]
    assert odd == []


def test_a_name_means_one_thing(store: Path) -> None:
    """The same column name has the same type wherever it stands, but for money booked singly and in sums."""
    with duckdb.connect(store) as connection:
        twice = connection.execute("""
            select column_name, list(distinct data_type) from duckdb_columns() where not internal
            group by column_name having count(distinct regexp_replace(data_type, 'DECIMAL.*', 'DECIMAL')) > 1
        """).fetchall()
    assert twice == []


def test_preparing_twice_changes_nothing(store: Path) -> None:
    """A store of this version is left as it is."""
    before = store.stat().st_mtime_ns
    with writing(store) as connection:
        schema.prepare(connection, "simulated", NOW)
    assert store.stat().st_mtime_ns == before


@pytest.mark.slow
def test_changed_answers_are_applied_again(store: Path) -> None:
    """A store whose views and answers are of another version gets today's."""
    with duckdb.connect(store) as connection:
        connection.execute("update store set sql_sha256 = 'older'")
        connection.execute("drop macro table value_chart")
    with writing(store) as connection:
        schema.prepare(connection, "simulated", NOW)
        assert connection.execute("from value_chart()").fetchall() == []
        assert connection.execute("select sql_sha256 from store").fetchall() == [(sqlfiles.fingerprint(),)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update store set mode = 'real'", "holds real history, but the settings say simulated"),
        ("update store set schema_version = 999", "is of schema 999"),
        ("delete from store", "does not say whose it is"),
        ("drop table store", "is not a store of this program"),
    ],
)
def test_a_foreign_store_is_refused(store: Path, statement: str, words: str) -> None:
    """A store of another mode, of a newer version or of another program is refused and left as it is."""
    with duckdb.connect(store) as connection:
        connection.execute(statement)
        tables = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
    refused = Store(store, store.with_name("portfolio.duckdb"), "simulated", wait_seconds=1)
    with pytest.raises(ForeignStoreError, match=words) as error:
        refused.known(NOW, NOW)
    assert str(store) in str(error.value)
    with duckdb.connect(store) as connection:
        assert connection.execute("select table_name from duckdb_tables() order by all").fetchall() == tables


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Something else at the store's place is said to be unreadable, and is not overwritten."""
    path = tmp_path / "store.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(BadStoreError, match="damaged, or no DuckDB database"):
        Store(path, tmp_path / "portfolio.duckdb", "simulated", wait_seconds=1).known(NOW, NOW)
    assert path.read_bytes() == b"not a database" * 1000


@pytest.mark.slow
def test_a_writer_draws_no_progress_bar(store: Path) -> None:
    """Nothing is drawn into the output of a worker that was forked or spawned, which DuckDB takes for a prompt."""
    asked = "connection.execute(\"select current_setting('enable_progress_bar')\").fetchall()"
    code = "import pathlib, sys; from dagster_project.warehouse.connect import writing\n"
    code += f"with writing(pathlib.Path(sys.argv[1])) as connection: print({asked})"
    done = subprocess.run([sys.executable, "-c", code, store], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[(False,)]"


@pytest.mark.slow
def test_no_header_lies(store: Path) -> None:
    """Every view, derived table and answer has the columns, types and parameters that its header names, in order."""
    with duckdb.connect(store) as connection:
        for file in (*sqlfiles.views(), *sqlfiles.answers()):
            asked = f"{file.name}()" if file in sqlfiles.answers() else file.name
            made = connection.execute(f"describe from {asked}").fetchall()
            typed = {name for name, (kind, _) in file.columns.items() if kind}
            found = [(name, kind.lower() if name in typed else "") for name, kind, *_ in made]
            assert found == [(name, kind.lower()) for name, (kind, _) in file.columns.items()], file.path
        takes = dict(
            connection.execute("""
                select function_name, parameters from duckdb_functions()
                where function_type = 'table_macro' and not internal
            """).fetchall()
        )
    assert {file.name: takes[file.name] for file in sqlfiles.answers()} == {
        file.name: list(file.parameters) for file in sqlfiles.answers()
    }
