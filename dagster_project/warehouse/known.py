"""What the store knows before a run asks, so that it asks only for what is missing.

It is read in one session of the store; what follows from it is snapshot/standing.py.
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run has to know of the store: the span of its instants, both inclusive, and what its providers need.

    `series` are the parameters of sql/store/series.sql, None where no series spans several ticks; `has_talks` tells
    whether a provider asks by what was answered before, so that tokens and blocks are looked through.
    """

    since: datetime
    until: datetime
    series: dict[str, object] | None = None
    has_talks: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the store says to a run: by default of a store that holds nothing.

    `series` are rows of sql/store/series.sql; `tokens` every token that some answer holds, by CAIP-19 type, with its
    decimals where they are known; `anchors` blocks whose time is known, by chain, as (Unix seconds, number).
    """

    known: Known = field(default_factory=Known)
    series: list[tuple[object, ...]] = field(default_factory=list)
    tokens: dict[str, int | None] = field(default_factory=dict)
    anchors: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def find(connection: duckdb.DuckDBPyConnection, wanted: Wanted | None) -> Found:
    """Read from the store what a run wants to know; an empty answer where it wants nothing."""
    if wanted is None:
        return Found()
    known = look_up(connection, wanted.since, wanted.until)
    series = [] if wanted.series is None else connection.execute(sqlfiles.statement("series"), wanted.series).fetchall()
    if not wanted.has_talks:
        return Found(known, series)
    tokens = dict(connection.execute(sqlfiles.statement("known")).fetchall())
    return Found(known, series, tokens, _anchors(connection))


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


def _anchors(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[int, int]]]:
    """Give blocks whose time is known, by chain, as (Unix seconds, number)."""
    found: dict[str, list[tuple[int, int]]] = {}
    for chain_id, seconds, number in connection.execute(sqlfiles.statement("anchors")).fetchall():
        found.setdefault(chain_id, []).append((seconds, number))
    return found
