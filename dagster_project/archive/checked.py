"""Arrow IPC streams that vouch for themselves: neither Arrow's messages nor its zstd frames carry a checksum.

Behind every batch stands a check: a batch without rows whose custom metadata holds the digest of all bytes in front of
it. A stream is whole if Arrow's end mark stands right behind its last check and at the end of the file. Any Arrow
reader reads it and sees the rows alone. Here are bytes only; what a row means is stream.py.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

import pyarrow as pa

END = b"\xff\xff\xff\xff\0\0\0\0"
"""Arrow's end mark of a stream."""

_DIGEST = b"digest"
_DIGEST_BYTES = 16


class Encoder:
    """Makes the bytes of a stream: first its `head`, then what `encode` gives for each batch, then END."""

    def __init__(self, schema: pa.Schema) -> None:
        """Begin a stream of this schema."""
        self._schema = schema
        self._no_rows = pa.RecordBatch.from_pylist([], schema)
        self.head = self._stream_of().removesuffix(END)
        self._hash = blake2b(self.head, digest_size=_DIGEST_BYTES)

    def encode(self, batch: pa.RecordBatch) -> bytes:
        """Give the bytes of a batch that holds rows, and of its check."""
        message = self._message(batch)
        check = self._message(self._no_rows, {_DIGEST: self._hash.hexdigest().encode()})
        return message + check

    def _message(self, batch: pa.RecordBatch, metadata: Mapping[bytes, bytes] | None = None) -> bytes:
        message = self._stream_of(batch, metadata=metadata).removeprefix(self.head).removesuffix(END)
        self._hash.update(message)
        return message

    def _stream_of(self, *batches: pa.RecordBatch, metadata: Mapping[bytes, bytes] | None = None) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            for batch in batches:
                writer.write_batch(batch, custom_metadata=metadata)
        return bytes(sink.getvalue())


class Decoder:
    """Reads what can be trusted of a stream's bytes: whatever stands in front of its last good check."""

    def __init__(self, content: bytes) -> None:
        """Read the head; where not even that is whole, `schema` is None and there are no batches."""
        self._content = content
        self._source = pa.BufferReader(content)
        self.schema: pa.Schema | None = None
        self.trusted = 0
        try:
            self._reader = pa.ipc.open_stream(self._source)
        except (pa.ArrowException, OSError, ValueError):
            return
        self.schema = self._reader.schema
        self.trusted = self._source.tell()

    @property
    def is_whole(self) -> bool:
        """Tell, once all batches were taken, whether the stream was ended and nothing of it is missing or damaged."""
        return self.schema is not None and self._content[self.trusted :] == END

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the batches that a good check vouches for, in order; `trusted` is the number of bytes up to there."""
        held: list[pa.RecordBatch] = []
        seen = memoryview(self._content)
        at = self.trusted
        digest = blake2b(seen[:at], digest_size=_DIGEST_BYTES)
        while (found := self._next()) is not None:
            batch, stated = found
            if batch.num_rows:
                held.append(batch)
            elif stated == digest.hexdigest().encode():
                self.trusted = self._source.tell()
                yield from held
                held = []
            else:
                return
            digest.update(seen[at : self._source.tell()])
            at = self._source.tell()

    def _next(self) -> tuple[pa.RecordBatch, bytes | None] | None:
        """Give the next batch and the digest that it states; None at the end, and where the bytes are torn."""
        if self.schema is None:
            return None
        try:
            batch, metadata = self._reader.read_next_batch_with_custom_metadata()
            return batch, None if metadata is None else metadata[_DIGEST]
        except (StopIteration, pa.ArrowException, OSError, ValueError, KeyError):
            return None
