"""Make a store anew beside the old one, and put it in its place: what is written into it is snapshot/replay.py.

The old one is only ever read; until the new one takes its place it stays what it is.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Begun, Heeded
from dagster_project.changes import CHANGE, MOVEMENT
from dagster_project.disk import keep_beside, sync_folder
from dagster_project.errors import BadStoreError, DiskError
from dagster_project.flows import Flows
from dagster_project.model import Planned
from dagster_project.registers import (
    ACCEPTED,
    ACCOUNT,
    ASSET,
    ATTEMPT,
    CADENCE,
    FLOW,
    FLOWSPAN,
    LISTED,
    LISTEDRECEIPT,
    PRICING,
    RULE,
    TICK,
    UNCOVERED,
)
from dagster_project.slices import Slice
from dagster_project.tables import HISTORY, SNAPSHOT
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.compare import (
    Difference,
    ReadOtherwise,
    attached,
    attached_published,
    differences,
    name_of,
    read_otherwise,
    tables_of,
)
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.flows import replace_flows
from dagster_project.warehouse.references import Finish
from dagster_project.warehouse.save import Saver
from dagster_project.warehouse.template import make_empty

_BEFORE = "before"
_TOLD = (
    SNAPSHOT, ATTEMPT, ACCOUNT, ACCEPTED, ASSET, RULE, PRICING, CADENCE, TICK, FLOW, FLOWSPAN, CHANGE, MOVEMENT,
    UNCOVERED, LISTED, LISTEDRECEIPT,
)  # fmt: skip
_BY_IMPORT = (FLOW.name, FLOWSPAN.name)


class Remaking:
    """A store in the making: takes what a live one takes, in the same order, and tells nobody."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, finish: Finish) -> None:
        """Write through `connection`; `finish` completes what slices leave open."""
        self._connection = connection
        self._saver = Saver(connection, finish, lambda _: None)

    def save(self, plan: Planned, slices: Sequence[Slice], *, is_second: bool) -> None:
        """Write the slices of one instant; `is_second` as when they were written first."""
        self._saver.save(plan, slices, is_second=is_second)

    def heed(self, heeded: Heeded) -> None:
        """Write what the settings said of accounts and assets."""
        self._connection.begin()
        self._saver.frames.heed(heeded)
        self._connection.commit()

    def replace_flows(self, flows: Flows) -> None:
        """Write what an import of known flows said."""
        self._connection.begin()
        replace_flows(self._connection, flows)
        self._connection.commit()

    def carry_over(self, before: Path, *, is_published: bool = False) -> dict[str, int]:
        """Take over from the store, or the published file, at `before` what answers do not tell; gives rows by table.

        That is every table that neither raw answers nor other tables say, and flows that were imported before their
        files were kept.
        """
        carried = {}
        with (attached_published if is_published else attached)(self._connection, before, _BEFORE):
            theirs = tables_of(self._connection, _BEFORE)
            for table, columns in tables_of(self._connection, name_of(self._connection)).items():
                if table in theirs and (table not in _remade() or table in _BY_IMPORT):
                    shared = ", ".join(name for name in columns if name in theirs[table])
                    rest = " anti join flowspan using (account_id)" if table in _BY_IMPORT else ""
                    carried[table] = self._carry(table, shared, rest)
        return {table: count for table, count in carried.items() if count}

    def _carry(self, table: str, columns: str, rest: str) -> int:
        source = f"select {columns} from {_BEFORE}.{table}{rest}"  # noqa: S608 - names of our own schema
        rows = self._connection.execute(f"insert into {table} ({columns}) {source}").fetchall()
        return int(rows[0][0])

    def derive(self) -> None:
        """Make what follows from the history."""
        derive(self._connection)

    def compared(self, before: Path) -> tuple[list[Difference], list[ReadOtherwise]]:
        """Hold it against the closed store at `before`, row for row."""
        with attached(self._connection, before, _BEFORE):
            return differences(self._connection, _BEFORE), read_otherwise(self._connection, _BEFORE)


def _remade() -> set[str]:
    """Name the tables that raw answers and journal tell, or that follow from others."""
    told = {table.name for table in (*HISTORY, *_TOLD)} | {f"{table.name}_superseded" for table in HISTORY}
    return told | {"store"} | {table.name for table in sqlfiles.derived()}


@contextmanager
def remaking(path: Path, begun: Begun, finish: Finish) -> Iterator[Remaking]:
    """Make a new store at `path`, in place of what an earlier try left there."""
    remove(path)
    make_empty(path, begun)
    with writing(path) as connection:
        yield Remaking(connection, finish)


def put_in_place(new: Path, store: Path, aside: Path | None) -> None:
    """Let the closed database at `new` be the store; the one before is kept at `aside`, if that is named.

    Only under the store's lock.

    Raises:
        BadStoreError: the new one was not closed whole, or the store was not and nothing is to be kept of it.
        DiskError: the disk refused; the store is what it was.
    """
    if _log(new).exists():
        raise BadStoreError(f"{new}: it was not closed whole, the disk may be full; free space, then run again")
    if aside is None and _log(store).exists():  # it would be taken for the new one's, which it does not fit
        words = "its write-ahead log is still there, so it was not closed whole"
        raise BadStoreError(f"{store}: {words}; free space, then run again, nothing is changed")
    try:
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        if aside and store.exists():
            keep_beside(store, aside)
        if aside and _log(store).exists():  # of a run that was killed; it belongs to the file that it was written for
            _log(store).replace(_log(aside))
        new.replace(store)
        sync_folder(store.parent)
    except OSError as error:
        raise DiskError(f"{store}: the disk refused ({error.strerror}); free space, then run again") from error


def remove(path: Path) -> None:
    """Remove a database that nobody has open, with its write-ahead log."""
    for one in (path, _log(path)):
        with suppress(FileNotFoundError):
            one.unlink()


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
