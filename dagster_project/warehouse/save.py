"""Save what a snapshot brought: replace slice by slice, in one transaction an instant.

The same answers saved twice change nothing; a slice that differs moves to what was believed before; an attempt that
failed never replaces an answer. Which connection and which lock is store.py, what holds for an instant is frame.py.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from dagster_project.model import TRUSTED, Plan, utc
from dagster_project.tables import PULL, SUPERSEDED_AT, Slice, table_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.frame import FrameWriter

_REPLACED = pa.schema([*(PULL.schema.field(name) for name in ("as_of", "provider", "pull_key")), SUPERSEDED_AT])

Key = tuple[str, str]
"""A pull within an instant: provider and pull key."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save changed: pulls added or replaced, and of them how many stood there differently before."""

    as_of: datetime
    pulls: int
    superseded: int


class Saver:
    """Saves instants through one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use `connection`, which is open to write."""
        self._connection = connection
        self._frames = FrameWriter(connection)

    def save(self, plan: Plan, slices: Sequence[Slice]) -> Saved:
        """Write the slices of one instant in one transaction, or nothing of them."""
        if not slices:
            return Saved(plan.as_of, 0, 0)
        self._connection.begin()
        try:
            saved = self._save(plan, slices)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            self._frames = FrameWriter(self._connection)
            raise
        return saved

    def _save(self, plan: Plan, slices: Sequence[Slice]) -> Saved:
        stored = self._stored(plan.as_of)
        slices = [_without_setbacks(one, stored) for one in slices]
        self._register(slices)
        changed: set[Key] = set()
        if stored.keys() & _keys(slices):
            changed = set(self._connection.execute(sqlfiles.statement("changed")).fetchall())
            slices = [_without(one, stored.keys() - changed) for one in slices]
            self._register(slices)
            self._connection.register("replaced", _replaced(slices, changed))
            self._connection.execute(sqlfiles.statement("supersede"))
        self._connection.execute(sqlfiles.statement("insert"))
        self._frames.write(plan, [one.attempt for one in slices])
        return Saved(plan.as_of, sum(one.pull.num_rows for one in slices), len(changed))

    def _stored(self, as_of: datetime) -> dict[Key, str]:
        query = "select provider, pull_key, outcome from pull where as_of = ?"
        rows = self._connection.execute(query, [utc(as_of)]).fetchall()
        return {(provider, pull_key): outcome for provider, pull_key, outcome in rows}

    def _register(self, slices: Sequence[Slice]) -> None:
        for name in ("pull", "cell", "balance"):
            rows = pa.concat_tables([getattr(one, name) for one in slices])
            self._connection.register(f"incoming_{name}", rows)


def _keys(slices: Iterable[Slice]) -> set[Key]:
    return {(one.attempt.plan.provider, pull_key) for one in slices for pull_key in one.pull_keys}


def _without(one: Slice, keys: Collection[Key]) -> Slice:
    """Leave out the pulls of `keys`; a slice without any of them is given as it is."""
    provider = one.attempt.plan.provider
    kept = [pull_key for pull_key in one.pull_keys if (provider, pull_key) not in keys]
    return one if len(kept) == one.pull.num_rows else one.only(kept)


def _without_setbacks(one: Slice, stored: dict[Key, str]) -> Slice:
    """Leave out pulls that now failed where an answer is stored: it stays what is believed."""
    provider = one.attempt.plan.provider
    ended = zip(one.pull_keys, one.pull["outcome"].to_pylist(), strict=True)
    setbacks = {
        (provider, pull_key)
        for pull_key, outcome in ended
        if outcome not in TRUSTED and stored.get((provider, pull_key)) in TRUSTED
    }
    return _without(one, setbacks)


def _replaced(slices: Sequence[Slice], changed: set[Key]) -> pa.Table:
    """Give the slices that go, each with the instant at which the belief that replaces it was taken."""
    rows = [
        (utc(one.attempt.plan.as_of), one.attempt.plan.provider, pull_key, utc(one.attempt.taken_at))
        for one in slices
        for pull_key in one.pull_keys
        if (one.attempt.plan.provider, pull_key) in changed
    ]
    return table_of(_REPLACED, rows)
