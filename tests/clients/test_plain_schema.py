"""Promises of the schema `reporting`: plain rows for tools without macros, with the numbers of the answers."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.chains import CHAINS
from dagster_project.warehouse import sqlfiles

OF_A_VALUE = "as_of, value_usd, known_value_usd, estimated_value_usd, uncertainty_usd, reason"


@pytest.fixture
def attached(published: Path) -> duckdb.DuckDBPyConnection:
    """Give a connection of somebody else's, with the file attached as `p` and not in use."""
    connection = duckdb.connect()
    connection.execute(f"attach '{published}' as p (read_only)")
    return connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return connection.execute(query).fetchall()


def test_every_plain_view_can_be_read_from_an_attached_file(attached: duckdb.DuckDBPyConnection) -> None:
    """Each view of the schema has rows under ATTACH without USE, and the columns that its header explains."""
    empty = []
    for file in sqlfiles.reporting():
        found = attached.execute(f"select * from p.reporting.{file.name}")
        assert [name for name, *_ in found.description] == list(file.columns), file.path
        empty += [] if found.fetchall() else [file.name]
        comments = (
            f"select comment from duckdb_columns() where schema_name = 'reporting' and table_name = '{file.name}'"
        )
        assert all(comment for (comment,) in rows(attached, comments)), file.path
    assert empty == []


@pytest.mark.parametrize(
    ("view", "where", "parameter"),
    [
        ("portfolio_value", "true", ""),
        ("account_value", "label = 'treasury'", "account := 'treasury'"),
        ("account_value", "label = 'solana-desk'", "account := 'solana-desk'"),
        ("account_group_value", "account_group = 'fund'", "account_group := 'fund'"),
        ("chain_value", "chain_id = 'eip155:1'", "chain := 'eip155:1'"),
    ],
)
def test_plain_totals_are_those_of_the_chart(published: Path, view: str, where: str, parameter: str) -> None:
    """A plain view has the instants and values of value_chart() for the same accounts and chain."""
    with duckdb.connect(published, read_only=True) as connection:
        plain = rows(connection, f"select {OF_A_VALUE} from reporting.{view} where {where} order by as_of")
        assert plain == rows(connection, f"select {OF_A_VALUE} from value_chart({parameter}) order by as_of")
    assert len(plain) == 3


def test_facts_add_up_to_the_totals(attached: duckdb.DuckDBPyConnection) -> None:
    """Facts of value and of holdings, summed over what belongs to the value, are the value of each instant."""
    known = rows(
        attached, "select as_of, known_value_usd from p.reporting.portfolio_value where is_complete order by as_of"
    )
    for fact in ("fact_value", "fact_holding"):
        summed = f"""
            select fact.as_of, sum(fact.value_usd)
            from p.reporting.{fact} as fact
            join p.reporting.dim_instant as instant using (as_of)
            where fact.is_in_total and instant.is_complete
            group by fact.as_of order by fact.as_of
        """
        assert rows(attached, summed) == known
    assert len(known) == 2


@pytest.mark.parametrize(
    ("fact", "key", "dimension"),
    [
        ("fact_value", "account_id", "dim_account"),
        ("fact_value", "chain_id", "dim_chain"),
        ("fact_value", "as_of", "dim_instant"),
        ("fact_holding", "asset_id", "dim_asset"),
        ("fact_holding", "account_id", "dim_account"),
        ("fact_holding", "as_of", "dim_instant"),
    ],
)
def test_every_fact_finds_its_dimension_once(
    attached: duckdb.DuckDBPyConnection, fact: str, key: str, dimension: str
) -> None:
    """Each fact has exactly one row of each dimension, so that a join neither loses nor doubles values."""
    joined = f"select count(*) from p.reporting.{fact} join p.reporting.{dimension} using ({key})"
    assert rows(attached, joined) == rows(attached, f"select count(*) from p.reporting.{fact}")
    doubled = f"select {key} from p.reporting.{dimension} group by {key} having count(*) > 1"
    assert rows(attached, doubled) == []


def test_names_in_capitals_and_quotes_are_understood(attached: duckdb.DuckDBPyConnection) -> None:
    """A tool that writes every name in capitals and quotes has the same rows."""
    capitals = 'select "VALUE_USD" from "P"."REPORTING"."PORTFOLIO_VALUE" order by "AS_OF"'
    assert rows(attached, capitals) == rows(
        attached, "select value_usd from p.reporting.portfolio_value order by as_of"
    )


def test_every_chain_that_the_program_knows_has_its_name() -> None:
    """The dimension of chains has the names of the chain table."""
    (view,) = (file for file in sqlfiles.reporting() if file.name == "dim_chain")
    assert all(f"('{one.chain_id}', '{one.name}')" in view.statement for one in CHAINS.values())
    assert view.statement.count("('") == len(CHAINS)
