"""Make a lost or damaged store again from the published file, and add what raw answers tell beyond it.

For what raw answers cannot give: a history that was imported, answers whose raw streams are gone. What both tell is
made again from raw answers alone by rebuild.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from dagster_project.archive.journal import NAME, Begun, Entry, Heeded, Imported, Journal, Stored, Told
from dagster_project.errors import (
    BadStoreError,
    DiskError,
    ForeignStoreError,
    KnowsMoreError,
    NoStoreError,
    UsageError,
)
from dagster_project.settings.load import Settings
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.order import Key, ordered, silent_on
from dagster_project.snapshot.plan import heeded_by
from dagster_project.snapshot.rebuild import streams_of
from dagster_project.snapshot.replay import Heard, Replay
from dagster_project.snapshot.stores import store_of
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.publication import further_than
from dagster_project.warehouse.remake import put_in_place, remove
from dagster_project.warehouse.restoring import Origin, Restoring, restoring
from dagster_project.warehouse.store import Store


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of it: what the file held, how many attempts raw answers added, how many closings were written back.

    `aside` is where the store before is kept, None where there was none; `findings` name what could not be added.
    """

    origin: Origin
    added: int
    closings: int
    findings: Sequence[Finding]
    aside: Path | None


def restore(settings: Settings, source: Path | None, now: datetime, heard: Heard) -> Restored:
    """Make the store of the published file at `source`, by default the one of the settings, and publish it.

    Raises:
        UsageError: there is no such file, or the store is whole and lacks nothing of it.
        KnowsMoreError: the published file of the settings knows more than the one that is named.
        StoreBusyError: a rebuild is going on, or somebody writes to the store.
        BadStoreError: the file is damaged, or no history.
        ForeignStoreError: it is of another mode, portfolio or newer program. Nothing is changed in each case.
        DiskError: the disk refused.
    """
    paths = settings.paths
    source = source or paths.published
    store = store_of(settings)
    new = paths.store.with_name(f".{paths.store.name}.restored")
    with exclusive(paths.root / "rebuild.lock", 0):
        is_whole = _is_whole(store)
        with store.held():
            if is_whole and source.exists() and not further_than(paths.store, source):
                raise UsageError(f"{paths.store}: it is whole and lacks nothing of {source}, so nothing is restored")
            journal = Journal(paths.raw)
            told = journal.read()
            try:
                with restoring(new, source, settings.mode, settings.accounts, now, complete) as making:
                    begun = making.origin.before.begun
                    _insist_on_one_portfolio(paths.raw, source, told, begun)
                    done, entries = _add(making, settings, told, heard)
                    _insist_on_all(making, paths.published, source)
                    count = making.keep_closings(store.closings)
                if told.faults or not told.begun:
                    journal.replace([begun, *entries], journal.path.with_name(f"{now:%Y%m%dT%H%M%SZ}.{NAME}"))
                journal.note(heeded_by(settings))
                aside = paths.store.with_name(f"store.{now:%Y%m%dT%H%M%SZ}.duckdb")
                put_in_place(new, paths.store, aside)
            finally:
                remove(new)
    store.publish()
    return Restored(making.origin, len(done.stored), count, done.findings, aside if aside.exists() else None)


def _is_whole(store: Store) -> bool:
    """Tell whether there is a store that can be read to its end."""
    try:
        return store.examine() is not None
    except (BadStoreError, DiskError, NoStoreError):
        return False


def _insist_on_one_portfolio(raw: Path, source: Path, told: Told, begun: Begun) -> None:
    if told.begun is not None and told.begun.portfolio_id != begun.portfolio_id:
        raise ForeignStoreError(
            f"{source}: it is of portfolio {begun.portfolio_id}, the raw answers in {raw} are of "
            f"{told.begun.portfolio_id}; put the raw answers of that one there, or restore in a new data folder"
        )


def _add(making: Restoring, settings: Settings, told: Told, heard: Heard) -> tuple[Replay, list[Entry]]:
    """Add what the journal and raw streams tell and the file does not hold; gives all that they tell, too."""
    streams, known = streams_of(settings), making.origin.before.attempts
    entries: list[Entry] = [one for one in ordered(told, silent_on(told, streams, known)) if not isinstance(one, Begun)]
    replay = Replay(making, streams, heard)
    replay.play(_beyond(entries, known))
    making.heed(heeded_by(settings))
    return replay, entries


def _beyond(entries: Sequence[Entry], known: frozenset[Key]) -> list[Entry]:
    """Give the entries that a file with these attempts may lack, and all imports: the same again changes nothing."""
    found: list[Entry] = []
    heeded: Heeded | None = None
    for entry in entries:
        match entry:
            case Heeded():
                heeded = entry
            case Imported():
                found.append(entry)
            case Stored():
                lacking = tuple(key for key in entry.attempts if key not in known)
                if lacking:
                    found += [heeded] if heeded is not None else []
                    found.append(replace(entry, attempts=lacking))
    return found


def _insist_on_all(making: Restoring, published: Path, source: Path) -> None:
    """Refuse a file that knows less than the one that users open."""
    if source != published and published.exists() and (more := making.lacks(published)):
        raise KnowsMoreError(
            f"{published}: it knows what {source} does not ({more.words()}), so nothing is changed; "
            "run `portfolio restore` without a file, or move it away first"
        )
