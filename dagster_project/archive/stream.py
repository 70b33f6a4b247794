"""A raw stream: the plan, then every answer byte for byte, in one Arrow IPC stream (zstd) an attempt.

Written in batches that reach the disk within a second; a torn tail is dropped on reading, and damage is told by the
checks of checked.py. What the bytes mean is normalise/, which question they answer stands in the plan.
"""

import asyncio
import fcntl
import os
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from dagster_project.archive.checked import END, Decoder, Encoder
from dagster_project.archive.layout import StreamFile
from dagster_project.archive.opened import locked, refused, rename, write_at
from dagster_project.errors import BadRawError, DiskError, ForeignStoreError
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
    """What a row of the stream is: the plan, an answer to a try, or what was never sent.

    Never sent is also what another conversation of the run had asked already: the answer is the one that it was given.
    In a conversation each answer stands behind the request that it answers, whose JSON is the body of its row.
    """

    PLAN = "plan"
    ASKED = "asked"
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

    The file is locked while it is written, so that a later run can tell a killed run's stream from a live one's. What
    the disk refuses stays pending: the next append, sync or seal tries it again.
    """

    def __init__(self, target: StreamFile) -> None:
        """Open a new file; raises DiskError where the disk refuses."""
        self._target = target
        self._rows: list[Row] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._encoder = Encoder(_SCHEMA)
        self._unwritten = self._encoder.head
        self._size = 0
        self._is_ended = False
        try:
            target.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = locked(target.path)
        except OSError as error:
            raise refused(target.path, error) from error
        try:
            self._write()
        except OSError as error:
            self._file.close()
            target.path.unlink(missing_ok=True)
            raise refused(target.path, error) from error

    def append(self, row: Row) -> None:
        """Take a row; it is on the disk within a second. Raises DiskError where the disk refuses what is pending."""
        self._rows.append(row)
        self._bytes += len(row.answer.body)
        if self._bytes >= BATCH_BYTES or self._unwritten:
            self.sync()
        elif self._timer is None:
            with suppress(RuntimeError):  # without a running loop the caller syncs or seals by itself
                self._timer = asyncio.get_running_loop().call_later(SYNC_SECONDS, self._sync_in_time)

    def sync(self) -> None:
        """Write what is pending as one batch and wait until the disk has it; raises DiskError where it refuses."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._rows:
            self._unwritten += self._encoder.encode(_batch(self._rows))
            self._rows, self._bytes = [], 0
        if not self._unwritten:
            return
        try:
            self._write()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise refused(self._target.path, error) from error

    def seal(self) -> Path:
        """Write the rest, end the stream and give it its final name; raises DiskError where the disk refuses."""
        self.sync()
        if not self._is_ended:
            self._is_ended = True
            self._unwritten = END
        self.sync()
        try:
            sealed = rename(self._target)
        except OSError as error:
            raise refused(self._target.path, error) from error
        self._file.close()
        return sealed

    def _sync_in_time(self) -> None:
        with suppress(DiskError):  # the loop has nobody to tell: whoever appends next, or seals, is refused
            self.sync()

    def _write(self) -> None:
        write_at(self._file, self._size, self._unwritten)
        self._size += len(self._unwritten)
        self._unwritten = b""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Seal; after an error keep what can be kept, so that what was answered is there for the next run."""
        with self._file, nullcontext() if error is None else suppress(DiskError):
            self.seal()


def seal_file(stream: StreamFile) -> Path:
    """End an abandoned stream behind what can be trusted of it, and give it its final name, unless another run did.

    A torn tail is laid aside under a name of its own, for it may be damage instead, with answers behind it.

    Raises:
        DiskError: the disk refuses.
        ForeignStoreError: the stream was written by another version.
    """
    try:
        with stream.path.open("r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            content = file.readall()
            decoder = _decoder(stream, content)
            deque(decoder.batches(), maxlen=0)
            if not decoder.is_whole:
                if torn := content[decoder.trusted :]:
                    stream.sealed_path.with_suffix(".torn").write_bytes(torn)
                os.ftruncate(file.fileno(), decoder.trusted)
                write_at(file, decoder.trusted, END if decoder.trusted else Encoder(_SCHEMA).head + END)
                os.fsync(file.fileno())
            return rename(stream)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and stream.sealed_path.exists():
            return stream.sealed_path
        raise refused(stream.path, error) from error


def read_rows(stream: StreamFile) -> Iterator[Row]:
    """Give the rows of a stream in order, each as it was kept; the tail of an open one, torn by a kill, is dropped.

    Raises:
        BadRawError: a sealed stream is damaged; the rows in front of the damage were given.
        DiskError: the file cannot be read.
        ForeignStoreError: the stream was written by another version or program.
    """
    try:
        content = stream.path.read_bytes()
    except OSError as error:
        raise refused(stream.path, error) from error
    decoder = _decoder(stream, content)
    for batch in decoder.batches():
        try:
            yield from [_row(plain) for plain in batch.to_pylist()]
        except ValueError as error:
            raise _foreign(stream) from error
    if not stream.is_open and not decoder.is_whole:
        kept = f"of {len(content)} bytes the first {decoder.trusted} are kept as they were written"
        remedy = "restore the file from a backup, or move it away to go on without its answers"
        raise BadRawError(f"{stream.path}: the raw stream is damaged; {kept}; {remedy}")


def _decoder(stream: StreamFile, content: bytes) -> Decoder:
    decoder = Decoder(content)
    if decoder.schema is not None and not decoder.schema.equals(_SCHEMA, check_metadata=True):
        raise _foreign(stream)
    return decoder


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


def _foreign(stream: StreamFile) -> ForeignStoreError:
    return ForeignStoreError(f"{stream.path}: no raw stream of this version; use the program that wrote it")
