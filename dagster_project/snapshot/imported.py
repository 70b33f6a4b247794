"""Take in files of the owner's own, and keep them byte for byte beside the raw answers, so that a rebuild has them too.

What such a file has to hold is imports/; a file with a fault is neither kept nor imported.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from dagster_project.archive.layout import IMPORTS, StreamFile, find_streams, new_attempt_id, open_file
from dagster_project.archive.opened import is_abandoned, remove_unwritten
from dagster_project.archive.stream import Kind, Row, StreamWriter, read_rows
from dagster_project.errors import BadRawError, ForeignStoreError
from dagster_project.flows import Flows
from dagster_project.imports.flows import read_flows
from dagster_project.imports.rows import content_of
from dagster_project.model import Account, Answer
from dagster_project.settings.load import Settings
from dagster_project.snapshot.plan import heeded_by
from dagster_project.snapshot.stores import store_of


class ImportHead(msgspec.Struct, frozen=True):
    """What the stream of a kept file begins with: its name, and what it was read by."""

    name: str
    accounts: tuple[Account, ...]
    imported_at: datetime
    complete_until: datetime | None


def import_flows(settings: Settings, path: Path, now: datetime, complete_until: datetime | None) -> tuple[Flows, int]:
    """Import a file of known flows and publish; gives what it says, and how many flows went for it.

    Raises:
        UsageError: the file cannot be opened, or `complete_until` lies in the future.
        ImportedFileError: with every fault of the file, line by line.
        PortfolioError: the store or the disk refused; nothing is imported then.
    """
    content = content_of(path)  # once: what is kept is what was read
    flows = read_flows(path, settings.accounts, now, complete_until, content)
    store = store_of(settings)
    store.heed(heeded_by(settings))  # made before the file is kept, so that a kept file proves that there was one
    _sweep(settings.paths.raw)
    target = open_file(settings.paths.raw, IMPORTS, now, new_attempt_id())
    head = ImportHead(path.name, settings.accounts, now, complete_until)
    with StreamWriter(target) as stream:
        stream.append(Row(Kind.PLAN, "", Answer(now, 0.0, body=msgspec.json.encode(head))))
        stream.append(Row(Kind.ANSWER, "flows", Answer(now, 0.0, body=content)))
    gone = store.replace_flows(flows, heeded_by(settings), target.attempt_id)
    store.publish()
    return flows, gone


def _sweep(raw: Path) -> None:
    """Remove what killed imports left unfinished: nothing of it was imported, and its owner has the file."""
    for stream in find_streams(raw, IMPORTS):
        if stream.is_open and is_abandoned(stream):
            stream.path.unlink(missing_ok=True)
        elif stream.is_open:
            remove_unwritten(stream)


def read_import(stream: StreamFile) -> Flows:
    """Read a kept file of flows again, as it was read then.

    Raises:
        BadRawError: the stream is damaged.
        ImportedFileError: today's reader finds a fault where that of then found none.
        ForeignStoreError: it was written by another version.
    """
    rows = list(read_rows(stream))
    if [row.kind for row in rows] != [Kind.PLAN, Kind.ANSWER]:
        raise BadRawError(f"{stream.path}: no kept file; restore it from a backup")
    try:
        head = msgspec.json.decode(rows[0].answer.body, type=ImportHead)
    except msgspec.MsgspecError as error:
        raise ForeignStoreError(f"{stream.path}: kept by another version of this program; use that one") from error
    return read_flows(stream.path, head.accounts, head.imported_at, head.complete_until, rows[1].answer.body)
