"""A lost store: what proves that there was one, and which verb makes it again. None is begun anew then.

Proof is a published file, a raw stream, a closed period, or a line of the journal behind its first. Each store is made
before the first of these is written.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Begun, Imported, Journal, Stored, Told
from dagster_project.archive.layout import IMPORTS, StreamFile, find_all
from dagster_project.closings import record
from dagster_project.errors import LostStoreError, PortfolioError
from dagster_project.model import format_as_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.other_clients import log_of

_NEW = "To begin another history, point PORTFOLIO_DATA at a new folder"


@dataclass(frozen=True, slots=True)
class Published:
    """What a published file knows: how many instants until when (UTC), which attempts, how many imports of flows."""

    instants: int
    last_as_of: datetime | None
    attempts: frozenset[tuple[str, str]]
    imports: int


def refuse_to_begin(store: Path, published: Path) -> None:
    """Refuse to begin a store where an older one was.

    Raises:
        LostStoreError: it is gone, with what proves it and the remedy.
    """
    if (words := lost_words(store, published)) is not None:
        raise LostStoreError(words)


def lost_words(store: Path, published: Path) -> str | None:
    """Say what proves that a store is lost, and what to do; None where it is there, or never was."""
    if store.exists():
        return None
    raw = store.with_name("raw")
    streams, told = find_all(raw), _told(raw)
    closings = list(record.kept(published.with_name("closings")))
    known = published_in(published)
    proofs = [
        *_of_published(published, known),
        *_of_journal(raw, told),
        *_of_streams(raw, streams),
        *([f"{published.with_name('closings')} holds {_counted(len(closings), 'closed period')}"] if closings else []),
        *([f"{log_of(store)} is its write-ahead log"] if log_of(store).exists() else []),
    ]
    if not proofs or store.exists():  # it was put in place meanwhile
        return None
    remedy = _remedy(known, told, streams)
    return f"{store}: it is gone, and {'; '.join(proofs)}. No store is begun anew: {remedy}. {_NEW}"


def published_in(published: Path) -> Published | None:
    """Tell what a published file knows; None where there is none, or none that can be read."""
    try:
        with reading(published) as connection:
            ((instants, last, attempts, imports),) = connection.execute(sqlfiles.statement("proof")).fetchall()
    except (PortfolioError, duckdb.Error):
        return None
    keys = frozenset((one["provider"], one["attempt_id"]) for one in attempts or ())
    return Published(instants, last and last.replace(tzinfo=UTC), keys, imports)


def _told(raw: Path) -> Told | None:
    """Read the journal; None where one is there that cannot be read."""
    try:
        return Journal(raw).read()
    except PortfolioError:
        return None


def _of_published(published: Path, known: Published | None) -> Iterator[str]:
    if known is not None:
        yield f"{published} holds {_span(known.instants, known.last_as_of)}"
    elif published.exists():
        yield f"{published} is there, but cannot be read"


def _of_journal(raw: Path, told: Told | None) -> Iterator[str]:
    path = Journal(raw).path
    if told is None:
        yield f"{path} is there, but cannot be read"
        return
    instants = {entry.as_of for entry in told.entries if isinstance(entry, Stored)}
    if any(not isinstance(entry, Begun) for entry in told.entries) or told.faults:
        yield f"{path} tells of {_span(len(instants), max(instants, default=None))}"


def _of_streams(raw: Path, streams: Sequence[StreamFile]) -> Iterator[str]:
    instants = {one.as_of for one in streams if one.provider != IMPORTS}
    if streams:
        span = _span(len(instants), max(instants, default=None))
        yield f"{raw} holds {_counted(len(streams), 'raw stream')} of {span}"


def _remedy(known: Published | None, told: Told | None, streams: Collection[StreamFile]) -> str:
    """Name the verb that makes more of the store than the other does, and why."""
    if known is None and not streams:
        return (
            "put raw/ or portfolio.duckdb back from a backup, then run `portfolio rebuild` or `portfolio restore`; "
            "an exported history comes back by `portfolio import FOLDER` in a new data folder"
        )
    here = {(one.provider, one.attempt_id) for one in streams}
    if known is None:
        return "run `portfolio rebuild`, which makes it again from the raw answers"
    without_raw = len(known.attempts - here)
    listed = {entry.attempt_id for entry in told.entries if isinstance(entry, Imported)} if told else set()
    without_file = known.imports > 0 and not any((IMPORTS, attempt_id) in here for attempt_id in listed)
    later = _counted(len([key for key in here - known.attempts if key[0] != IMPORTS]), "raw stream")
    if without_raw or without_file:
        lacking = [f"the raw answers of {_counted(without_raw, 'attempt')}"] if without_raw else []
        lacking += ["the imported files of flows"] if without_file else []
        return (
            f"run `portfolio restore`, which makes it again from the published file and takes in {later} that the file "
            f"does not know; `portfolio rebuild` would lack {' and '.join(lacking)}, which are not here"
        )
    return (
        f"run `portfolio rebuild`, which makes it again from the raw answers: they tell all that the published file "
        f"knows, and {later} more. `portfolio restore` makes it from the published file first, which is quicker"
    )


def _span(instants: int, last: datetime | None) -> str:
    until = "" if last is None else f" until {format_as_of(last)} UTC"
    return f"{_counted(instants, 'instant')}{until}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
