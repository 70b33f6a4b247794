"""Faults of transport: the honest answer, written right, on its way to the client.

They get bytes and their media type and give a response; the meaning of the bytes is no matter of theirs.
"""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dagster_project.simulator.faults.orders import Order

Wire = Callable[[Order, bytes, str], Response]

_DEFAULT_SECONDS = 5.0
_PADDING = b" " * 2**20
_PADDING_PIECES = 50
_SLOW_PIECES = 10


def _seconds(order: Order) -> float:
    return _DEFAULT_SECONDS if order.seconds is None else order.seconds


class _CutShort(Response):
    """Promises the whole body in `Content-Length`, sends half of it and lets the connection break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body; the server closes what is left incomplete."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class _Late(Response):
    """Says nothing for some seconds, then everything; nothing at all to a client that hangs up meanwhile."""

    def __init__(self, seconds: float, body: bytes, media_type: str) -> None:
        super().__init__(body, media_type=media_type)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the hang-up as long as the silence lasts, then send."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
        await super().__call__(scope, receive, send)


def _truncated_json(_order: Order, body: bytes, media_type: str) -> Response:
    return Response(body[: len(body) // 2], media_type=media_type)


def _too_large(_order: Order, body: bytes, media_type: str) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(_PADDING_PIECES):
            yield _PADDING
        yield body

    return StreamingResponse(pieces(), media_type=media_type)


def _slow_first_byte(order: Order, body: bytes, media_type: str) -> Response:
    return _Late(_seconds(order), body, media_type)


def _slow_body(order: Order, body: bytes, media_type: str) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        size = len(body) // _SLOW_PIECES + 1
        for start in range(0, len(body), size):
            yield body[start : start + size]
            await asyncio.sleep(_seconds(order) / _SLOW_PIECES)

    return StreamingResponse(pieces(), headers={"content-length": str(len(body))}, media_type=media_type)


def _gzip_ok(_order: Order, body: bytes, media_type: str) -> Response:
    packed = gzip.compress(body, mtime=0)
    return Response(packed, headers={"content-encoding": "gzip"}, media_type=media_type)


def _unknown_encoding(_order: Order, body: bytes, media_type: str) -> Response:
    garbage = bytes(byte ^ 0xA5 for byte in body)
    return Response(garbage, headers={"content-encoding": "br"}, media_type=media_type)


WIRES: dict[str, Wire] = {
    "truncated_json": _truncated_json,
    "reset_mid_body": lambda _order, body, media_type: _CutShort(body, media_type=media_type),
    "too_large": _too_large,
    "slow_first_byte": _slow_first_byte,
    "slow_body": _slow_body,
    "gzip_ok": _gzip_ok,
    "unknown_encoding": _unknown_encoding,
    "wrong_content_type": lambda _order, body, _media_type: Response(body, media_type="text/html"),
}
