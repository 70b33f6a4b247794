"""Where raw streams lie and whose they are: one folder a provider and month, one file an attempt.

What a stream holds is stream.py; nothing here reads an answer.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SEALED = ".arrows"
OPEN = ".arrows.part"
IMPORTS = "imports"
"""Where kept files of users lie, as a provider's streams do."""
_STAMP = "%Y-%m-%dT%H%M"
_MONTH = re.compile(r"\d{4}-\d{2}")
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
_NAME = re.compile(
    rf"(?P<stamp>\d{{4}}-\d\d-\d\dT\d{{4}})__(?P<attempt_id>[\w-]+)({re.escape(SEALED)}|{re.escape(OPEN)})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class StreamFile:
    """One stream on disk; an open one belongs to a run that is going on, or to one that was killed."""

    path: Path
    provider: str
    as_of: datetime
    attempt_id: str

    @property
    def is_open(self) -> bool:
        """Tell whether the stream was never sealed."""
        return self.path.name.endswith(OPEN)

    @property
    def sealed_path(self) -> Path:
        """Where the stream lies once it is sealed."""
        return self.path.with_name(self.path.name.removesuffix(".part"))


def new_attempt_id() -> str:
    """Name an attempt so that names sort by the time of the wall and never meet."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(8)}"


def open_file(raw: Path, provider: str, as_of: datetime, attempt_id: str) -> StreamFile:
    """Give the file that a new attempt writes to."""
    utc = as_of.astimezone(UTC)
    name = f"{utc.strftime(_STAMP)}__{attempt_id}{OPEN}"
    return StreamFile(raw / provider / f"{utc:%Y-%m}" / name, provider, utc, attempt_id)


def find_streams(raw: Path, provider: str, since: datetime = _FIRST, until: datetime = _LAST) -> list[StreamFile]:
    """Give every attempt at an instant from `since` to `until`, both inclusive, sealed and open, oldest first.

    What else lies there, and is not named as a stream is, is passed over.
    """
    first, last = (instant.astimezone(UTC).strftime("%Y-%m") for instant in (since, until))
    folder = raw / provider
    months = [entry for entry in folder.iterdir() if _MONTH.fullmatch(entry.name)] if folder.is_dir() else []
    wanted = (month for month in months if first <= month.name <= last and month.is_dir())
    found = (stream for month in wanted for stream in _streams_in(month, provider))
    return sorted((one for one in found if since <= one.as_of <= until), key=lambda one: (one.as_of, one.attempt_id))


def find_all(raw: Path) -> list[StreamFile]:
    """Give every attempt that lies in a folder of raw streams, whoever's it is, oldest attempt first."""
    folders = [entry for entry in raw.iterdir() if entry.is_dir()] if raw.is_dir() else []
    found = (stream for folder in folders for stream in find_streams(raw, folder.name))
    return sorted(found, key=lambda one: one.attempt_id)


def _streams_in(month: Path, provider: str) -> Iterator[StreamFile]:
    with os.scandir(month) as entries:
        for entry in entries:
            if (name := _NAME.fullmatch(entry.name)) is None:
                continue
            with suppress(ValueError):  # digits that are no instant
                as_of = datetime.strptime(name["stamp"], _STAMP).replace(tzinfo=UTC)
                yield StreamFile(Path(entry.path), provider, as_of, name["attempt_id"])
