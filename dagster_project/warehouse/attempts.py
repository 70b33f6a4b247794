"""Each attempt is stored once: what a store has of an instant is looked up in the transaction that writes it.

Two runs at once may bring the same attempt, such as one that a stopped run had left in raw/.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import duckdb

from dagster_project.model import utc
from dagster_project.slices import Slice


def unwritten(connection: duckdb.DuckDBPyConnection, as_of: datetime, slices: Sequence[Slice]) -> list[Slice]:
    """Give the slices whose attempts the store does not have yet, each attempt once."""
    query = "select provider, attempt_id from attempt where as_of = ?"
    known = set(connection.execute(query, [utc(as_of)]).fetchall())
    found = []
    for one in slices:
        key = (one.attempt.plan.provider, one.attempt.attempt_id)
        if key not in known:
            known.add(key)
            found.append(one)
    return found


def turns(slices: Sequence[Slice]) -> Iterator[list[Slice]]:
    """Give the slices in turns of one a provider, the last of each provider in the last turn."""
    taken: dict[str, list[Slice]] = {}
    for one in slices:
        taken.setdefault(one.attempt.plan.provider, []).append(one)
    for left in range(max(map(len, taken.values())), 0, -1):
        yield [of_provider[-left] for of_provider in taken.values() if len(of_provider) >= left]
