"""Import an exported history into a data folder that has none: checked first, loaded beside, in place when whole.

Whether the files are what their descriptor says is checked.py; how a store is made of them is warehouse/incoming.py.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from dagster_project.archive.journal import Begun, Journal
from dagster_project.archive.layout import find_all
from dagster_project.closings import record
from dagster_project.disk import put
from dagster_project.errors import (
    BadRawError,
    BadStoreError,
    DiskError,
    ForeignStoreError,
    ImportedFileError,
    UsageError,
)
from dagster_project.exchange import files
from dagster_project.exchange.checked import described, folder_of, insist_on_intact
from dagster_project.exchange.claimed import insist_on_claims, insist_on_names
from dagster_project.exchange.descriptor import CLOSINGS, NAME, Package
from dagster_project.exchange.files import Form
from dagster_project.settings.load import Settings
from dagster_project.warehouse.facts import Fact, facts_at
from dagster_project.warehouse.incoming import Incoming, Scratch, incoming, is_history, scratch
from dagster_project.warehouse.lost import lost_words
from dagster_project.warehouse.other_clients import log_of
from dagster_project.warehouse.remake import put_in_place, remove
from dagster_project.warehouse.store import Store

Heard = Callable[[str, int], None]
"""Told of each table that is done, and how many rows of it."""


_BOTH = "point PORTFOLIO_DATA at a new folder, or move this one away"
_UNPUBLISHED = (
    "it is not published, as after an import that was stopped: run `portfolio publish`, or point PORTFOLIO_DATA at a "
    "new folder"
)


@dataclass(frozen=True, slots=True)
class Brought:
    """What was imported, and whether raw answers lie beside it."""

    package: Package
    has_raw: bool


def bring(settings: Settings, place: Path, now: datetime, heard: Heard, accepted: Sequence[str] = ()) -> Brought:
    """Import the exported history at `place`, a folder or the descriptor in it, and publish it.

    `accepted` names claims that its rows may break.

    Raises:
        UsageError: nothing of that kind is at the place, a claim is none, or the data folder has a history already.
        ImportedFileError: the files are not what their descriptor says, or rows break a claim; with every fault.
        ForeignStoreError: it is another mode's, another portfolio's than the settings or the raw answers beside are of,
            or a newer program's.
        StoreBusyError: somebody writes to the store.
        DiskError: the disk refused. Nothing is imported in each case.
    """
    insist_on_names(accepted)
    folder = folder_of(place)
    package, form = described(folder)
    is_read_only = settings.published.read_only
    store = Store(settings.paths.store, settings.paths.published, settings.mode, is_read_only=is_read_only)
    if _is_brought(settings, package, store):
        store.publish()
        return Brought(package, bool(find_all(settings.paths.raw)))
    _insist_on_room(settings, folder, package)
    insist_on_intact(folder, package)
    _insist_on_closings(store.closings, folder, package)
    new = settings.paths.store.with_name(f".{settings.paths.store.name}.imported")
    with store.held():
        _insist_on_room(settings, folder, package)
        try:
            begun = Begun(package.id, package.mode, package.made_at)
            with incoming(new, package.mode, package.schema_version, (begun.portfolio_id, begun.created_at)) as making:
                _load(making, folder, package, form, heard)
                _finish(making, folder, package, settings, now, accepted)
            _put(settings, new, folder, package, begun)
        finally:
            remove(new)
    store.publish()
    return Brought(package, bool(find_all(settings.paths.raw)))


def _is_brought(settings: Settings, package: Package, store: Store) -> bool:
    """Tell whether the store holds this history and nothing else, as after an import that ended before it published."""
    if not store.is_there or package.mode != settings.mode:
        return False
    wanted = {name: table.rows.sums[0] for name, table in package.tables.items() if table.rows is not msgspec.UNSET}
    with store.held(), suppress(BadStoreError):  # what cannot be read is a history of its own, and said to be there
        return is_history(settings.paths.store, package.id, wanted)
    return False


def _insist_on_room(settings: Settings, folder: Path, package: Package) -> None:
    """Refuse what must not come here, before anything of it is read."""
    if package.mode != settings.mode:
        raise ForeignStoreError(
            f"{folder}: it holds {package.mode} history, but the settings say {settings.mode}; they never mix: "
            f'import it under settings with mode = "{package.mode}"'
        )
    paths = settings.paths
    for path in (paths.store, paths.published, log_of(paths.store)):
        if path.exists():
            remedy = lost_words(paths.store, paths.published) or (_BOTH if paths.published.exists() else _UNPUBLISHED)
            raise UsageError(f"{path}: there is a history already, and an import never touches one; {remedy}")
    begun = Journal(paths.raw).read().begun
    if begun is not None and (begun.portfolio_id, begun.mode) != (package.id, package.mode):
        raise ForeignStoreError(
            f"{paths.raw}: its answers are of portfolio {begun.portfolio_id}, the export is of {package.id}; "
            "put the raw answers of that one there, or none"
        )


def _insist_on_closings(closings: Path, folder: Path, package: Package) -> None:
    """Refuse closed periods that would take the place of others."""
    for name in _closings(package):
        ours, theirs = closings / name, folder / CLOSINGS / name
        if ours.exists() and ours.read_bytes() != theirs.read_bytes():
            raise ForeignStoreError(
                f"{ours}: another closing than {theirs}; move one of them away, none is overwritten"
            )


def _closings(package: Package) -> list[str]:
    return [path.removeprefix(f"{CLOSINGS}/") for path in package.files if path.startswith(f"{CLOSINGS}/")]


def _load(making: Incoming, folder: Path, package: Package, form: Form, heard: Heard) -> None:
    is_same_hash = package.duckdb_version == version("duckdb")
    with scratch(package.schema_version) as looking:
        for fact in facts_at(package.schema_version):
            resource = package.tables[fact.name]
            wanted = None if resource.rows is msgspec.UNSET else resource.rows.sums
            for file in resource.files:
                _take(making, looking, (folder, file.path), fact, form, 0 if wanted is None else wanted[0])
            found = making.sums(fact)
            if wanted is None or found[0] != wanted[0] or (is_same_hash and found != wanted):
                words = f"{fact.name}: {found[0]:,} rows that are not those which were exported; export anew"
                raise ImportedFileError(folder / NAME, [words])
            heard(fact.name, found[0])


def _take(making: Incoming, looking: Scratch, place: tuple[Path, str], fact: Fact, form: Form, most_rows: int) -> None:
    folder, path = place
    try:
        rows = files.read(folder / path, fact, form, looking.arrow_schema(fact), most_rows)
        making.take(fact, rows, files.read_by(fact, form))
    except (BadRawError, BadStoreError) as error:
        raise ImportedFileError(
            folder / NAME, [f"{path}: not readable as {fact.name} ({error}); export anew"]
        ) from error


def _finish(
    making: Incoming, folder: Path, package: Package, settings: Settings, now: datetime, accepted: Sequence[str]
) -> None:
    facts = facts_at(package.schema_version)
    before = making.counts(facts)
    making.prepare(settings.accounts, folder, now)
    if making.counts(facts) != before:
        raise BadStoreError(f"{folder}: it does not hold the same rows in this program's schema; report this")
    insist_on_claims(making, folder, package, accepted)
    try:
        making.derive()
    except BadStoreError as error:
        words = f"nothing can be derived of its rows ({error}); export anew"
        raise ImportedFileError(folder / NAME, [words]) from error


def _put(settings: Settings, new: Path, folder: Path, package: Package, begun: Begun) -> None:
    """Let the new store and the closed periods take their places, and the journal know whose history it is."""
    journal = Journal(settings.paths.raw)
    is_told = journal.read().is_there
    try:
        for name in _closings(package):
            target = settings.paths.published.with_name(CLOSINGS) / name
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                put(target, (folder / CLOSINGS / name).read_bytes())
                record.read(target)
        if not is_told:
            journal.note(begun)
        put_in_place(new, settings.paths.store, aside=None)
    except (OSError, DiskError) as error:
        if not is_told:
            journal.path.unlink(missing_ok=True)
        words = error.strerror if isinstance(error, OSError) else error
        raise DiskError(f"{settings.paths.store}: cannot be imported ({words}); free space, then run again") from error
