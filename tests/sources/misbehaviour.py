"""Everything that a server can do to a request, and the one answer that comes of it.

The table is shared by the tests that look at the answers and those that look for the key in them.
"""

import gzip
import zlib
from dataclasses import dataclass

from dagster_project.model import Reason
from tests.sources.scripted_server import Reply, chunked, cut, drip, half, head, reply, reset, silence

BODY = b'{"things": [1, 2, 3]}'
SOME = b'{"things": ['
HTML = b"<html>\r\n<h1>502 Bad Gateway</h1>\xff\x00</html>\n"
GZIP = {"Content-Encoding": "gzip"}
SILENCE = 3
"""Seconds of silence to bear where it is what is looked at: a try lasts so long, and so long has what comes before the
silence, or a good answer after it, to arrive on a slow machine."""


@dataclass(frozen=True)
class Case:
    """What a server says, and what the answer is to be."""

    said: Reply
    reason: Reason | None
    status: int | None = 200
    body: bytes = b""
    read: float = 20
    """Seconds of silence to bear."""


WHOLE: dict[str, Case] = {
    "plain": Case(reply(200, BODY), None, body=BODY),
    "empty": Case(reply(200, b""), None),
    "without a length": Case(cut(head(200) + BODY), None, body=BODY),
    "HTTP/1.0": Case(cut(b"HTTP/1.0 200 OK\r\n\r\n" + BODY), None, body=BODY),
    "in chunks": Case(chunked(BODY[:3], BODY[3:], b""), None, body=BODY),
    "in chunks of a byte": Case(chunked(*(BODY[at : at + 1] for at in range(len(BODY))), b""), None, body=BODY),
    "honest gzip": Case(reply(200, gzip.compress(BODY), GZIP), None, body=BODY),
    "gzip in capitals": Case(reply(200, gzip.compress(BODY), {"Content-Encoding": "GZIP"}), None, body=BODY),
    "gzip of two members": Case(reply(200, gzip.compress(BODY[:5]) + gzip.compress(BODY[5:]), GZIP), None, body=BODY),
    "identity": Case(reply(200, BODY, {"Content-Encoding": "identity"}), None, body=BODY),
    "wrong content type": Case(reply(200, BODY, {"Content-Type": "image/png"}), None, body=BODY),
    "no content type": Case(head(200, {"Content-Length": "21"}) + BODY, None, body=BODY),
    "after 100 Continue": Case(head(100) + reply(200, BODY), None, body=BODY),
    "after 103 Early Hints": Case(head(103, {"Link": "</x>"}) + reply(200, BODY), None, body=BODY),
    "a header of 100 kB": Case(reply(200, BODY, {"X-Long": "x" * 100_000}), None, body=BODY),
    "a header that is no text": Case(reply(200, BODY, {"X-Request-Id": "caf\xe9"}), None, body=BODY),
    "more than was promised": Case(cut(reply(200, BODY) + b"surplus"), None, body=BODY),
}
"""Answers that are good, however odd."""

SUCCESSES: dict[str, Case] = {
    "created": Case(reply(201, BODY), None, 201, BODY),
    "accepted": Case(reply(202, BODY), None, 202, BODY),
    "from a cache": Case(reply(203, BODY), None, 203, BODY),
}
"""Answers that are good though their status is not 200."""

STATUSES: dict[str, Case] = {
    f"status {status}": Case(reply(status, HTML, {"Content-Type": "text/html"}), reason, status, HTML)
    for status, reason in {
        205: Reason.UNEXPECTED_STATUS,
        206: Reason.UNEXPECTED_STATUS,
        300: Reason.REDIRECTED,
        301: Reason.REDIRECTED,
        302: Reason.REDIRECTED,
        303: Reason.REDIRECTED,
        307: Reason.REDIRECTED,
        308: Reason.REDIRECTED,
        400: Reason.BAD_REQUEST,
        401: Reason.UNAUTHORISED,
        402: Reason.FORBIDDEN,
        403: Reason.FORBIDDEN,
        404: Reason.NOT_FOUND,
        405: Reason.UNEXPECTED_STATUS,
        408: Reason.UNEXPECTED_STATUS,
        410: Reason.UNEXPECTED_STATUS,
        418: Reason.UNEXPECTED_STATUS,
        422: Reason.BAD_REQUEST,
        429: Reason.RATE_LIMITED,
        500: Reason.SERVER_ERROR,
        501: Reason.SERVER_ERROR,
        502: Reason.SERVER_ERROR,
        503: Reason.SERVER_ERROR,
        504: Reason.SERVER_ERROR,
        599: Reason.SERVER_ERROR,
        999: Reason.UNEXPECTED_STATUS,
    }.items()
} | {
    "status 101": Case(cut(head(101, {"Upgrade": "h2c", "Connection": "upgrade"})), Reason.UNEXPECTED_STATUS, 101),
    "status 204": Case(head(204), Reason.UNEXPECTED_STATUS, 204),
    "status 304": Case(head(304), Reason.REDIRECTED, 304),
    "a plain-text refusal": Case(
        reply(429, b"slow down", {"Content-Type": "text/plain"}), Reason.RATE_LIMITED, 429, b"slow down"
    ),
}
"""Answers whose status alone says what is wrong; their bodies are kept byte for byte."""

