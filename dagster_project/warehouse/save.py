"""Save what a snapshot brought: replace slice by slice, in one transaction an instant.

The same answers saved twice change nothing; a slice that differs moves to what was believed before; an attempt that
failed never replaces an answer. Which connection and which lock is store.py, what holds for an instant is frame.py.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from dagster_project.archive.journal import Stored
from dagster_project.columns import INSTANT, Table
from dagster_project.model import TRUSTED, Outcome, Planned, utc
from dagster_project.slices import Slice, table_of
from dagster_project.tables import BALANCE, CELL, HISTORY, POSITION, PULL, UNWATCHED
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.attempts import turns, unwritten
from dagster_project.warehouse.connect import rolled_back
from dagster_project.warehouse.earlier_plan import leave_earlier_plan
from dagster_project.warehouse.frame import FrameWriter, Note
from dagster_project.warehouse.references import Finish, References
from dagster_project.warehouse.revision import advance

_NAMED = pa.schema([*(PULL.schema.field(name) for name in ("as_of", "provider", "pull_key")), ("taken_at", INSTANT)])


_OF_ASKED_ACCOUNTS = """exists (
    from incoming_cell as asked
    where asked.provider = {table}.provider and asked.pull_key = {table}.pull_key
        and asked.account_id = {table}.account_id{chain}
)"""
_OF_ASKED_CHAINS = " and asked.chain_id = {table}.chain_id"
"""A pull may be asked of fewer accounts or chains than before: what it answered of one that left the settings stays."""


def _asked(table: Table) -> str:
    """Give the condition that a row of a table is of what the incoming pull of its name was asked for."""
    if table not in (CELL, BALANCE, POSITION, UNWATCHED):
        return "true"
    chain = "" if table is UNWATCHED else _OF_ASKED_CHAINS.format(table=table.name)
    return _OF_ASKED_ACCOUNTS.format(table=table.name, chain=chain)


def _for_each_table(statement: str, joined_by: str = "") -> str:
    """Fill a statement of sql/store in for every table of the history."""
    text = sqlfiles.statement(statement)
    return joined_by.join(
        text.format(table=table.name, belief=", ".join(table.belief), asked=_asked(table)) for table in HISTORY
    )


_CELL = ("pull_key", "account_id", "chain_id", "layer")
Key = tuple[str, str]
"""A pull within an instant: provider and pull key."""


class Doubted(NamedTuple):
    """A pull whose answer lacks what was there; open until a second answer, believed where single assets are gone."""

    provider: str
    pull_key: str
    outcome: Outcome
    is_open: bool
    is_believed: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save changed: pulls added or replaced, and of them how many stood there differently before.

    `doubted` names the pulls whose answer lacks something, `beside` by instant those of the instants next to this one
    whose answers had been in doubt and were settled anew.
    """

    as_of: datetime
    pulls: int
    superseded: int
    doubted: tuple[Doubted, ...] = ()
    beside: Mapping[datetime, tuple[Doubted, ...]] = field(default_factory=dict)


