"""What the store knows of a range of instants, so that a run asks only for what is missing.

It is read in one go; what follows from it is snapshot/standing.py.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from dagster_project.model import Cell, Layer, Outcome, utc
from dagster_project.warehouse import sqlfiles

Key = tuple[datetime, str, str]
"""A pull: instant, provider and pull key."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a range of instants: how pulls and their cells ended, and which raw streams are stored.

    A cell may be covered by several pulls, each for a part of its assets; a pull may cover none. By default nothing is
    known, as of a store that is not made yet.
    """

    pulls: dict[Key, Outcome] = field(default_factory=dict)
    cells: dict[tuple[Key, Cell], Outcome] = field(default_factory=dict)
    attempts: frozenset[Key] = frozenset()


def look_up(connection: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> Known:
    """Tell what is stored from `since` to `until`, both inclusive."""
    span = [utc(since), utc(until)]
    pulls = "select as_of, provider, pull_key, outcome from pull where as_of between ? and ?"
    attempts = "select as_of, provider, attempt_id from attempt where as_of between ? and ?"
    asked = {
        (as_of.replace(tzinfo=UTC), provider, pull_key): Outcome(outcome)
        for as_of, provider, pull_key, outcome in connection.execute(pulls, span).fetchall()
    }
    recorded = {
        ((as_of.replace(tzinfo=UTC), provider, pull_key), Cell(account, chain, Layer(layer))): Outcome(outcome)
        for as_of, provider, pull_key, outcome, account, chain, layer in connection.execute(
            sqlfiles.statement("cells"), span
        ).fetchall()
    }
    stored = {
        (as_of.replace(tzinfo=UTC), provider, attempt)
        for as_of, provider, attempt in connection.execute(attempts, span).fetchall()
    }
    return Known(asked, recorded, frozenset(stored))
