"""Which tables of a schema are facts, and what their columns are: what nothing else in a store says.

What follows from them is made anew wherever they are. How a value of theirs stands in a file is spelling.py.
"""

from dataclasses import dataclass

import duckdb

from dagster_project.changes import CHANGE, MOVEMENT
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.compare import name_of
from dagster_project.warehouse.connect import in_memory
from dagster_project.warehouse.schema import make_tables

FOLLOWING = frozenset({"store", CHANGE.name, MOVEMENT.name})
"""Tables of the schema that are no facts: whose store it is, and what changed, which is made when publishing."""

_TABLES = "select table_name, comment from duckdb_tables() where database_name = ? and not temporary order by all"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its DuckDB type, whether every row has a value, and the sentence that explains it."""

    name: str
    type: str
    is_required: bool
    comment: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A table of facts with its columns, in the order in which the schema has them."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The columns' names, in quotes, as SQL takes them."""
        return [quoted(column.name) for column in self.columns]

    @property
    def is_monthly(self) -> bool:
        """Whether each row belongs to an instant, and so to a month."""
        return any(column.name == "as_of" for column in self.columns)


def facts_at(version: int) -> tuple[Fact, ...]:
    """Give the facts of a schema that this program knows, by name."""
    with in_memory() as connection:
        make_tables(connection, version)
        return facts_in(connection)


def facts_in(connection: duckdb.DuckDBPyConnection) -> tuple[Fact, ...]:
    """Give the facts of an open store or published file, and with them every table that nobody says how to make."""
    database = name_of(connection)
    made = FOLLOWING | {file.name for file in sqlfiles.derived()}
    tables = connection.execute(_TABLES, [database]).fetchall()
    return tuple(
        Fact(table, comment or "", _columns(connection, database, table))
        for table, comment in tables
        if table not in made
    )


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> tuple[Column, ...]:
    named = {"database": database, "table": table}
    rows = connection.execute(sqlfiles.statement("columns"), named).fetchall()
    return tuple(Column(name, kind, is_required, comment or "") for name, kind, is_required, comment in rows)


def quoted(name: str) -> str:
    """Quote a name, so that SQL takes it for nothing else."""
    return '"' + name.replace('"', '""') + '"'
