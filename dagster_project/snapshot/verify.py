"""Hold store, raw answers and published file against each other, and name what differs; nothing is changed.

The raw answers are read and written into a store of their own, beside, and both are compared row for row: what a pull's
digest says, what its rows are, what was believed before. A run may go on meanwhile.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from dagster_project.archive.journal import Entry, Stored, Told
from dagster_project.archive.layout import StreamFile
from dagster_project.archive.stream import read_rows
from dagster_project.errors import BadStoreError, PortfolioError, UsageError
from dagster_project.model import format_as_of
from dagster_project.settings.load import Settings
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.imported import FOLDER
from dagster_project.snapshot.order import Key, ordered, silent_on, unvouched
from dagster_project.snapshot.rebuild import streams_of
from dagster_project.snapshot.replay import Heard, Replay, finding_of
from dagster_project.warehouse.compare import Difference, compare
from dagster_project.warehouse.examine import Before
from dagster_project.warehouse.remake import remaking, remove
from dagster_project.warehouse.store import Store

_MOST_BY_NAME = 10
"""So many lost streams of a provider are named one by one; more are counted, as of a history that was imported."""

_REBUILD = "run `portfolio rebuild`; the store of now is kept beside"


def verify(settings: Settings, heard: Heard) -> list[Finding]:
    """Give what differs; an empty list where store, raw answers and published file are one.

    Raises:
        UsageError: there is no store yet.
        PortfolioError: the store is busy or foreign, or the disk refused.
    """
    paths = settings.paths
    store = Store(paths.store, paths.published, settings.mode)
    try:
        before = store.examine()
    except BadStoreError as error:
        return [Finding(str(paths.store), str(error).removeprefix(f"{paths.store}: "), _REBUILD)]
    if before is None:
        raise UsageError(f"{paths.store}: there is no store yet; take a snapshot first (`portfolio snapshot`)")
    copy = paths.store.with_name(f".{paths.store.name}.verified")
    try:
        told, is_published = store.copy(copy)
        found = [Finding(*fault, _REBUILD) for fault in told.faults]
        found += _published(paths.published, copy) if is_published else [_behind(paths.published)]
        return found + _raw(settings, told, before, copy, heard)
    finally:
        remove(copy)


def _behind(published: Path) -> Finding:
    return Finding(str(published), "the published file is behind the store", "the next run publishes", heals=True)


def _published(published: Path, copy: Path) -> list[Finding]:
    """Hold the file that users open against the store as it was when it was published."""
    remedy = "remove it and run `portfolio snapshot`, which publishes anew"
    try:
        differences = compare(copy, published)
    except BadStoreError as error:
        return [Finding(str(published), str(error).removeprefix(f"{published}: "), remedy)]
    return [Finding(str(published), said(one, "the store", "the published file"), remedy) for one in differences]


def _raw(settings: Settings, told: Told, before: Before, copy: Path, heard: Heard) -> list[Finding]:
    """Make the store again from raw answers, and hold it against the copy."""
    streams = streams_of(settings)
    silent = silent_on(told, streams, before.attempts)
    remade = copy.with_name(f".{settings.paths.store.name}.remade")
    try:
        with remaking(remade, before.begun, complete) as making:
            replay = Replay(making, streams, heard)
            replay.play(_known(ordered(told, silent), before))
            making.carry_over(copy)
            making.derive()
            differences, otherwise = making.compared(copy)
    finally:
        remove(remade)
    reread = {one.provider for one in otherwise}
    gone = [*_gone(before, streams, told)]
    found = [*replay.findings, *gone, *_unknown(before, streams)]
    for one in otherwise:
        words = f"{one.pulls} pulls were read by version {one.version_before} of the code, today's is {one.version_now}"
        found.append(Finding(one.provider, words, "`portfolio rebuild` reads them by today's", heals=True))
    for difference in differences:
        is_reread = difference.provider in reread or (difference.provider is None and bool(reread))
        words = said(difference, "the raw answers", "the store")
        remedy = "put the raw streams there first: without them a rebuild would lose these rows" if gone else _REBUILD
        found.append(Finding(difference.place, words, remedy, heals=is_reread and not gone))
    return found


def _known(entries: Iterable[Entry], before: Before) -> Iterator[Entry]:
    """Leave out what the store does not know: a line is written before its commit, which may have failed."""
    for entry in entries:
        if isinstance(entry, Stored):
            yield replace(entry, attempts=tuple(key for key in entry.attempts if key in before.attempts))
        else:
            yield entry


def _gone(before: Before, streams: Mapping[Key, StreamFile], told: Told) -> Iterator[Finding]:
    """Name what the store knows and neither journal nor folder does."""
    gone = sorted(unvouched(before.attempts, streams, told))
    counts = Counter(provider for provider, _ in gone)
    remedy = "put the raw stream back from a backup, or name [raw].archive_dir where it was moved to"
    for provider, attempt_id in gone:
        if counts[provider] <= _MOST_BY_NAME:
            yield Finding(f"{provider} {attempt_id}", "the store knows it, but its raw stream is gone", remedy)
    for provider, count in counts.items():
        if count > _MOST_BY_NAME:
            words = f"the store knows {count} attempts whose raw streams are not here; only the store has their rows"
            yield Finding(provider, words, f"{remedy}; of an imported history, copy raw/ from where it was exported")


def _unknown(before: Before, streams: Mapping[Key, StreamFile]) -> Iterator[Finding]:
    """Name whole streams that no store knows, and what is damaged among them."""
    for key in sorted(streams.keys() - before.attempts, key=lambda key: key[1]):
        stream = streams[key]
        if stream.provider == FOLDER or stream.is_open:
            continue
        try:
            deque(read_rows(stream), maxlen=0)
        except PortfolioError as error:
            yield finding_of(stream, error)
        else:
            remedy = f"the next run over it stores it: portfolio snapshot --at {format_as_of(stream.as_of)}"
            yield Finding(str(stream.path), "the store does not know this stream yet", remedy, heals=True)


def said(one: Difference, ours: str, theirs: str) -> str:
    """Say a difference in words."""
    if not one.ours_only and not one.theirs_only:
        return f"only one of {ours} and {theirs} has this table"
    since = "" if one.first_as_of is None else f", the first of {one.first_as_of:%Y-%m-%d %H:%M}"
    return f"{one.ours_only} rows only in {ours}, {one.theirs_only} only in {theirs}{since}"
