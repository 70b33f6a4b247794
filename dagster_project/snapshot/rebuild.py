"""Make the store again from raw answers and journal alone, beside the old one, and put it in its place when whole.

The work of writing is replay.py. Runs may go on meanwhile: the store's lock is held only for what they added, for
the comparison with the store before, and for the exchange.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dagster_project.archive.journal import NAME, Begun, Entry, Journal, Told
from dagster_project.archive.layout import StreamFile, find_all
from dagster_project.errors import BadRawError, BadStoreError, ForeignStoreError, PortfolioError
from dagster_project.settings.load import Settings
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.order import Key, key_of, ordered, silent_on, unvouched
from dagster_project.snapshot.plan import heeded_by
from dagster_project.snapshot.replay import Heard, Replay
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.compare import Difference, ReadOtherwise
from dagster_project.warehouse.examine import Before
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.remake import Remaking, put_in_place, remaking, remove
from dagster_project.warehouse.schema import new_portfolio_id
from dagster_project.warehouse.store import Store


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of a rebuild; `aside` is the store before, None where there was none or it was not kept.

    `is_compared` tells whether the store before could be read; only then differences are known.
    """

    attempts: int
    findings: Sequence[Finding]
    differences: Sequence[Difference]
    read_otherwise: Sequence[ReadOtherwise]
    carried: Mapping[str, int]
    is_compared: bool
    aside: Path | None

    @property
    def is_whole(self) -> bool:
        """Tell whether every answer was read and the store is what it was, but for what is read otherwise today."""
        return not self.findings and (not self.differences or bool(self.read_otherwise))


def streams_of(settings: Settings) -> dict[Key, StreamFile]:
    """Give every kept stream by its attempt: those under raw/, and those that were moved to the archive."""
    folders = [settings.paths.raw, *([settings.raw.archive_dir] if settings.raw.archive_dir else [])]
    return {key_of(stream): stream for folder in reversed(folders) for stream in find_all(folder)}


def rebuild(settings: Settings, now: datetime, heard: Heard, *, discard_old: bool) -> Rebuilt:
    """Make the store again, let it take the old one's place, and publish it.

    The old one is kept beside under the date, unless `discard_old` says otherwise and the new one lacks nothing of it.

    Raises:
        StoreBusyError: another rebuild is going on, or a run holds the store for too long; the store is what it was.
        DiskError: the disk refused; the store is what it was.
        ForeignStoreError: store or journal belong to another mode or a newer version.
        BadRawError: rows of the store would be lost, as no raw answer and no journal tells of them; it is what it was.
    """
    paths = settings.paths
    store = Store(paths.store, paths.published, settings.mode)
    new = paths.store.with_name(f".{paths.store.name}.rebuilt")
    with exclusive(paths.root / "rebuild.lock", 0), ExitStack() as held:
        journal = Journal(paths.raw)
        before = _before(store)
        told = journal.read()
        begun = _begun(told, before, settings.mode, now)
        try:
            with remaking(new, begun, complete) as making:
                streams = streams_of(settings)
                replay = Replay(making, streams, heard)
                known = before.attempts if before else _published(paths.published)
                _insist_on_answers(paths.raw, unvouched(known, streams, told))
                entries = ordered(told, silent_on(told, streams, before.attempts if before else frozenset()))
                replay.play(entries)
                held.enter_context(store.held())
                further = journal.read().entries[len(told.entries) :]
                streams |= streams_of(settings)
                replay.play(further)
                making.heed(heeded_by(settings))
                done = _compared(making, replay, told, paths.store if before else None)
            aside = paths.store.with_name(f"store.{now:%Y%m%dT%H%M%SZ}.duckdb")
            put_in_place(new, paths.store, aside)
        finally:
            remove(new)
        if told.faults or not told.begun:
            journal.replace(_anew(begun, [*entries, *further]), journal.path.with_name(f"{now:%Y%m%dT%H%M%SZ}.{NAME}"))
        journal.note(heeded_by(settings))
    if discard_old and done.is_compared and done.is_whole:
        remove(aside)
    store.publish()
    return replace(done, aside=aside if aside.exists() else None)


def _before(store: Store) -> Before | None:
    """Look at the store that is to be replaced; None where there is none that can be read."""
    try:
        return store.examine()
    except BadStoreError:
        return None


def _published(published: Path) -> frozenset[Key]:
    """Give the attempts that the published file knows; where there is no store it may be the last witness."""
    try:
        rows = query(published, "select provider, attempt_id from attempt").rows
    except PortfolioError:
        return frozenset()
    return frozenset((str(provider), str(attempt_id)) for provider, attempt_id in rows)


def _insist_on_answers(raw: Path, gone: Collection[Key]) -> None:
    """Refuse to make anew what no answer tells: only the store before, or what it published, has those rows."""
    if gone:
        some = ", ".join(sorted({provider for provider, _ in gone}))
        raise BadRawError(
            f"{raw}: lacks the raw answers of {len(gone)} attempts ({some}) that the history has and the journal does "
            "not tell of, so a rebuild would lose their rows, and nothing is changed; put them back from a backup or, "
            "of an imported history, copy that folder from where it was exported"
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
