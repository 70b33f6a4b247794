"""Make a store of facts that come from elsewhere: of the schema that they were written by, then brought to this one.

It is written beside, and counts once it is whole; what the facts are read from is exchange/read.py.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.errors import BadStoreError
from dagster_project.model import Account
from dagster_project.warehouse.claims import Checked
from dagster_project.warehouse.compare import Sums, name_of, sums
from dagster_project.warehouse.connect import in_memory, writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.facts import Fact, facts_in, quoted
from dagster_project.warehouse.incoming_claims import broken_claims
from dagster_project.warehouse.remake import remove
from dagster_project.warehouse.schema import make_tables, prepare, prepare_older
from dagster_project.warehouse.whose import refuse_strangers

_ROWS = "incoming"


class Incoming:
    """A store in the making that takes facts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, mode: str) -> None:
        """Write through `connection`."""
        self._connection = connection
        self._mode = mode

    def take(self, fact: Fact, rows: pa.RecordBatchReader, expressions: list[str]) -> None:
        """Add rows to a fact, each column by its expression.

        Raises:
            BadStoreError: a value is none of its column's type, or a column that has to have one has none.
        """
        into = f"{quoted(fact.name)} ({', '.join(fact.names)})"
        with _registered(self._connection, rows), _said():
            self._connection.execute(f"insert into {into} select {', '.join(expressions)} from {_ROWS}")  # noqa: S608 - quoted

    def sums(self, fact: Fact) -> Sums:
        """Give the number of rows that a fact has, and two sums over them."""
        return sums(self._connection, name_of(self._connection), quoted(fact.name), fact.names)

    def prepare(self, accounts: tuple[Account, ...], place: Path, now: datetime) -> None:
        """Bring the store to this program's schema.

        Raises:
            ForeignStoreError: no account of it stands in the settings; `place` is what is said to hold them.
        """
        refuse_strangers(self._connection, place, accounts)
        prepare(self._connection, self._mode, now)

    def broken(self) -> list[Checked]:
        """Give the claims that the facts break."""
        return [*broken_claims(self._connection, facts_in(self._connection))]

    def derive(self) -> None:
        """Make what follows from the facts.

        Raises:
            BadStoreError: nothing can follow from them.
        """
        with _said():
            derive(self._connection)

    def counts(self, facts: tuple[Fact, ...]) -> dict[str, int]:
        """Count the rows of facts, those that are still there."""
        query = "select table_name from duckdb_tables() where not temporary"
        there = {name for (name,) in self._connection.execute(query).fetchall()}
        return {fact.name: self._count(fact) for fact in facts if fact.name in there}

    def _count(self, fact: Fact) -> int:
        rows = self._connection.execute(f"select count(*) from {quoted(fact.name)}").fetchall()  # noqa: S608 - quoted
        return int(rows[0][0])


def is_history(store: Path, portfolio_id: str, rows: Mapping[str, int]) -> bool:
    """Tell whether the closed store is of this portfolio and its facts have these numbers of rows.

    Raises:
        PortfolioError: it cannot be read.
    """
    with writing(store) as connection:
        try:
            if connection.execute("select portfolio_id from store").fetchall() != [(portfolio_id,)]:
                return False
            counts = (f"select count(*) from {quoted(name)}" for name in rows)  # noqa: S608 - quoted
            return [connection.execute(one).fetchall()[0][0] for one in counts] == list(rows.values())
        except duckdb.CatalogException:  # a database of something else, or a table that there is no more
            return False


@contextmanager
def incoming(path: Path, mode: str, schema_version: int, begun: tuple[str, datetime]) -> Iterator[Incoming]:
    """Make a store at `path` of an earlier or of this schema, in place of what an earlier try left there.

    `begun` is the portfolio's id and when its store was made.

    Raises:
        DiskError: the disk refused.
    """
    remove(path)
    with writing(path) as connection:
        prepare_older(connection, mode, schema_version, begun)
        yield Incoming(connection, mode)


@contextmanager
def scratch(schema_version: int) -> Iterator["Scratch"]:
    """Open a place in memory where rows that come from elsewhere are looked at without being kept."""
    with in_memory() as connection:
        make_tables(connection, schema_version)
        yield Scratch(connection)


class Scratch:
    """Looks at rows as a store of some schema would take them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Look through `connection`, whose tables are empty."""
        self._connection = connection

    def arrow_schema(self, fact: Fact) -> pa.Schema:
        """Give the Arrow types that DuckDB has for the columns of a fact."""
        query = f"select {', '.join(fact.names)} from {quoted(fact.name)}"  # noqa: S608 - quoted
        return self._connection.sql(query).to_arrow_table().schema

    def sums(self, rows: pa.RecordBatchReader, expressions: list[str]) -> Sums:
        """Give the number of rows and two sums over them, each column by its expression.

        Raises:
            BadStoreError: a value is none of its column's type.
        """
        with _registered(self._connection, rows), _said():
            return sums(self._connection, "temp", _ROWS, expressions)


@contextmanager
def _said() -> Iterator[None]:
    """Say in DuckDB's words what it minds about rows; what it minds about the disk stays what it is."""
    try:
        yield
    except (duckdb.DataError, duckdb.IntegrityError, duckdb.ProgrammingError) as error:
        words = str(error).splitlines()[0].partition(". Detail: Python exception")[0]
        raise BadStoreError(words.rpartition("Unknown error: ")[2]) from error  # of whoever reads: Arrow wraps it


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, rows: pa.RecordBatchReader) -> Iterator[None]:
    connection.register(_ROWS, rows)
    try:
        yield
    finally:
        connection.unregister(_ROWS)