REFUSED_AND_BROKEN: dict[str, Case] = {
    "401, cut short": Case(cut(half(SOME, 401)), Reason.UNAUTHORISED, 401, SOME),
    "404, reset": Case(reset(half(SOME, 404)), Reason.NOT_FOUND, 404, SOME),
    "403 in br": Case(reply(403, b"\x8b", {"Content-Encoding": "br"}), Reason.FORBIDDEN, 403),
    "401 of nothing in gzip": Case(reply(401, b"", GZIP), Reason.UNAUTHORISED, 401),
    "400 in broken gzip": Case(reply(400, b"no gzip", GZIP), Reason.BAD_REQUEST, 400),
    "204 of nothing in gzip": Case(head(204, GZIP), Reason.UNEXPECTED_STATUS, 204),
    "304 of nothing in gzip": Case(head(304, GZIP), Reason.REDIRECTED, 304),
}
"""Refusals whose body is broken as well: the refusal is what matters."""

BROKEN: dict[str, Case] = {
    "hung up without a word": Case(cut(b""), Reason.INTERRUPTED, None),
    "reset without a word": Case(reset(b""), Reason.INTERRUPTED, None),
    "hung up in the head": Case(cut(b"HTTP/1.1 200 OK\r\nContent-"), Reason.INTERRUPTED, None),
    "hung up after 100 Continue": Case(cut(head(100)), Reason.INTERRUPTED, None),
    "no HTTP": Case(cut(b"SSH-2.0-OpenSSH_9.6\r\n"), Reason.INTERRUPTED, None),
    "binary garbage": Case(cut(b"\x16\x03\x01\x00\xff" * 100), Reason.INTERRUPTED, None),
    "a bare page": Case(cut(b"<html>hello</html>"), Reason.INTERRUPTED, None),
    "a status of four digits": Case(reply(1000, BODY), Reason.INTERRUPTED, None),
    "two lengths": Case(
        cut(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"), Reason.INTERRUPTED, None
    ),
    "a length below zero": Case(cut(head(200, {"Content-Length": "-3"}) + b"abc"), Reason.INTERRUPTED, None),
    "a thousand headers": Case(
        cut(reply(200, BODY, {f"X-{number}": "x" for number in range(1000)})), Reason.INTERRUPTED, None
    ),
    "headers without end": Case(
        drip(b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 10_000 + b"\r\n", 5_000), Reason.INTERRUPTED, None
    ),
    "cut short": Case(cut(half(SOME)), Reason.INTERRUPTED, body=SOME),
    "cut short, large": Case(cut(half(SOME * 20_000)), Reason.INTERRUPTED, body=SOME * 20_000),
    "reset": Case(reset(half(SOME)), Reason.INTERRUPTED, body=SOME),
    "chunks cut short": Case(cut(chunked(SOME)), Reason.INTERRUPTED, body=SOME),
    "chunks of no size": Case(cut(chunked(SOME) + b"zz\r\n"), Reason.INTERRUPTED, body=SOME),
    "gzip cut short": Case(reply(200, gzip.compress(BODY)[:-4], GZIP), Reason.INTERRUPTED, body=BODY),
    "silent from the start": Case(silence(), Reason.TIMEOUT, None, read=SILENCE),
    "silent in the head": Case(silence(b"HTTP/1.1 200 OK\r\n"), Reason.TIMEOUT, None, read=SILENCE),
    "silent in the body": Case(silence(half(SOME)), Reason.TIMEOUT, body=SOME, read=SILENCE),
}
"""What the network or a broken server does; each is worth another try."""

UNDECODABLE: dict[str, Case] = {
    name: Case(reply(200, body, {"Content-Encoding": encoding}), Reason.UNDECODABLE)
    for name, encoding, body in (
        ("br", "br", b"\x8b\x02\x80"),
        ("deflate", "deflate", zlib.compress(BODY)),
        ("zstd", "zstd", b"\x28\xb5\x2f\xfd"),
        ("gzip twice", "gzip, gzip", gzip.compress(gzip.compress(BODY))),
        ("no gzip", "gzip", BODY),
    )
} | {
    "gzip with a wrong checksum": Case(reply(200, gzip.compress(BODY)[:-8] + b"\0" * 8, GZIP), Reason.UNDECODABLE),
}
"""Bodies that nobody asked for in this form, or that say themselves that they are wrong."""

ALL = WHOLE | STATUSES | REFUSED_AND_BROKEN | BROKEN | UNDECODABLE
