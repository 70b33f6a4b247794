"""Read a response's body within limits: size on the wire, size unpacked, and only the encoding that was asked for.

What stands in the body is not looked at.
"""

import zlib
from typing import cast

import httpx

from dagster_project.model import Reason
from dagster_project.sources.failures import reason_of_error

_GZIP = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """The body cannot be kept whole: `reason` says why, `kept` holds what came before."""

    def __init__(self, reason: Reason, detail: str, kept: bytes) -> None:
        """Say why, and hand over what there is."""
        self.reason = reason
        self.kept = kept
        super().__init__(detail)


class _Gunzip:
    """Unpacks gzip piece by piece, member after member, never more than asked for."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    @property
    def is_whole(self) -> bool:
        return self._member.eof

    def unpack(self, packed: bytes, most: int) -> bytes:
        unpacked = bytearray()
        while packed and len(unpacked) < most:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            unpacked += self._member.decompress(packed, most - len(unpacked))
            packed = self._member.unused_data
        return bytes(unpacked)


async def read_body(response: httpx.Response, most: int) -> bytes:
    """Give the unpacked body: at most `most` bytes, and no more than that on the wire.

    Raises:
        BodyError: it is larger, in an encoding that was not asked for, or broken off.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise BodyError(Reason.UNDECODABLE, "the body is in a content-encoding that was not asked for", b"")
    gunzip = _Gunzip() if encoding == "gzip" else None
    kept, received = bytearray(), 0
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        async for chunk in stream:
            received += len(chunk)
            kept += gunzip.unpack(chunk, most + 1 - len(kept)) if gunzip else chunk
            if max(received, len(kept)) > most:
                raise BodyError(Reason.TOO_LARGE, f"the body is larger than {most:,} bytes", bytes(kept[:most]))
    except zlib.error as error:
        raise BodyError(Reason.UNDECODABLE, f"the gzip encoding is broken: {error}", bytes(kept)) from error
    except httpx.TransportError as error:
        reason, words = reason_of_error(error)
        raise BodyError(reason, words, bytes(kept)) from error
    if gunzip and not gunzip.is_whole:
        raise BodyError(Reason.INTERRUPTED, "the gzip encoding ends too early", bytes(kept))
    return bytes(kept)
