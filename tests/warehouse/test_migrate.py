"""Promises of an upgrade: every row is kept, the old store too, and what is not whole is not put in its place."""

import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import BadStoreError, ForeignStoreError
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.store import Store
from tests.portfolio import Portfolio

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
NEXT = """
create table probe (as_of timestamp);
comment on table probe is 'A table of the version after this one.';
alter table flowspan add column probe_id varchar;
"""
SAMPLES = {
    "VARCHAR": "'x'", "TIMESTAMP": "timestamp '2026-05-01'", "BOOLEAN": "true", "VARCHAR[]": "['x']", "DOUBLE": "0.1"
}  # fmt: skip


def first_release(path: Path, rows: int = 3) -> dict[str, list[tuple[object, ...]]]:
    """Make a store as the first schema had it, with rows in every table, and give them."""
    number, text = sqlfiles.migrations()[0]
    assert number == 1
    with duckdb.connect(path) as connection:
        connection.execute(text)
        tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        for table in set(tables) - {"store"}:
            described = connection.execute(f"describe {table}").fetchall()
            values = ", ".join(SAMPLES.get(kind, "7") for _, kind, *_ in described)
            for _ in range(rows):
                connection.execute(f"insert into {table} values ({values})")
        connection.execute("insert into store values ('0' , 'simulated', 1, '', '', ?)", [NOW.replace(tzinfo=None)])
        return {table: connection.execute(f"from {table}").fetchall() for table in set(tables) - {"store"}}


def first_columns() -> dict[str, str]:
    """Return the columns of each table in the first schema, as a comma-separated SQL list."""
    with duckdb.connect() as connection:
        connection.execute(sqlfiles.migrations()[0][1])
        asked = (
            "select table_name, string_agg(column_name, ', ' order by column_index) from duckdb_columns() group by all"
        )
        return dict(connection.execute(asked).fetchall())


def stored(path: Path, tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """Give the rows of the tables, in the columns that they had."""
    with duckdb.connect(path, read_only=True) as connection:
        columns = first_columns()
        return {name: connection.execute(f"select {columns[name]} from {name}").fetchall() for name in tables}


def schema_of(path: Path) -> int:
    """Tell of which schema a store says that it is."""
    with duckdb.connect(path, read_only=True) as connection:
        return int(connection.execute("select schema_version from store").fetchall()[0][0])


def go_further(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let this program be one schema further than it is, and give which."""
    known = sqlfiles.migrations()
    number = known[-1][0] + 1
    monkeypatch.setattr(sqlfiles, "migrations", lambda: (*known, (number, NEXT)))
    return number


@pytest.fixture
def with_next(monkeypatch: pytest.MonkeyPatch) -> int:
    """Give the schema that this program has, which is one further than it is."""
    return go_further(monkeypatch)


@pytest.mark.every
@pytest.mark.parametrize("has_links", [True, False])
def test_a_run_on_an_older_store_keeps_every_row(
    tmp_path: Path, with_next: int, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    """A store of the first schema is migrated by the next run with every row and kept beside it, links or none."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "store.duckdb"
    rows = first_release(path)
    before = path.read_bytes()
    Store(path, tmp_path / "portfolio.duckdb", "simulated", wait_seconds=1).known(BEFORE, BEFORE)
    assert schema_of(path) == with_next
    assert stored(path, rows) == rows
    (kept,) = tmp_path.glob("store.schema-1.*.duckdb")
    assert kept.read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} == {"store.duckdb", "store.duckdb.lock", kept.name}


@pytest.mark.every
def test_migrate_tries_first_where_asked(tmp_path: Path, with_next: int) -> None:
    """A trial says what comes out, new tables and rows, and leaves the store to the byte and nothing beside it."""
    path = tmp_path / "store.duckdb"
    rows = first_release(path)
    before = path.read_bytes()
    done = Store(path, tmp_path / "portfolio.duckdb", "simulated", wait_seconds=1).migrate(only_try=True)
    assert done is not None
    assert (done.from_schema, done.to_schema, done.kept) == (1, with_next, None)
    assert done.rows["probe"] == (None, 0)
    assert {name: done.rows[name] for name in rows} == dict.fromkeys(rows, (3, 3))
    assert path.read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} == {"store.duckdb", "store.duckdb.lock"}


