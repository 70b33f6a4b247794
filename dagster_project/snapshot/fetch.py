"""Fetch the files that the settings name by their address, judge them, and keep them as they were answered.

What a file has to hold is its source's matter. No run fetches, so that none changes by itself what is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dagster_project.disk import put
from dagster_project.errors import DiskError, UnreadableError
from dagster_project.model import Request
from dagster_project.settings.load import Settings
from dagster_project.sources.access import Access, Patience
from dagster_project.sources.http import Door
from dagster_project.sources.source import RemoteFile, kept_name

PATIENCE = Patience(read=30, one_try=60, tries=3, longest_wait=5)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one file: in words, and whether what is kept now can be used."""

    url: str
    words: str
    is_good: bool


def remote_files(settings: Settings) -> Iterator[RemoteFile]:
    """Give every file that the settings name by its address, once."""
    sections: list[Any] = list(settings.providers.values())  # each is one of source.Options too
    seen: set[str] = set()
    for one in (one for section in sections for one in section.remote_files()):
        if one.url not in seen:
            seen.add(one.url)
            yield one


async def fetch(settings: Settings, one: RemoteFile) -> Fetched:
    """Fetch a file; what is kept stays as it is unless a good one came.

    Raises:
        DiskError: it could not be kept.
    """
    parts = urlsplit(one.url)
    is_simulated = settings.is_simulated
    access = Access(f"{parts.scheme}://{parts.netloc}", is_simulated=is_simulated, patience=PATIENCE)
    path = parts.path or "/"
    async with Door(access) as door:
        answer = await door.ask(Request(path, path), lambda: datetime.now(UTC), lambda _: None)
    if answer.reason is not None:
        return Fetched(one.url, f"could not be fetched: {answer.detail or answer.reason}", is_good=False)
    try:
        words = one.describe(answer.body)
    except UnreadableError as error:
        return Fetched(one.url, f"is not taken: {error}", is_good=False)
    _keep(settings.paths.fetched, one.kept_as, answer.body)
    return Fetched(one.url, words, is_good=True)


def _keep(folder: Path, kept_as: str, content: bytes) -> None:
    """Put the file in its place as a whole, then remove what was kept of its address before."""
    path = folder / kept_name(kept_as, content)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(path, content)
        for before in folder.glob(f"{Path(kept_as).stem}*.json"):
            if before != path:
                before.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); mend the folder, then run again") from error
