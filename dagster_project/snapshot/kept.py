"""Raw streams that no store knows: what a killed run had been answered. Reading them is take.py."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dagster_project.archive.layout import StreamFile, find_streams
from dagster_project.archive.opened import is_abandoned, remove_unwritten
from dagster_project.archive.stream import seal_file
from dagster_project.errors import BadRawError, ForeignStoreError
from dagster_project.settings.load import Settings
from dagster_project.slices import Slice
from dagster_project.snapshot.take import read_slice
from dagster_project.warehouse.known import Known

log = logging.getLogger(__name__)


def find_kept(
    settings: Settings, instants: Sequence[datetime], known: Known
) -> dict[tuple[datetime, str], list[StreamFile]]:
    """Find the streams of each instant and provider; files to which nothing was written are removed."""
    found: dict[tuple[datetime, str], list[StreamFile]] = {}
    for provider in settings.providers:
        for stream in find_streams(settings.paths.raw, provider, min(instants), max(instants)):
            is_new = (stream.as_of, provider, stream.attempt_id) not in known.attempts
            if is_new and (not stream.is_open or is_abandoned(stream)):
                found.setdefault((stream.as_of, provider), []).append(stream)
            elif stream.is_open:
                remove_unwritten(stream)
    return found


def read_kept(stream: StreamFile) -> tuple[StreamFile, Slice] | None:
    """Make the rows of a kept stream again, sealing one that a killed run left open; None where it holds none.

    A damaged one is named in the log and stepped over: what can still be asked is asked again.
    """
    try:
        sealed = replace(stream, path=seal_file(stream)) if stream.is_open else stream
        rows = read_slice(sealed)
    except (BadRawError, ForeignStoreError) as error:
        log.warning("%s; until then it is stepped over, and what can still be asked is asked again", error)
        return None
    return None if rows is None else (sealed, rows)