@pytest.mark.every
def test_a_claim_that_breaks_keeps_the_store(tmp_path: Path, with_next: int) -> None:
    """The verb puts nothing in place that breaks a claim: the claim is named, and the store is as it was."""
    path = tmp_path / "store.duckdb"
    first_release(path)
    done = Store(path, tmp_path / "portfolio.duckdb", "simulated", wait_seconds=1).migrate(only_try=False)
    assert done is not None
    assert "balance_is_unique" in done.broken
    assert schema_of(path) == 1 < with_next


@pytest.mark.parametrize("loses", ["delete from balance where true", "drop table figure"])
def test_a_migration_that_loses_rows_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loses: str) -> None:
    """A copy that lacks rows or a table never takes the store's place; the error says which and what to do."""
    path = tmp_path / "store.duckdb"
    rows = first_release(path)
    known = sqlfiles.migrations()
    monkeypatch.setattr(sqlfiles, "migrations", lambda: (*known, (known[-1][0] + 1, f"{loses};")))
    monkeypatch.setattr(sqlfiles, "views", tuple)
    monkeypatch.setattr(sqlfiles, "derived", tuple)
    monkeypatch.setattr(sqlfiles, "answers", tuple)
    monkeypatch.setattr(sqlfiles, "reporting", tuple)
    monkeypatch.setattr(sqlfiles, "macros", tuple)
    with pytest.raises(BadStoreError, match=r"(balance had 3, has 0|figure had 3, has none)") as error:
        Store(path, tmp_path / "portfolio.duckdb", "simulated", wait_seconds=1).known(NOW, NOW)
    assert "go back to the version before" in str(error.value)
    assert stored(path, rows) == rows
    assert list(tmp_path.glob(".*")) == list(tmp_path.glob("store.schema*")) == []


def test_a_newer_store_is_refused_by_migrate(portfolio: Portfolio) -> None:
    """A store that a newer program wrote is refused in words, and nothing is done to it; one of today needs nothing."""
    portfolio.have(0)
    assert "nothing to migrate" in portfolio.command("migrate", check=True).stdout
    portfolio.change_store("update store set schema_version = 999")
    before = portfolio.store.read_bytes()
    done = portfolio.command("migrate")
    assert done.returncode == 1
    assert f"{portfolio.store}: the store is of schema 999" in done.stderr
    assert "use a newer program" in done.stderr
    assert portfolio.store.read_bytes() == before


@pytest.mark.every
def test_a_history_goes_on_after_an_upgrade(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real history is migrated by the verb's way and published; answers are the same, and the next day is taken."""
    portfolio.have(0)
    before = portfolio.answer("value_chart")
    settings, with_next = portfolio.settings(), go_further(monkeypatch)
    store = Store(settings.paths.store, settings.paths.published, "simulated")
    done = store.migrate(only_try=False)
    assert done is not None
    assert done.kept is not None
    assert done.broken == ()
    assert (done.to_schema, schema_of(done.kept)) == (with_next, with_next - 1)
    assert store.publish()
    assert portfolio.answer("value_chart") == before
    portfolio.take(1)
    assert len(portfolio.answer("value_chart")) == 2


def test_an_older_store_of_another_mode_is_left_alone(tmp_path: Path, with_next: int) -> None:
    """Migrating never changes whose store it is: another mode's is refused first."""
    path = tmp_path / "store.duckdb"
    first_release(path)
    with pytest.raises(ForeignStoreError, match="holds simulated history"):
        Store(path, tmp_path / "portfolio.duckdb", "real", wait_seconds=1).migrate(only_try=False)
    assert schema_of(path) == 1 < with_next
