"""Faults of transport: the honest answer, written right, on its way to the client.

They get bytes and give a response; the meaning of the bytes is no matter of theirs.
"""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dagster_project.simulator.faults.orders import Order
from dagster_project.simulator.faults.replies import JSON_TYPE

Wire = Callable[[Order, bytes], Response]

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

    def __init__(self, seconds: float, body: bytes) -> None:
        super().__init__(body, media_type=JSON_TYPE)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the hang-up as long as the silence lasts, then send."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
        await super().__call__(scope, receive, send)


def _truncated_json(_order: Order, body: bytes) -> Response:
    return Response(body[: len(body) // 2], media_type=JSON_TYPE)


def _too_large(_order: Order, body: bytes) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(_PADDING_PIECES):
            yield _PADDING
        yield body

    return StreamingResponse(pieces(), media_type=JSON_TYPE)


def _slow_first_byte(order: Order, body: bytes) -> Response:
    return _Late(_seconds(order), body)


def _slow_body(order: Order, body: bytes) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        size = len(body) // _SLOW_PIECES + 1
        for start in range(0, len(body), size):
            yield body[start : start + size]
            await asyncio.sleep(_seconds(order) / _SLOW_PIECES)

    return StreamingResponse(pieces(), headers={"content-length": str(len(body))}, media_type=JSON_TYPE)


def _gzip_ok(_order: Order, body: bytes) -> Response:
    packed = gzip.compress(body, mtime=0)
    return Response(packed, headers={"content-encoding": "gzip"}, media_type=JSON_TYPE)


def _unknown_encoding(_order: Order, body: bytes) -> Response:
    garbage = bytes(byte ^ 0xA5 for byte in body)
    return Response(garbage, headers={"content-encoding": "br"}, media_type=JSON_TYPE)


WIRES: dict[str, Wire] = {
    "truncated_json": _truncated_json,
    "reset_mid_body": lambda _order, body: _CutShort(body, media_type=JSON_TYPE),
    "too_large": _too_large,
    "slow_first_byte": _slow_first_byte,
    "slow_body": _slow_body,
    "gzip_ok": _gzip_ok,
    "unknown_encoding": _unknown_encoding,
    "wrong_content_type": lambda _order, body: Response(body, media_type="text/html"),
}
