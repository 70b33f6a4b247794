"""Rows and streams that the tests of the archive write, and what they find in them again.

What must be found stands in the tests.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.archive.layout import StreamFile, find_streams, open_file
from dagster_project.archive.stream import Kind, Row, StreamWriter, read_rows
from dagster_project.errors import BadRawError
from dagster_project.model import Answer, Reason

ROOT = Path(__file__).resolve().parents[2]
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
OBSERVED_AT = datetime(2026, 5, 1, 0, 0, 41, 123_456, tzinfo=UTC)


def row(index: int, size: int = 20, *, noise: bool = False) -> Row:
    """A row that tells its place, with a body of that many bytes; noise cannot be compressed."""
    body = os.urandom(size) if noise else (b"%d," % index * size)[:size]
    failed = Reason.TIMEOUT if index % 3 == 2 else None
    headers = {"x-request-id": f"r{index}", "date": "now"} if index % 2 else {}
    return Row(
        Kind.ANSWER,
        f"value/{index}",
        Answer(
            OBSERVED_AT, index + 0.25, None if failed else 200, headers, body, failed, "too late" if failed else None
        ),
    )


def target(raw: Path, provider: str = "credmark", attempt_id: str = "a1") -> StreamFile:
    """The file that an attempt writes to."""
    return open_file(raw, provider, AS_OF, attempt_id)


def write(raw: Path, rows: Sequence[Row], *, a_batch: int = 2, attempt_id: str = "a1") -> StreamFile:
    """Write and seal a stream of these rows, so many a batch."""
    with StreamWriter(target(raw, attempt_id=attempt_id)) as stream:
        for index, one in enumerate(rows, 1):
            stream.append(one)
            if index % a_batch == 0:
                stream.sync()
    return the_stream(raw, attempt_id)


def the_stream(raw: Path, attempt_id: str = "a1") -> StreamFile:
    """The one stream of an attempt, as it is found on the disk."""
    (found,) = [one for one in find_streams(raw, "credmark", AS_OF, AS_OF) if one.attempt_id == attempt_id]
    return found


def copy_of(stream: StreamFile, content: bytes, suffix: str) -> StreamFile:
    """Another stream beside one, with content of its own; the suffix says whether it is sealed."""
    stem = stream.path.name.partition(".")[0]
    path = stream.path.with_name(f"{stem}-copy{suffix}")
    path.write_bytes(content)
    return StreamFile(path, stream.provider, stream.as_of, f"{stream.attempt_id}-copy")


def read(stream: StreamFile) -> list[Row]:
    """All rows of a stream."""
    return list(read_rows(stream))


def read_until_damage(stream: StreamFile) -> tuple[list[Row], BadRawError | None]:
    """The rows of a stream up to its damage, and what is said of that."""
    rows: list[Row] = []
    try:
        rows.extend(read_rows(stream))
    except BadRawError as error:
        return rows, error
    return rows, None
