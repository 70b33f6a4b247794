"""Write what holds for a snapshot as a whole: its attempts, its row, the cadence with its ticks, accounts and rules.

Within one connection it remembers what it wrote, so that a backfill of many instants does not look it up each time.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import duckdb

from dagster_project import cadence
from dagster_project.accepted import Accepted
from dagster_project.archive.journal import Entry, Heeded
from dagster_project.columns import Table
from dagster_project.model import Account, Attempt, Frame, Planned, Rule, utc
from dagster_project.prices import PricePolicy, listed_stablecoins
from dagster_project.receipts import shipped_receipts
from dagster_project.registers import ACCEPTED, ACCOUNT, LISTED, LISTEDRECEIPT, RULE, TICK, UNCOVERED
from dagster_project.slices import table_of
from dagster_project.uncovered import Uncovered
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.revision import advance

_NEXT = timedelta(microseconds=1)

Note = Callable[[Entry], None]
"""Told of what is about to be committed, for the journal."""


def _cells(uncovered: Sequence[Uncovered], watched: Sequence[Account]) -> Iterator[tuple[str, str, str, list[str]]]:
    """Give account, chain, layer and who could be asked of each cell that nobody is asked for."""
    for one in uncovered:
        for account in watched:
            if one.chain_id in account.chains and (not one.account_ids or account.account_id in one.account_ids):
                yield from ((account.account_id, one.chain_id, layer, list(one.could_ask)) for layer in one.layers)


class FrameWriter:
    """Writes frames through one connection, inside the caller's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, note: Note) -> None:
        """Look up what the store says of cadence, ticks and accounts."""
        self._connection = connection
        self._note = note
        self._cron = self._last_cron()
        first, last = connection.execute("select min(as_of), max(as_of) from tick").fetchall()[0]
        self._ticks = (first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)) if first else None
        self._heeded: Heeded | None = None
        self._uncovered: tuple[tuple[tuple[Uncovered, ...], tuple[Account, ...]], str] | None = None

    def write(self, plan: Planned, attempts: Sequence[Attempt]) -> None:
        """Write the frame of one instant; what the store says already is left as it is."""
        frame, as_of = plan.frame, utc(plan.as_of)
        taken_at = utc(max(one.taken_at for one in attempts))
        for one in attempts:
            row = [as_of, one.plan.provider, one.attempt_id, utc(one.taken_at)]
            self._connection.execute("insert into attempt values (?, ?, ?, ?)", row)
        uncovered_id = self._write_uncovered(max(attempts, key=lambda one: (one.taken_at, one.attempt_id)).plan.frame)
        planned = (plan.pulls, plan.cells, frame.settings_sha256)
        about = [as_of, frame.cron, frame.grace_minutes, *planned, taken_at, uncovered_id]
        self._connection.execute("delete from snapshot where as_of = ?", [as_of])
        self._connection.execute("insert into snapshot values (?, ?, ?, ?, ?, ?, ?, ?)", about)
        self._write_cadence(frame, taken_at)
        self.heed(Heeded(frame.accounts, frame.rules, frame.accepted, frame.prices))

    def heed(self, settings: Heeded) -> None:
        """Make the tables that keep settings say what they say: accounts, rules, accepted gaps, prices."""
        if settings == self._heeded:
            return
        written = (
            self._write_accounts(settings.accounts),
            self._write_rules(settings.rules),
            self._write_accepted(settings.accepted),
            self._write_prices(settings.prices),
        )
        self._write_receipts()
        is_listed_anew = settings.listed is not None and self._write_listed(settings.listed)
        if any(written) or is_listed_anew:
            advance(self._connection)
            self._note(settings if is_listed_anew else settings.without_listed())
        self._heeded = settings

    def _write_uncovered(self, frame: Frame) -> str | None:
        """Keep which cells a plan asks nobody for, once for all plans that lack the same; give their id."""
        if frame.uncovered is None:
            return None
        watched = tuple(one for one in frame.accounts if one.is_watched_at(frame.as_of))
        if self._uncovered is None or self._uncovered[0] != (frame.uncovered, watched):
            cells = sorted(_cells(frame.uncovered, watched))
            uncovered_id = sha256(json.dumps(cells).encode()).hexdigest()
            rows = table_of(UNCOVERED.schema, [(uncovered_id, *cell) for cell in cells])
            self._connection.register("incoming_uncovered", rows)
            self._connection.execute(sqlfiles.statement("uncovered"))
            self._uncovered = (frame.uncovered, watched), uncovered_id
        return self._uncovered[1]

    def _last_cron(self) -> str | None:
        rows = self._connection.execute("select arg_max(cron, recorded_at) from cadence").fetchall()
        return None if rows[0][0] is None else str(rows[0][0])

    def _write_cadence(self, frame: Frame, taken_at: datetime | None) -> None:
        """Keep every cadence with its first instant, and every tick that was ever due."""
        if self._cron != frame.cron:
            since = utc(frame.as_of if self._cron else frame.start)
            self._connection.execute("insert into cadence values (?, ?, ?)", [frame.cron, since, taken_at])
            self._cron = self._last_cron()
        due = self._due(frame)
        if due:
            self._connection.register("incoming_tick", table_of(TICK.schema, [(utc(tick), frame.cron) for tick in due]))
            self._connection.execute(sqlfiles.statement("ticks"))
            known = [*(self._ticks or ()), *due]
            self._ticks = (min(known), max(known))

    def _due(self, frame: Frame) -> list[datetime]:
        """Give the ticks up to the snapshot's that the store may not know, and the snapshot's own if it is none."""
        if self._ticks is None:
            return sorted({frame.as_of, *cadence.ticks(frame.cron, frame.start, frame.as_of)})
        first, last = self._ticks
        before = cadence.ticks(frame.cron, frame.start, first - _NEXT) if frame.start < first else ()
        after = cadence.ticks(frame.cron, last + _NEXT, frame.as_of) if last < frame.as_of else ()
        own = (frame.as_of,) if frame.as_of < last else ()
        return sorted({*before, *own, *after})

    def _write_accounts(self, accounts: tuple[Account, ...]) -> bool:
        """Tell whether that changed anything."""
        rows = [
            (one.account_id, one.address, one.label, list(one.groups), utc(one.since), utc(one.until), True)
            for one in accounts
        ]
        stored = self._connection.execute("from account where is_watched").fetchall()
        is_new = sorted(stored) != sorted(rows)
        if is_new:
            self._connection.register("incoming_account", table_of(ACCOUNT.schema, rows))
            self._connection.execute(sqlfiles.statement("watch"))
        return is_new

    def _write_rules(self, rules: tuple[Rule, ...]) -> bool:
        """Tell whether that changed anything."""
        rows = [
            (
                *(one.asset_id, one.treatment, one.group_id, one.same_as, one.receipt_of, one.is_rebasing),
                *(one.price_usd, utc(one.since), utc(one.until)),
            )
            for one in rules
        ]
        return self._write_whole(RULE, rows, "rules")

    def _write_listed(self, listed: tuple[str, ...]) -> bool:
        """Tell whether that changed anything."""
        return self._write_whole(LISTED, [(asset_id,) for asset_id in sorted(set(listed))], "listed")

    def _write_accepted(self, accepted: tuple[Accepted, ...]) -> bool:
        """Tell whether that changed anything."""
        rows = [
            (one.account_id, one.chain_id, one.layer, utc(one.since), utc(one.until), one.reason) for one in accepted
        ]
        return self._write_whole(ACCEPTED, rows, "accepted")

    def _write_receipts(self) -> bool:
        """Keep the list that ships with the program, which no settings change; tell whether that changed anything."""
        return self._write_whole(LISTEDRECEIPT, [astuple(one) for one in shipped_receipts()], "listedreceipt")

    def _write_whole(self, table: Table, rows: list[tuple[Any, ...]], statement: str) -> bool:
        """Let a table hold these rows and no others, by a statement that replaces all; tell whether it held others."""
        is_new = set(self._connection.table(table.name).fetchall()) != set(rows)
        if is_new:
            self._connection.register(f"incoming_{table.name}", table_of(table.schema, rows))
            self._connection.execute(sqlfiles.statement(statement))
        return is_new

    def _write_prices(self, policy: PricePolicy) -> bool:
        """Tell whether that changed anything."""
        row = (policy.carry_hours, sorted(listed_stablecoins() | set(policy.stablecoins)), policy.max_apr)
        is_new = self._connection.execute("from pricing").fetchall() != [row]
        if is_new:
            self._connection.execute("delete from pricing")
            self._connection.execute("insert into pricing values (?, ?, ?)", row)
        return is_new
