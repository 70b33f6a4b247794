"""Promises of a store that an earlier program began: it has what one of today has, and raw answers agree with it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.snapshot.verify import verify
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.compare import attached, name_of, tables_of
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.facts import facts_in
from dagster_project.warehouse.schema import prepare, prepare_older
from tests.portfolio import Portfolio

NOW = datetime(2026, 5, 9, tzinfo=UTC)
EARLIER = [number for number, _ in sqlfiles.migrations()[:-1]]
SAME_FRAMES = [number for number in EARLIER if number >= 8]
"""Schemas whose raw streams held all that a snapshot's own row says, as today's do."""


def tables_after(path: Path, schema: int | None) -> dict[str, list[str]]:
    """The columns of every table of an empty store that was begun at a schema and brought to today's."""
    with writing(path) as connection:
        if schema is not None:
            prepare_older(connection, "simulated", schema, ("ab", NOW))
        prepare(connection, "simulated", NOW)
        return tables_of(connection, name_of(connection))


@pytest.mark.every
@pytest.mark.parametrize("schema", EARLIER)
def test_a_migrated_store_has_the_tables_of_a_new_one(tmp_path: Path, schema: int) -> None:
    """Whatever the schema that a store began with, it ends with the same tables and columns as a new one, none left."""
    assert tables_after(tmp_path / "older.duckdb", schema) == tables_after(tmp_path / "new.duckdb", None)


def put_back(store: Path, schema: int) -> None:
    """Let a store be as a program of an earlier schema would have left it: its tables and columns, the same facts."""
    older = store.with_name("older.duckdb")
    with writing(store) as connection:
        ((portfolio_id, made_at),) = connection.execute("select portfolio_id, created_at from store").fetchall()
    with writing(older) as connection:
        prepare_older(connection, "simulated", schema, (portfolio_id, made_at.replace(tzinfo=UTC)))
        with attached(connection, store, "newer"):
            known = tables_of(connection, "newer")
            for fact in facts_in(connection):
                names = [column.name for column in fact.columns if column.name in known.get(fact.name, [])]
                if names:
                    columns = ", ".join(f'"{name}"' for name in names)
                    connection.execute(f"insert into {fact.name} ({columns}) select {columns} from newer.{fact.name}")
    older.replace(store)


@pytest.mark.slow
@pytest.mark.parametrize("schema", SAME_FRAMES)
def test_a_migrated_store_passes_verify_after_its_next_snapshot(portfolio: Portfolio, schema: int) -> None:
    """The next snapshot migrates and publishes; then store, raw answers and published file agree to the row."""
    portfolio.have(0, 1)
    put_back(portfolio.store, schema)
    portfolio.take(2)
    assert verify(portfolio.settings(), lambda *_: None) == []
    assert len(list(portfolio.store.parent.glob(f"store.schema-{schema}.*.duckdb"))) == 1


@pytest.mark.slow
def test_what_a_provider_contradicts_does_not_stop_a_migration(portfolio: Portfolio) -> None:
    """A store in which a provider's own total is not the sum of its parts is migrated; `check` goes on to say so."""
    portfolio.have(0)
    portfolio.change_store("update cell set stated_value_usd = 2 * stated_value_usd where stated_value_usd > 0")
    put_back(portfolio.store, EARLIER[-1])
    done = portfolio.command("migrate")
    assert done.returncode == 0, done.stderr
    assert "migrated and published" in done.stdout
    assert "BROKEN total_is_its_parts" in portfolio.command("check").stdout
