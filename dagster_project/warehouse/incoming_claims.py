"""Hold facts that come from elsewhere against claims: those of `check` about what the program writes, and some more.

A history of our own keeps the latter by construction, so that nobody asks them of it.
"""

from collections.abc import Iterator, Sequence

import duckdb

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Rows
from dagster_project.warehouse.claims import ABOUT_PROVIDERS, Checked, check, span_of
from dagster_project.warehouse.facts import Fact, quoted

ABOUT_TABLES = {
    "row_is_unique": "No table has a row twice.",
    "number_is_finite": "Every number is finite.",
    "id_is_readable": "No id holds a control character.",
}
"""Claims about every table, each with its statement under sql/store."""

_MAY_REPEAT = frozenset({"flow"})
"""Written by people: two equal payments in one second are two payments."""

_FROM_OUTSIDE = frozenset({"request_id", "protocol_id", "group_id"})
"""Ids that providers and token lists make up."""


def broken_claims(connection: duckdb.DuckDBPyConnection, facts: Sequence[Fact]) -> Iterator[Checked]:
    """Give each claim that the facts of an open store break; one that fails when it is asked is broken by its error."""
    for file in sqlfiles.checks():
        if file.name not in ABOUT_PROVIDERS:
            yield from _broken(connection, file.name, file.sentence, file.statement, span_of())
    for name, sentence in ABOUT_TABLES.items():
        for fact in facts:
            if condition := _condition(name, fact):
                filled = {"table": quoted(fact.name), "columns": ", ".join(fact.names), "condition": condition}
                yield from _broken(connection, name, sentence, sqlfiles.statement(name).format(**filled), {})


def _broken(
    connection: duckdb.DuckDBPyConnection, name: str, sentence: str, statement: str, parameters: dict[str, object]
) -> Iterator[Checked]:
    try:
        found = check(connection, name, sentence, statement, parameters)
    except (duckdb.DataError, duckdb.InternalError) as error:
        found = Checked(name, sentence, Rows(("error",), ("VARCHAR",), [(str(error).splitlines()[0],)]), statement)
    if not found.holds:
        yield found


def _condition(name: str, fact: Fact) -> str:
    """Give which rows of a table break a claim, as SQL; nothing where none of its columns can."""
    if name == "row_is_unique":
        return "" if fact.name in _MAY_REPEAT else "true"
    if name == "number_is_finite":
        return " or ".join(f"not isfinite({quoted(one.name)})" for one in fact.columns if one.type == "DOUBLE")
    ids = [
        one.name
        for one in fact.columns
        if one.type == "VARCHAR"
        and (one.name.endswith("_id") or one.name in ("provider", "pull_key", "layer"))
        and one.name not in _FROM_OUTSIDE
    ]
    return " or ".join(f"regexp_matches({quoted(one)}, '[\\x00-\\x1f\\x7f]')" for one in ids)
