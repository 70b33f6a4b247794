"""Raw streams that no store knows: what a killed run had been answered. Reading them is take.py."""

from collections.abc import Sequence
from datetime import datetime

from dagster_project.archive.layout import StreamFile, find_streams
from dagster_project.archive.opened import is_abandoned, remove_unwritten
from dagster_project.settings.load import Settings
from dagster_project.warehouse.known import Known


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
