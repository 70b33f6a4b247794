"""Faults that need no honest answer: the server says something else altogether, or refuses.

What changes or cuts an honest answer belongs to `distortions` and `wires`.
"""

import base64
import functools
import math
import zlib
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from dagster_project.simulator.dialect import JSON_TYPE, Call, Dialect, Message
from dagster_project.simulator.faults.orders import Order
from dagster_project.simulator.json_text import encode

Reply = Callable[[Order, Dialect, Call], Response]

_DEFAULT_SECONDS = 1.0
_NESTED = 100_000
_BOMB_PIECE = 8 * 2**20
_BOMB_PIECES = 129
_ELSEWHERE = "http://elsewhere.invalid/"


def in_dialect(dialect: Dialect, request: Request, status: int, message: Message) -> Response:
    """A refusal in the dialect's own error body."""
    return Response(encode(dialect.error(request, status, message)), status, media_type=JSON_TYPE)


def too_many(dialect: Dialect, headers: dict[str, str]) -> Response:
    """429 as plain text in the provider's words, with these headers."""
    return PlainTextResponse(dialect.limits.sentence, 429, headers)


def unavailable_page() -> Response:
    """503 as the HTML page of a gateway in front of the provider."""
    title = "503 Service Temporarily Unavailable"
    return HTMLResponse(f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1></body>\n</html>\n", 503)


def _seconds(order: Order) -> int:
    return math.ceil(_DEFAULT_SECONDS if order.seconds is None else order.seconds)


def _refuse(status: int, message: str | list[str]) -> Reply:
    return lambda _order, dialect, call: in_dialect(dialect, call.request, status, message)


def _reset_header(order: Order, dialect: Dialect, call: Call) -> Response:
    return too_many(dialect, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(call.lived_at + _seconds(order))})


def _echoed_key(_order: Order, dialect: Dialect, call: Call) -> Response:
    """A refusal that repeats the key where a careless server would: in its words and in a header that clients keep."""
    key = dialect.key_of(call.request) if dialect.key_of else ""
    as_sent = base64.b64encode(f"Bearer {key}".encode()).decode()
    in_url = "".join(f"%{byte:02x}" for byte in key.encode())
    refusal = in_dialect(dialect, call.request, 401, f"the key {key} is not known here ({as_sent}, ?key={in_url})")
    refusal.headers["x-ratelimit-key"] = key
    return refusal


def _redirect(order: Order, _dialect: Dialect, _call: Call) -> Response:
    return Response(status_code=302, headers={"location": order.location or _ELSEWHERE})


@functools.cache
def _bomb() -> bytes:
    """More than a GiB of zeros as one gzip stream of about a MB, built from one compressed piece repeated."""
    piece = bytes(_BOMB_PIECE)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # after a full flush the packer remembers nothing, so the same bytes may follow themselves
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(_BOMB_PIECES):
        checksum = zlib.crc32(piece, checksum)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    tail = checksum.to_bytes(4, "little") + (_BOMB_PIECE * _BOMB_PIECES).to_bytes(4, "little")
    return head + packed * _BOMB_PIECES + packer.flush(zlib.Z_FINISH) + tail


def _compressed_bomb(_order: Order, _dialect: Dialect, _call: Call) -> Response:
    return Response(_bomb(), headers={"content-encoding": "gzip"}, media_type=JSON_TYPE)


REPLIES: dict[str, Reply] = {
    "rate_limited": lambda _order, dialect, _call: too_many(dialect, {}),
    "rate_limited_with_retry_after": lambda order, dialect, _call: too_many(
        dialect, {"retry-after": str(_seconds(order))}
    ),
    "reset_header": _reset_header,
    "server_error": _refuse(500, "Internal server error"),
    "unavailable": lambda *_: unavailable_page(),
    "text_body": lambda *_: PlainTextResponse("upstream connect error or disconnect/reset before headers"),
    "html_page": lambda *_: HTMLResponse("<!doctype html>\n<title>Just a moment...</title>\n"),
    "empty_body": lambda *_: Response(b"", media_type=JSON_TYPE),
    "deeply_nested": lambda *_: Response(b"[" * _NESTED + b"]" * _NESTED, media_type=JSON_TYPE),
    "compressed_bomb": _compressed_bomb,
    "not_found": _refuse(404, "Not Found"),
    "unauthorised": _refuse(401, "Invalid API key"),
    "forbidden": _refuse(403, "Forbidden resource"),
    "bad_request": _refuse(400, ["Bad request, by order of a fault"]),
    "redirect": _redirect,
    "echoed_key": _echoed_key,
}
