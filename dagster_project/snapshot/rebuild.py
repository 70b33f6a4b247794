"""Make the store again from raw answers and journal alone, beside the old one, and put it in its place when whole.

The work of writing is replay.py. Runs may go on meanwhile: the store's lock is held only for what they added, for
the comparison with the store before, and for the exchange.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dagster_project.archive.journal import NAME, Begun, Entry, Journal, Told
from dagster_project.archive.layout import StreamFile, find_all
from dagster_project.errors import BadRawError, BadStoreError, DiskError, ForeignStoreError, NoStoreError
from dagster_project.settings.load import Settings
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.future import Cut
from dagster_project.snapshot.order import Key, key_of, ordered, silent_on, unvouched
from dagster_project.snapshot.plan import heeded_by
from dagster_project.snapshot.replay import Heard, Replay
from dagster_project.snapshot.second_clock import insist_on_clock
from dagster_project.snapshot.stores import store_of
from dagster_project.warehouse.compare import Difference, ReadOtherwise
from dagster_project.warehouse.examine import Before
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.lost import published_in
from dagster_project.warehouse.remake import Remaking, put_in_place, remaking, remove
from dagster_project.warehouse.schema import new_portfolio_id
from dagster_project.warehouse.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of a rebuild; `aside` is the store before, None where there was none or it was not kept.

    `is_compared` tells whether the store before could be read; only then differences are known. `published_aside` is
    the published file before, where it knew what the new store does not.
    """

    attempts: int
    findings: Sequence[Finding]
    differences: Sequence[Difference]
    read_otherwise: Sequence[ReadOtherwise]
    carried: Mapping[str, int]
    is_compared: bool
    aside: Path | None
    published_aside: Path | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether every answer was read and the store is what it was, but for what is read otherwise today."""
        is_equal = not self.differences or bool(self.read_otherwise)
        return not self.findings and is_equal and self.published_aside is None


def streams_of(settings: Settings) -> dict[Key, StreamFile]:
    """Give every kept stream by its attempt: those under raw/, and those that were moved to the archive."""
    folders = [settings.paths.raw, *([settings.raw.archive_dir] if settings.raw.archive_dir else [])]
    return {key_of(stream): stream for folder in reversed(folders) for stream in find_all(folder)}


def rebuild(
    settings: Settings, now: datetime, heard: Heard, *, discard_old: bool, drops_future: bool = False
) -> Rebuilt:
    """Make the store again, let it take the old one's place, and publish it.

    The old one is kept beside under the date, unless `discard_old` says otherwise and the new one lacks nothing of it.
    With `drops_future` instants later than `now` are left out, of the journal too, and their streams are set aside.

    Raises:
        StoreBusyError: another rebuild is going on, or a run holds the store for too long; the store is what it was.
        DiskError: the disk refused; the store is what it was.
        ForeignStoreError: store or journal belong to another mode or a newer version.
        ClockError: instants that would be dropped had come when they were answered; nothing is changed.
        BadRawError: rows of the store would be lost, as no raw answer and no journal tells of them; it is what it was.
    """
    paths = settings.paths
    store = store_of(settings)
    if drops_future and not settings.is_simulated:
        insist_on_clock(streams_of(settings).values(), now)
    with exclusive(paths.root / "rebuild.lock", 0):
        done = _replaced(settings, store, now, heard, Cut(now if drops_future else None))
    if discard_old and done.aside and done.is_compared and done.is_whole:
        remove(done.aside)
    published_aside = store.publish(replaces=True).aside  # what lacks is named, and the file before is kept then
    return replace(
        done,
        aside=done.aside if done.aside and done.aside.exists() else None,
        published_aside=None if drops_future else published_aside,  # what was dropped on purpose lacks to nobody
    )


def _replaced(settings: Settings, store: Store, now: datetime, heard: Heard, cut: Cut) -> Rebuilt:
    """Make the store again but for what is cut, and let it and its journal take the place of the old ones."""
    paths, journal = settings.paths, Journal(settings.paths.raw)
    new = paths.store.with_name(f".{paths.store.name}.rebuilt")
    with ExitStack() as held:
        before = _before(store)
        told = journal.read()
        begun = _begun(told, before, settings.mode, now)
        try:
            with remaking(new, begun, complete) as making:
                found = streams_of(settings)
                streams = cut.streams(found)
                replay = Replay(making, streams, heard)
                published = None if before else published_in(paths.published)  # it may be the last witness
                known = before.attempts if before else published.attempts if published else frozenset()
                _insist_on_answers(paths.raw, unvouched(known - cut.attempts(told.entries, found), streams, told))
                entries = cut.entries(ordered(told, silent_on(told, streams, known)))
                replay.play(entries)
                held.enter_context(store.held())
                further = cut.entries(journal.read().entries[len(told.entries) :])
                found |= streams_of(settings)
                streams |= cut.streams(found)
                replay.play(further)
                making.heed(heeded_by(settings))
                done = _compared(making, replay, told, paths.store if before else None)
                if published is not None:
                    done = replace(done, carried=making.carry_over(paths.published, is_published=True))
            aside = paths.store.with_name(f"store.{now:%Y%m%dT%H%M%SZ}.duckdb")
            put_in_place(new, paths.store, aside)
        finally:
            remove(new)
        if told.faults or not told.begun or cut.until:
            journal.replace(_anew(begun, [*entries, *further]), journal.path.with_name(f"{now:%Y%m%dT%H%M%SZ}.{NAME}"))
        cut.set_aside(paths.raw, found)
        journal.note(heeded_by(settings))
    return replace(done, aside=aside)


def _before(store: Store) -> Before | None:
    """Look at the store that is to be replaced; None where there is none that can be read."""
    try:
        return store.examine()
    except (BadStoreError, DiskError, NoStoreError) as error:
        cause = str(error).partition("; ")[0]
        log.warning("%s; it is kept beside and not read, so nothing is compared with it", cause)
        return None


def _insist_on_answers(raw: Path, gone: Collection[Key]) -> None:
    """Refuse to make anew what no answer tells: only the store before, or what it published, has those rows."""
    if gone:
        some = ", ".join(sorted({provider for provider, _ in gone}))
        raise BadRawError(
            f"{raw}: lacks the raw answers of {len(gone)} attempts ({some}) that the history has and the journal does "
            "not tell of, so a rebuild would lose their rows, and nothing is changed; put them back from a backup or, "
            "of an imported history, copy that folder from where it was exported; where the store is gone or damaged, "
            "`portfolio restore` makes it again from the published file"
        )


def _begun(told: Told, before: Before | None, mode: str, now: datetime) -> Begun:
    """Say whose history it is: as the journal does, else as the store before, else anew."""
    begun = told.begun or (before.begun if before else None) or Begun(new_portfolio_id(), mode, now)
    if begun.mode != mode:
        raise ForeignStoreError(
            f"the journal tells of {begun.mode} history, but the settings say {mode}; they never mix"
        )
    return begun


def _compared(making: Remaking, replay: Replay, told: Told, before: Path | None) -> Rebuilt:
    """Complete the new store by what only the old one has, and hold both against each other."""
    carried = making.carry_over(before) if before else {}
    making.derive()
    differences, otherwise = making.compared(before) if before else ([], [])
    remedy = "none is needed: the journal is written anew"
    findings = [Finding(*fault, remedy) for fault in told.faults] + replay.findings
    return Rebuilt(len(replay.stored), findings, differences, otherwise, carried, before is not None, None)


def _anew(begun: Begun, entries: Iterable[Entry]) -> list[Entry]:
    return [begun, *(entry for entry in entries if not isinstance(entry, Begun))]