class Saver:
    """Saves instants through one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, finish: Finish, note: Note) -> None:
        """Use `connection`, which is open to write; `finish` completes what slices leave open.

        `note` is told of what is about to be committed.
        """
        self._connection = connection
        self._finish = finish
        self._note = note
        self.frames = FrameWriter(connection, note)

    def save(self, plan: Planned, slices: Sequence[Slice], *, is_second: bool = False) -> Saved:
        """Write the slices of one instant in one transaction, or nothing of them.

        Slices of one provider stand in the order in which they were taken: a later one replaces what it asked again.
        `is_second` says that they answer what the same run has asked before.
        The steps of the instant are forgotten, so that what follows from them is made anew, though no clock went on.
        An attempt that the store has is left out, so that each is stored once whoever brings it.
        """
        if not slices:
            return Saved(plan.as_of, 0, 0)
        self._connection.begin()
        try:
            self._connection.execute("set variable counted_at = ?", [utc(plan.as_of)])
            slices = unwritten(self._connection, plan.as_of, slices)
            if not slices:  # another run was first
                doubted = self._settle(plan.as_of)
                self._connection.rollback()
                return Saved(plan.as_of, 0, 0, doubted)
            is_stored = bool(self._stored(plan.as_of))
            settled_at = utc(max(one.attempt.taken_at for one in slices))
            if is_stored:
                self._connection.execute(sqlfiles.statement("before_settling"))
            saved = [self._save(plan, turn, is_second=is_second) for turn in turns(slices)]
            doubted = self._settle(plan.as_of)
            self._connection.execute("set variable settled_at = ?", [settled_at])
            if is_stored:
                self._connection.execute(sqlfiles.statement("resettled"))
            self._forget_steps(plan.as_of)
            beside = self._settle_beside(plan.as_of)
            advance(self._connection)
            self._note(_stored(plan, slices, is_second=is_second))
            self._connection.commit()
        except BaseException:
            rolled_back(self._connection)
            self.frames = FrameWriter(self._connection, self._note)
            raise
        return Saved(plan.as_of, sum(one.pulls for one in saved), sum(one.superseded for one in saved), doubted, beside)

    def _save(self, plan: Planned, slices: Sequence[Slice], *, is_second: bool) -> Saved:
        stored = self._stored(plan.as_of)
        slices = self._finish(slices, References(self._connection, plan.as_of))
        setbacks = [self._setbacks(plan.as_of, one, stored) for one in slices]
        added = self._added_by_setbacks(plan.as_of, slices, setbacks)
        slices = [_without(one, keys) for one, keys in zip(slices, setbacks, strict=True)]
        self._register(slices)
        changed: set[Key] = set()
        convinced: set[Key] = set()
        if stored.keys() & _keys(slices):
            changed = set(self._connection.execute(_for_each_table("changed", " union ")).fetchall())
            unconvincing = self._unconvincing(plan.as_of, is_second=is_second)
            self._confirm(slices, stored.keys() - changed - unconvincing)
            slices = [_without(one, stored.keys() - changed) for one in slices]
            self._register(slices)
            convinced = self._lacking_the_same(plan.as_of, is_second=is_second) - unconvincing
            self._connection.register("replaced", _named(slices, changed))
            self._connection.execute(_for_each_table("supersede"))
        if stored:
            slices = leave_earlier_plan(self._connection, plan.as_of, slices, stored)
            self._register(slices, added)
        self._connection.execute(_for_each_table("insert"))
        self._confirm(slices, convinced)
        self._describe_assets(slices)
        self.frames.write(plan, [one.attempt for one in slices])
        return Saved(plan.as_of, sum(one.pull.num_rows for one in slices), len(changed))

    def _stored(self, as_of: datetime) -> dict[Key, str]:
        query = "select provider, pull_key, outcome from pull where as_of = ?"
        rows = self._connection.execute(query, [utc(as_of)]).fetchall()
        return {(provider, pull_key): outcome for provider, pull_key, outcome in rows}

    def _confirm(self, slices: Sequence[Slice], again: Collection[Key]) -> None:
        """Note which stored pulls were answered again with the same, or lack the same."""
        rows = _named(slices, again)
        if rows.num_rows:
            self._connection.register("confirmed", rows)
            self._connection.execute(sqlfiles.statement("confirm"))

    def _unconvincing(self, as_of: datetime, *, is_second: bool) -> set[Key]:
        """Name the pulls that are still in doubt when they say the same again."""
        asked = {"as_of": utc(as_of), "is_second": is_second}
        return set(self._connection.execute(sqlfiles.statement("unconvincing"), asked).fetchall())

    def _lacking_the_same(self, as_of: datetime, *, is_second: bool) -> set[Key]:
        """Name the pulls in doubt whose new answer, with other prices or amounts, lacks nothing further."""
        asked = {"as_of": utc(as_of), "is_second": is_second}
        return set(self._connection.execute(sqlfiles.statement("lacks_the_same"), asked).fetchall())

    def _settle(self, as_of: datetime) -> tuple[Doubted, ...]:
        """Settle what counts and what is in doubt at the instant; gives the pulls in doubt."""
        at = {"as_of": utc(as_of)}
        if self._connection.execute(sqlfiles.statement("has_positions"), at).fetchall()[0][0]:
            self._connection.execute(sqlfiles.statement("count"))
        if self._connection.execute(sqlfiles.statement("shared_cells"), at).fetchall()[0][0]:
            self._connection.execute(sqlfiles.statement("listed_twice"))
        if not self._connection.execute(sqlfiles.statement("is_doubtful")).fetchall()[0][0]:
            return ()
        rows = self._connection.execute(sqlfiles.statement("doubt")).fetchall()
        return tuple(Doubted(provider, key, Outcome(outcome), *how) for provider, key, outcome, *how in rows)

    def _settle_beside(self, as_of: datetime) -> dict[datetime, tuple[Doubted, ...]]:
        """Settle anew what is in doubt at the instants before and behind, and beside each that is settled so."""
        settled: dict[datetime, tuple[Doubted, ...]] = {}
        waiting = [as_of]
        while waiting:
            beside = {"as_of": utc(waiting.pop())}
            for (instant,) in self._connection.execute(sqlfiles.statement("doubted_beside"), beside).fetchall():
                other = instant.replace(tzinfo=UTC)
                if other in settled or other == as_of:
                    continue
                self._connection.execute("set variable counted_at = ?", [instant])
                self._connection.execute(sqlfiles.statement("before_settling"))
                settled[other] = self._settle(other)
                if self._connection.execute(sqlfiles.statement("settled")).fetchall()[0][0]:
                    self._connection.execute(sqlfiles.statement("resettled"))
                    self._forget_steps(other)
                    waiting.append(other)
        return settled

    def _forget_steps(self, as_of: datetime) -> None:
        """Let what changed from and to an instant be made anew."""
        self._connection.execute("delete from cell_step where ? in (as_of, previous_as_of)", [utc(as_of)])
        self._connection.execute("delete from price_point where as_of = ?", [utc(as_of)])

    def _describe_assets(self, slices: Sequence[Slice]) -> None:
        """Keep what providers newly say of assets; what they said before stays."""
        described = pa.concat_tables([one.asset for one in slices])
        if described.num_rows:
            self._connection.register("incoming_asset", described)
            self._connection.execute(sqlfiles.statement("describe"))

    def _setbacks(self, as_of: datetime, one: Slice, stored: Mapping[Key, str]) -> set[Key]:
        """Name the pulls that now failed, or whose answer now lacks a cell, where an answer is stored: that stays."""
        provider = one.attempt.plan.provider
        ended = zip(one.pull_keys, one.pull["outcome"].to_pylist(), strict=True)
        known = {pull_key: outcome for pull_key, outcome in ended if stored.get((provider, pull_key)) in TRUSTED}
        failed = {(provider, pull_key) for pull_key, outcome in known.items() if outcome not in TRUSTED}
        cells = zip(*(one.cell[name].to_pylist() for name in ("outcome", *_CELL)), strict=True)
        lacking = {tuple(cell) for outcome, *cell in cells if outcome not in TRUSTED and cell[0] in known}
        if not {pull_key for pull_key, *_ in lacking} - {pull_key for _, pull_key in failed}:
            return failed
        query = "select pull_key, account_id, chain_id, layer, outcome from cell where as_of = ? and provider = ?"
        rows = self._connection.execute(query, [utc(as_of), provider]).fetchall()
        answered = {tuple(cell) for *cell, outcome in rows if outcome in TRUSTED}
        return failed | {(provider, pull_key) for pull_key, *_ in lacking & answered}

    def _added_by_setbacks(
        self, as_of: datetime, slices: Sequence[Slice], setbacks: Sequence[Collection[Key]]
    ) -> list[pa.Table]:
        """Give rows for cells that a pull covers since it answered, where it now failed: they were asked for too."""
        failed = [(one, keys) for one, keys in zip(slices, setbacks, strict=True) if keys]
        if not failed:
            return []
        query = "select provider, account_id, chain_id, layer from cell where as_of = ?"
        known = set(self._connection.execute(query, [utc(as_of)]).fetchall())
        return [_of_new_cells(one, keys, known) for one, keys in failed]

    def _register(self, slices: Sequence[Slice], added_cells: Sequence[pa.Table] = ()) -> None:
        for table in HISTORY:
            rows = pa.concat_tables([getattr(one, table.name) for one in slices])
            if table is CELL and added_cells:
                rows = pa.concat_tables([rows, *added_cells])
            self._connection.register(f"incoming_{table.name}", rows)


def _stored(plan: Planned, slices: Sequence[Slice], *, is_second: bool) -> Stored:
    """Give what the journal says of an instant."""
    frame = plan.frame
    attempts = tuple((one.attempt.plan.provider, one.attempt.attempt_id) for one in slices)
    about = (frame.cron, frame.start, frame.grace_minutes, frame.settings_sha256, plan.pulls, plan.cells)
    return Stored(frame.as_of, *about, attempts, is_second)


def _keys(slices: Iterable[Slice]) -> set[Key]:
    return {(one.attempt.plan.provider, pull_key) for one in slices for pull_key in one.pull_keys}


def _without(one: Slice, keys: Collection[Key]) -> Slice:
    """Leave out the pulls of `keys`; a slice without any of them is given as it is."""
    provider = one.attempt.plan.provider
    kept = [pull_key for pull_key in one.pull_keys if (provider, pull_key) not in keys]
    return one if len(kept) == one.pull.num_rows else one.only(kept)


def _of_new_cells(one: Slice, keys: Collection[Key], known: Collection[tuple[str, str, str, str]]) -> pa.Table:
    """Give the cell rows of these pulls whose cells the provider was not asked for before."""
    rows = zip(*(one.cell[name].to_pylist() for name in ("provider", *_CELL)), strict=True)
    return one.cell.filter(pa.array([
        (provider, pull_key) in keys and (provider, *cell) not in known for provider, pull_key, *cell in rows
    ], pa.bool_()))  # fmt: skip


def _named(slices: Sequence[Slice], keys: Collection[Key]) -> pa.Table:
    """Give the pulls of `keys` that stand in the slices, each with the instant at which it was taken."""
    rows = [
        (utc(one.attempt.plan.as_of), one.attempt.plan.provider, pull_key, utc(one.attempt.taken_at))
        for one in slices
        for pull_key in one.pull_keys
        if (one.attempt.plan.provider, pull_key) in keys
    ]
    return table_of(_NAMED, rows)
