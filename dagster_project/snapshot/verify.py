"""Hold store, raw answers and published file against each other, and name what differs; nothing is changed.

The raw answers are read and written into a store of their own, beside, and both are compared row for row: what a pull's
digest says, what its rows are, what was believed before. A run may go on meanwhile.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from dagster_project.archive.journal import NAME, Entry, Stored, Told
from dagster_project.archive.layout import IMPORTS, StreamFile
from dagster_project.archive.stream import read_rows
from dagster_project.errors import BadStoreError, NoStoreError, PortfolioError, UsageError
from dagster_project.model import format_as_of
from dagster_project.settings.load import Settings
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.order import Key, ordered, silent_on, unvouched
from dagster_project.snapshot.rebuild import streams_of
from dagster_project.snapshot.replay import Heard, Replay, finding_of
from dagster_project.snapshot.stores import store_of
from dagster_project.warehouse.compare import Difference, compare
from dagster_project.warehouse.damaged import PUBLISH
from dagster_project.warehouse.examine import Before
from dagster_project.warehouse.kept_closings import faulty
from dagster_project.warehouse.lost import published_in
from dagster_project.warehouse.publication import further_than
from dagster_project.warehouse.remake import remaking, remove

_MOST_BY_NAME = 10
"""So many lost streams of a provider are named one by one; more are counted, as of a history that was imported."""

_REPAIR = "run `portfolio close --repair`, which writes it again from the history and keeps a damaged one beside"
_PUT_BACK = "put the raw streams back first: without them a rebuild would lose these rows"
_REBUILD = "run `portfolio rebuild`; the store of now is kept beside"


def verify(settings: Settings, heard: Heard) -> list[Finding]:
    """Give what differs, what a person has to mend first; nothing where store, raw answers and published file are one.

    Raises:
        UsageError: there is no store yet.
        PortfolioError: the store is busy or foreign, or the disk refused.
    """
    paths = settings.paths
    store = store_of(settings)
    try:
        before = store.examine()
    except (BadStoreError, NoStoreError) as error:
        return [_finding(error, paths.store)]
    if before is None:
        store.refuse_if_lost()
        raise UsageError(f"{paths.store}: there is no store yet; take a snapshot first (`portfolio snapshot`)")
    copy = paths.store.with_name(f".{paths.store.name}.verified")
    try:
        told, is_published = store.copy(copy)
        found = [Finding(*fault, _REBUILD) for fault in told.faults]
        if is_published:
            found += _published(paths.published, copy)
        else:
            found += _behind(paths.published, copy, before.attempts.union(streams_of(settings)))
        found += [Finding(str(path), words, _REPAIR) for _, path, words in faulty(copy, store.closings)]
        found += _raw(settings, told, before, copy, heard)
        return sorted(found, key=lambda one: one.heals)
    finally:
        remove(copy)


def _behind(published: Path, copy: Path, here: frozenset[Key]) -> list[Finding]:
    """Say how a published file that is no copy of the store stands to it; `here` are attempts that are not lost."""
    if published.exists():
        try:
            more = further_than(copy, published)
        except PortfolioError as error:
            return [_finding(error, published)]
        known = published_in(published)
        is_told = known is not None and known.attempts <= here and not more.closings and not more.imports
        if more and not is_told:
            words = f"the published file knows what the store does not: {more.words()}"
            return [Finding(str(published), words, "run `portfolio restore`; the store of now is kept beside")]
    return [Finding(str(published), "the published file is behind the store", "the next run publishes", heals=True)]


def _published(published: Path, copy: Path) -> list[Finding]:
    """Hold the file that users open against the store as it was when it was published."""
    try:
        differences = compare(copy, published)
    except BadStoreError as error:
        return [_finding(error, published)]
    return [Finding(str(published), said(one, "the store", "the published file"), PUBLISH) for one in differences]


def _finding(error: PortfolioError, path: Path) -> Finding:
    """Make a finding of an error that names a file, its cause, and the remedy behind a semicolon."""
    place, _, words = str(error).rpartition(f"{path.parent}/")[2].partition(": ")
    cause, _, remedy = words.rpartition("; ")
    return Finding(str(path.parent / place), cause, remedy)


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
    if silent and told.begun is not None:
        words = f"lines are gone: it does not tell of {len(silent)} attempts that the store has"
        found.append(Finding(str(settings.paths.raw / NAME), words, _REBUILD))
    lacking = bool(gone or replay.findings)
    for one in otherwise:
        words = f"{one.pulls} pulls were read by version {one.version_before} of the code, today's is {one.version_now}"
        found.append(Finding(one.provider, words, "`portfolio rebuild` reads them by today's", heals=True))
    for difference in differences:
        is_reread = difference.provider in reread or (difference.provider is None and bool(reread))
        words = said(difference, "the raw answers", "the store")
        remedy = _PUT_BACK if lacking else _REBUILD
        found.append(Finding(difference.place, words, remedy, heals=is_reread and not lacking))
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
        if stream.provider == IMPORTS or stream.is_open:
            continue
        try:
            deque(read_rows(stream), maxlen=0)
        except PortfolioError as error:
            yield finding_of(stream, error)
        else:
            remedy = f"the next run over it stores it: `portfolio snapshot --at {format_as_of(stream.as_of)}`"
            yield Finding(str(stream.path), "the store does not know this stream yet", remedy, heals=True)


def said(one: Difference, ours: str, theirs: str) -> str:
    """Say a difference in words."""
    if not one.ours_only and not one.theirs_only:
        return f"only one of {ours} and {theirs} has this table"
    since = "" if one.first_as_of is None else f", the first of {one.first_as_of:%Y-%m-%d %H:%M}"
    return f"{one.ours_only} rows only in {ours}, {one.theirs_only} only in {theirs}{since}"
