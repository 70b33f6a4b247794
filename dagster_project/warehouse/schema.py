"""Bring a store to this version: numbered files forward only, then views, answers and their comments.

Whose store it is is checked first: a foreign or newer one is refused, and nothing of it is touched.
"""

import secrets
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import duckdb

from dagster_project.errors import ForeignStoreError, NoStoreError
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.revision import advance
from dagster_project.warehouse.sqlfiles import SqlFile

_REMEDY = (
    "run `portfolio rebuild`, which makes the store from the raw answers and keeps this file beside, or point "
    "PORTFOLIO_DATA elsewhere"
)


def prepare(
    connection: duckdb.DuckDBPyConnection, mode: str, now: datetime, portfolio_id: str = "", *, is_there: bool = False
) -> None:
    """Make the store if it is new, migrate it if it is older, and apply what sql/ says today.

    A new one is made at `now`, under `portfolio_id` or else one of its own. With `is_there` none is made: a store is
    never without its identity, so an empty database in its place is something else.

    Raises:
        NoStoreError: it is no store.
        ForeignStoreError: it holds another mode's history, or was written by a newer version.
    """
    wanted = sqlfiles.migrations()[-1][0]
    row = _identity(connection)
    if row is None and is_there:
        raise NoStoreError(f"the database is empty, and no store of this program ever is; {_REMEDY}")
    if row is None:
        connection.begin()
        make_tables(connection, wanted)
        made_at = now.astimezone(UTC).replace(tzinfo=None)
        _identify(connection, portfolio_id or new_portfolio_id(), mode, wanted, made_at)
        _apply(connection)
        connection.commit()
        return
    version, applied = _judged(row, mode)
    if version < wanted or applied != sqlfiles.fingerprint():
        connection.begin()
        _migrate(connection, version)
        _apply(connection)
        advance(connection)
        connection.commit()


def make_tables(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    """Make every table of a schema in an empty database; what else a store has comes with `prepare`."""
    for number, text in sqlfiles.migrations():
        if number <= version:
            connection.execute(text)


def prepare_older(connection: duckdb.DuckDBPyConnection, mode: str, version: int, begun: tuple[str, datetime]) -> None:
    """Make an empty store as it was at an earlier schema, to be filled and then brought up by `prepare`.

    `begun` is the portfolio's id and when its store was made.
    """
    connection.begin()
    make_tables(connection, version)
    _identify(connection, begun[0], mode, version, begun[1].astimezone(UTC).replace(tzinfo=None))
    connection.commit()


def identify(connection: duckdb.DuckDBPyConnection, portfolio_id: str, mode: str, made_at: datetime) -> None:
    """Say whose an empty store is, which was prepared by this program and is nobody's yet."""
    connection.begin()
    _identify(
        connection, portfolio_id, mode, sqlfiles.migrations()[-1][0], made_at.astimezone(UTC).replace(tzinfo=None)
    )
    connection.execute("update store set sql_sha256 = ?", [sqlfiles.fingerprint()])
    connection.commit()


def _identify(
    connection: duckdb.DuckDBPyConnection, portfolio_id: str, mode: str, version: int, made_at: datetime
) -> None:
    row = [portfolio_id, mode, version, made_at]
    connection.execute(
        "insert into store (portfolio_id, mode, schema_version, sql_sha256, basis_sha256, created_at) "
        "values (?, ?, ?, '', '', ?)",
        row,
    )


def version_of(connection: duckdb.DuckDBPyConnection, mode: str) -> int | None:
    """Tell of which schema a store is, None where the database is empty.

    Raises:
        ForeignStoreError: it holds another mode's history, was written by a newer program, or is no store at all.
    """
    row = _identity(connection)
    return None if row is None else _judged(row, mode)[0]


def _judged(row: tuple[str, int, str], mode: str) -> tuple[int, str]:
    """Give schema and fingerprint of a store of this mode that is not newer."""
    stored_mode, version, applied = row
    if stored_mode != mode:
        raise ForeignStoreError(f"the store holds {stored_mode} history, but the settings say {mode}; they never mix")
    wanted = sqlfiles.migrations()[-1][0]
    if version > wanted:
        raise ForeignStoreError(f"the store is of schema {version}, this program knows {wanted}; use a newer program")
    return version, applied


def new_portfolio_id() -> str:
    """Make up the id of a portfolio."""
    return secrets.token_hex(16)


def _identity(connection: duckdb.DuckDBPyConnection) -> tuple[str, int, str] | None:
    try:
        rows = connection.execute("select mode, schema_version, sql_sha256 from store").fetchall()
    except duckdb.CatalogException as error:  # asked only here: listing the tables takes six times as long
        if not connection.execute("select table_name from duckdb_tables()").fetchall():
            return None
        raise NoStoreError(f"the database is not a store of this program; {_REMEDY}") from error
    if len(rows) != 1:
        raise NoStoreError(f"the store does not say whose it is; {_REMEDY}")
    return rows[0]


def _migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    for number, text in sqlfiles.migrations():
        if number > version:
            connection.execute(text)
            connection.execute("update store set schema_version = ?", [number])


def _apply(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every view, macro and answer anew, with the header of each as its comment.

    All in one call: between two statements DuckDB would wait for its turn among the threads of a run that is pulling.
    """
    of_before = {
        name
        for (name,) in connection.execute(
            "select view_name from duckdb_views() where not internal and schema_name = 'main'"
        ).fetchall()
    }
    connection.execute(";\n".join(_statements(of_before)))
    connection.execute("update store set sql_sha256 = ?", [sqlfiles.fingerprint()])


def _statements(of_before: Collection[str]) -> Iterator[str]:
    """Give what makes views, macros and answers, where there were views of these names before."""
    derived = sqlfiles.derived()
    for view in sqlfiles.views():
        kind = "table" if view in derived else "view"
        rows = " limit 0" if view in derived else ""  # filled when the history is published, by derive.py
        if kind == "table" and view.name in of_before:
            yield f"drop view {view.name}"  # an earlier version worked it out at each question
        yield f"create or replace {kind} {view.name} as {view.statement}{rows}"
        yield f"comment on {kind} {view.name} is {_quoted(view.sentence)}"
        for name, (_, words) in view.columns.items():
            yield f"comment on column {view.name}.{name} is {_quoted(words)}"
    for macro in sqlfiles.macros():
        yield macro.statement
        yield f"comment on {'macro table' if macro.columns else 'macro'} {macro.name} is {_quoted(macro.sentence)}"
    for answer in sqlfiles.answers():
        yield answer.statement
        yield f"comment on macro table {answer.name} is {_quoted(_contract(answer))}"
    yield "create schema if not exists reporting"
    for view in sqlfiles.reporting():
        yield f"create or replace view reporting.{view.name} as {view.statement}"
        yield f"comment on view reporting.{view.name} is {_quoted(view.sentence)}"
        for name, (_, words) in view.columns.items():
            yield f"comment on column reporting.{view.name}.{name} is {_quoted(words)}"


def _contract(answer: SqlFile) -> str:
    """Give the comment that people read in a client: the question, its parameters, its columns with units."""
    lines = [answer.sentence]
    lines += [f"{name}: {words}" for name, words in answer.parameters.items()]
    lines += [f"-> {name} {type_name}: {words}" for name, (type_name, words) in answer.columns.items()]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Quote a comment from our own files; COMMENT takes no parameters."""
    return "'" + text.replace("'", "''") + "'"
