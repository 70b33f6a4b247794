"""Write a store again from kept answers: each is read as on the day it came, by today's code, in the order of then.

Nothing is asked of anybody. What cannot be read is named and stepped over; everything else is written.
"""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from dagster_project.archive.journal import Begun, Entry, Heeded, Imported, Stored
from dagster_project.archive.layout import IMPORTS, StreamFile
from dagster_project.errors import BadRawError, PortfolioError
from dagster_project.model import Frame, Planned, format_as_of
from dagster_project.slices import Slice
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.imported import read_import
from dagster_project.snapshot.order import Key
from dagster_project.snapshot.take import read_slice
from dagster_project.warehouse.remake import Remaking

ROWS_A_COLLECTION = 50_000
"""Rows are made by the hundred thousand and hold no cycles; collecting every 700 costs a tenth of the time."""

Heard = Callable[[int, int, datetime], None]
"""Told of each instant that was written: how many entries are done, of how many, and which instant it was."""


class Replay:
    """Writes entry by entry into a store in the making."""

    def __init__(self, making: Remaking, streams: Mapping[Key, StreamFile], heard: Heard) -> None:
        """Read from `streams`, tell `heard`."""
        self._making = making
        self._streams = streams
        self._heard = heard
        self._heeded = Heeded((), ())
        self._done: set[Key] = set()
        self._played = 0
        self._known = 0
        self.findings: list[Finding] = []

    @property
    def stored(self) -> Collection[Key]:
        """The attempts that were written."""
        return self._done

    def play(self, entries: Iterable[Entry]) -> None:
        """Write what entries tell of; of a line whose commit failed the one that told it again counts."""
        entries = list(entries)
        self._known += len(entries)
        last = {key: place for place, one in enumerate(entries) if isinstance(one, Stored) for key in one.attempts}
        with _few_collections():
            for place, entry in enumerate(entries):
                self._played += 1
                match entry:
                    case Heeded():
                        self._heeded = entry
                        self._making.heed(entry)
                    case Imported():
                        self._import(entry)
                    case Stored():
                        self._store(entry, [key for key in entry.attempts if last[key] == place])
                    case Begun():
                        pass

    def _store(self, entry: Stored, keys: list[Key]) -> None:
        slices = [one for key in keys if key not in self._done and (one := self._read(entry, key)) is not None]
        if not slices:
            return
        frame = Frame(
            as_of=entry.as_of,
            accounts=self._heeded.accounts,
            cron=entry.cron,
            start=entry.start,
            grace_minutes=entry.grace_minutes,
            settings_sha256=entry.settings_sha256,
            rules=self._heeded.rules,
            accepted=self._heeded.accepted,
            prices=self._heeded.prices,
        )
        self._making.save(Planned(frame, entry.pulls, entry.cells), slices, is_second=entry.is_second)
        self._done |= {(one.attempt.plan.provider, one.attempt.attempt_id) for one in slices}
        self._heard(self._played, self._known, entry.as_of)

    def _read(self, entry: Stored, key: Key) -> Slice | None:
        provider, attempt_id = key
        stream = self._streams.get(key)
        if stream is None:
            place = f"{provider} {format_as_of(entry.as_of)} {attempt_id}"
            remedy = "put the file back from a backup, or name [raw].archive_dir where it was moved to"
            self.findings.append(Finding(place, "its raw stream is gone", remedy))
            return None
        try:
            return read_slice(stream)
        except PortfolioError as error:
            self.findings.append(finding_of(stream, error))
            return None

    def _import(self, entry: Imported) -> None:
        stream = self._streams.get((IMPORTS, entry.attempt_id))
        if stream is None:
            remedy = "put it back from a backup, or import your file again"
            self.findings.append(Finding(f"import {entry.attempt_id}", "the kept file of flows is gone", remedy))
            return
        try:
            flows = read_import(stream)
        except PortfolioError as error:
            self.findings.append(finding_of(stream, error))
            return
        self._making.replace_flows(flows)


def finding_of(stream: StreamFile, error: PortfolioError) -> Finding:
    """Say what is wrong with a stream, in the words of the error without its place."""
    words = str(error).removeprefix(f"{stream.path}: ")
    remedy = "restore the file from a backup, then rebuild again"
    if isinstance(error, BadRawError):
        words = words.partition("; restore")[0]
    return Finding(str(stream.path), words, remedy)


@contextmanager
def _few_collections() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(ROWS_A_COLLECTION)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
