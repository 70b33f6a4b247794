"""The store of one mode: save, look, close periods, compact, publish. Everything that writes to it goes through here.

How it is locked and opened is sessions.py, what is written save.py, which schema it has schema.py; readers open the
published file with ask.py.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Heeded, Imported, Told
from dagster_project.closings.record import Closing
from dagster_project.flows import Flows
from dagster_project.model import Plan
from dagster_project.slices import Slice
from dagster_project.warehouse.closings import Wish, adopt, close
from dagster_project.warehouse.compact import Compacted, compact
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.examine import Before, look_through
from dagster_project.warehouse.flows import replace_flows
from dagster_project.warehouse.frame import FrameWriter
from dagster_project.warehouse.known import Found, Known, Wanted, find, look_up
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.migrate import Migration, migrate
from dagster_project.warehouse.publication import Decision, decide, is_as_seen, is_published
from dagster_project.warehouse.references import Finish, References
from dagster_project.warehouse.revision import note_published, revision_of
from dagster_project.warehouse.save import Saved, Saver
from dagster_project.warehouse.sessions import Sessions
from dagster_project.warehouse.whose import refuse_strangers

PUBLISH_EVERY_SECONDS = 30.0
"""Within a run; publishing copies the whole file (1 GiB in 0.8 s measured)."""

NEVER = float("inf")
"""Seconds between two publications where none is wanted."""


def _as_it_is(slices: Sequence[Slice], _: References) -> list[Slice]:
    return list(slices)


class Store(Sessions):
    """One mode's store, and all that is done to it."""

    def examine(self) -> Before | None:
        """Look whether all of it can be read, and say what it says of itself; None where there is no store.

        Raises:
            BadStoreError: it is damaged.
            PortfolioError: the store is busy or foreign.
        """
        with self.held():
            if not self.is_there:
                return None
            with self._open() as connection:
                return look_through(connection, self._store)

    def copy(self, target: Path) -> tuple[Told, bool]:
        """Put a copy of the store, which is there, at `target`; where it is not published, with what follows from it.

        Gives what the journal said at that moment, and whether the store was published as it is.
        """
        with self.held():
            with self._open() as connection:  # a log that a killed run left behind is taken in
                own = revision_of(connection)
            is_published_now = is_published(own, self._published)
            shutil.copyfile(self._store, target)
            told = self._journal.read()
        if not is_published_now:
            with writing(target) as connection:
                derive(connection)
        return told, is_published_now

    def compact(self) -> Compacted:
        """Write the store anew, sorted and without gaps, let it take the place of the old one, and publish it.

        Raises:
            BadStoreError: it holds what this program did not make, or the new one is not equal; nothing is changed.
            PortfolioError: the store is busy or foreign, or the disk refused.
        """
        with self.held():
            self._insist_on_one()
            with self._open() as connection:
                decision = decide(connection, self._store, self._published, of_before=None, replaces=False)
                derive(connection)
                note_published(connection)
            done = compact(self._store, self._mode)
            self._publish(replace(decision, is_due=True))  # as it is: what follows from it was made before
        return done

    def save(
        self,
        taken: Iterable[tuple[Plan, Sequence[Slice]]],
        finish: Finish = _as_it_is,
        *,
        is_second: bool = False,
        publish_every: Callable[[list[Saved]], float] = lambda _: NEVER,
    ) -> list[Saved]:
        """Write instant by instant, each in a transaction of its own; what is written stays if a later one fails.

        `finish` completes the slices of an instant by what the store knows; `is_second` as for the `Saver`.
        `publish_every` is asked once all is written: if as many seconds passed without publishing, that is done as
        well, in the same session.

        Raises:
            KnowsMoreError: the published file knows what the store does not.
            PortfolioError: the store is busy, foreign or damaged, or the disk refused.
        """
        with self._there():
            with self._opened_before_publishing() as (connection, of_before):
                saver = Saver(connection, finish, self._journal.note)
                saved = [saver.save(plan.planned, slices, is_second=is_second) for plan, slices in taken]
                decision = None
                if time.monotonic() - self._published_at >= publish_every(saved):
                    decision = self._decide(connection, of_before)
            if decision is not None:
                self._publish(decision)
        return saved

    def heed(self, settings: Heeded) -> None:
        """Let the store know what the settings say of accounts and assets, though no snapshot may be due.

        Raises:
            ForeignStoreError: it holds the history of another portfolio; nothing is changed then.
        """
        with self._session() as connection:
            self._heed(connection, settings)

    def _heed(self, connection: duckdb.DuckDBPyConnection, settings: Heeded) -> None:
        refuse_strangers(connection, self._store, settings.accounts)
        connection.begin()
        FrameWriter(connection, self._journal.note).heed(settings)
        connection.commit()

    def replace_flows(self, flows: Flows, settings: Heeded, attempt_id: str) -> int:
        """Let the store know these flows in place of those it knew of their accounts, and what the settings say.

        All of it in one transaction; `attempt_id` names the stream that keeps their file. Gives how many flows went.

        Raises:
            PortfolioError: the store is busy, foreign or damaged, or the disk refused; nothing is changed then.
        """
        with self._session() as connection:
            refuse_strangers(connection, self._store, settings.accounts)
            connection.begin()
            FrameWriter(connection, self._journal.note).heed(settings)
            gone = replace_flows(connection, flows)
            self._journal.note(Imported(attempt_id))
            connection.commit()
        return gone

    def migrate(self, *, only_try: bool) -> Migration | None:
        """Migrate a store of an older schema after every claim was asked of the copy; None where none is older.

        Raises:
            PortfolioError: the store is busy, foreign, newer or damaged, or the disk refused; it is as it was then.
        """
        with self.held():
            if not self.is_there:
                self.refuse_if_lost()
                return None
            return migrate(self._store, self._mode, datetime.now(UTC), only_try=only_try, judge=True)

    def close(self, wish: Wish, now: datetime) -> Closing:
        """Lock the numbers of a period as they are known now.

        Raises:
            UsageError: it cannot be closed; nothing is changed then.
            PortfolioError: the store is busy, foreign or damaged, or the disk refused.
        """
        self._insist_on_one()
        with self._session() as connection:
            adopt(connection, self.closings)
            derive(connection)
            return close(connection, wish, self.closings, now)

    def known(self, since: datetime, until: datetime) -> Known:
        """Tell what is stored from `since` to `until`, both inclusive."""
        with self._session() as connection:
            return look_up(connection, since, until)

    def look(self, wanted: Wanted | None, settings: Heeded | None = None) -> Found:
        """Tell a run what it wants to know; first let the store know what the settings say, if they are given.

        Raises:
            ForeignStoreError: it holds the history of another portfolio; nothing is changed then.
        """
        with self._session() as connection:
            if settings is not None:
                self._heed(connection, settings)
            return find(connection, wanted)

    def publish(self, *, replaces: bool = False) -> Decision:
        """Publish the store if the published file holds another revision.

        `replaces` publishes in any case, also over a file that knows more. Gives whether it was done.

        Raises:
            LostStoreError: the store is gone.
            KnowsMoreError: the published file knows what the store does not.
            PortfolioError: the store is busy or was not closed, or the disk refused.
        """
        if not self.is_there:
            self.refuse_if_lost()
            return Decision(is_due=False)
        with exclusive(self._lock, self._wait_seconds):
            if not replaces and is_as_seen(self._store, self._published):
                return Decision(is_due=False)
            with self._opened_before_publishing() as (connection, of_before):
                decision = self._decide(connection, of_before, replaces=replaces)
            self._publish(decision)
        return decision
