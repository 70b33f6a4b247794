"""Run the checks under sql/checks: each is a query that returns the rows that break its claim.

The same files serve the command line, Dagster's asset checks, imports and the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.model import utc
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Rows
from dagster_project.warehouse.connect import reading

MOST_ROWS = 20

ABOUT_PROVIDERS = frozenset({"decimals_agree", "one_coin_one_balance", "total_is_its_parts", "value_agrees_with_price"})
"""Claims about what providers state: an honest history may break them, and `portfolio check` says so."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim, and the first rows that break it; none means that it holds. `statement` is what was asked."""

    name: str
    claim: str
    broken: Rows
    statement: str

    @property
    def holds(self) -> bool:
        """Tell whether no row breaks the claim."""
        return not self.broken.rows


def check_claims(published: Path, since: datetime | None = None, until: datetime | None = None) -> list[Checked]:
    """Run every check over the instants from `since` to `until`, both inclusive, or over all of them."""
    span = span_of(since, until)
    with reading(published) as connection:
        return [check(connection, file.name, file.sentence, file.statement, span) for file in sqlfiles.checks()]


def span_of(since: datetime | None = None, until: datetime | None = None) -> dict[str, object]:
    """Give the instants that a claim is asked about, as the store has them."""
    return {"since": utc(since) or datetime.min, "until": utc(until) or datetime.max}  # noqa: DTZ901 - as stored, no zone


def check(
    connection: duckdb.DuckDBPyConnection, name: str, claim: str, statement: str, parameters: Mapping[str, object]
) -> Checked:
    """Ask an open history for the rows that break a claim."""
    cursor = connection.execute(f"from ({statement}) limit {MOST_ROWS}", dict(parameters))
    columns = cursor.description or []
    names = tuple(str(column[0]) for column in columns)
    rows = Rows(names, tuple(str(column[1]) for column in columns), cursor.fetchall())
    return Checked(name, claim, rows, statement)
