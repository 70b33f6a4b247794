"""A raw stream: the plan, then every answer byte for byte, in one Arrow IPC stream (zstd) an attempt.

Written in batches that reach the disk within a second; a torn tail is dropped on reading. What the bytes mean is
normalise/, which question they answer stands in the plan.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyarrow as pa

from dagster_project.archive.layout import StreamFile
from dagster_project.errors import BadRawError, DiskError
from dagster_project.model import Answer, Reason

FORMAT_VERSION = 1
SYNC_SECONDS = 1.0
BATCH_BYTES = 8 * 1024 * 1024

_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("pull_key", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("elapsed_ms", pa.float64(), nullable=False),
        pa.field("status", pa.int16()),
        pa.field("headers", pa.map_(pa.string(), pa.string()), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("body", pa.large_binary(), nullable=False),
    ],
    metadata={"format_version": str(FORMAT_VERSION)},
)


class Kind(StrEnum):
    """What a row of the stream is: the plan, an answer to a try, or a pull that was never sent."""

    PLAN = "plan"
    ANSWER = "answer"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: for the plan its JSON stands in the answer's body, and the pull key is empty."""

    kind: Kind
    pull_key: str
    answer: Answer


class StreamWriter:
    """Appends rows and brings them to the disk; `seal` ends the stream and gives it its final name.

    The file is locked while it is written, so that a later run can tell a killed run's stream from a live one's.
    """

    def __init__(self, target: StreamFile) -> None:
        """Open a new file; raises DiskError where the disk refuses."""
        self._target = target
        self._rows: list[Row] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        try:
            target.path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = target.path.open("xb", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            options = pa.ipc.IpcWriteOptions(compression="zstd")
            self._writer = pa.ipc.new_stream(self._file, _SCHEMA, options=options)
        except OSError as error:
            raise _refused(target.path, error) from error

    def append(self, row: Row) -> None:
        """Take a row; it is on the disk within a second."""
        self._rows.append(row)
        self._bytes += len(row.answer.body)
        if self._bytes >= BATCH_BYTES:
            self.sync()
        elif self._timer is None:
            with suppress(RuntimeError):  # without a running loop the caller syncs or seals by itself
                self._timer = asyncio.get_running_loop().call_later(SYNC_SECONDS, self.sync)

    def sync(self) -> None:
        """Write what is pending as one batch and wait until the disk has it; raises DiskError where it refuses."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._rows:
            return
        try:
            self._writer.write_batch(_batch(self._rows))
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _refused(self._target.path, error) from error
        self._rows, self._bytes = [], 0

    def seal(self) -> Path:
        """Write the rest, end the stream and give it its final name; raises DiskError where the disk refuses."""
        self.sync()
        try:
            self._writer.close()
            os.fsync(self._file.fileno())
            self._file.close()
            return seal_file(self._target)
        except OSError as error:
            raise _refused(self._target.path, error) from error

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Seal; after an error keep what can be kept, so that what was answered is there for the next run."""
        if error is None:
            self.seal()
            return
        with suppress(DiskError):
            self.seal()
        self._file.close()


def seal_file(stream: StreamFile) -> Path:
    """Rename an open stream to its final name, so that the name survives a power cut."""
    stream.path.rename(stream.sealed_path)
    folder = os.open(stream.path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return stream.sealed_path


def is_abandoned(stream: StreamFile) -> bool:
    """Tell whether an open stream's writer is gone: its lock is free."""
    with stream.path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def read_rows(stream: StreamFile) -> Iterator[Row]:
    """Give the rows of a stream in order; the tail of an open one, torn by a kill, is dropped.

    Raises:
        BadRawError: a sealed stream is damaged.
    """
    try:
        with stream.path.open("rb") as file:
            reader = pa.ipc.open_stream(file)
            while True:
                batch = reader.read_next_batch()
                batch.validate(full=True)  # a flipped bit in an offset would otherwise end the process
                yield from map(_row, batch.to_pylist())
    except StopIteration:
        return
    except (pa.ArrowException, OSError, ValueError) as error:
        if not stream.is_open:
            remedy = "the answers in front of the damage are kept; restore the file from a backup"
            raise BadRawError(f"{stream.path}: the raw stream is damaged ({type(error).__name__}); {remedy}") from error


def _row(plain: dict[str, Any]) -> Row:
    reason = plain["reason"]
    answer = Answer(
        observed_at=plain["observed_at"],
        elapsed_ms=plain["elapsed_ms"],
        status=plain["status"],
        headers=dict(plain["headers"]),
        body=plain["body"],
        reason=Reason(reason) if reason else None,
        detail=plain["detail"],
    )
    return Row(Kind(plain["kind"]), plain["pull_key"], answer)


def _batch(rows: list[Row]) -> pa.RecordBatch:
    answers = [row.answer for row in rows]
    columns = [
        [str(row.kind) for row in rows],
        [row.pull_key for row in rows],
        [answer.observed_at.astimezone(UTC) for answer in answers],
        [answer.elapsed_ms for answer in answers],
        [answer.status for answer in answers],
        [list(answer.headers.items()) for answer in answers],
        [answer.reason for answer in answers],
        [answer.detail for answer in answers],
        [answer.body for answer in answers],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=_SCHEMA)


def _refused(path: Path, error: OSError) -> DiskError:
    return DiskError(f"{path}: the disk refused ({error.strerror}); free space or mend the folder, then run again")
