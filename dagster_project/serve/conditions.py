"""What becomes of an answer under the conditions of a request (RFC 9110, 13): the whole, a part, or nothing anew.

Conditions go by ETag alone: two files can be published within one second, so a date proves nothing and is ignored.
"""

from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import Message

from dagster_project.serve.ranges import BeyondError, part_of
from dagster_project.serve.refused import refused


@dataclass
class Whole:
    """An answer as the application gave it, collected before it is sent: status, headers and body."""

    status: int = 0
    headers: MutableHeaders = field(default_factory=lambda: MutableHeaders(raw=[]))
    body: bytes = b""

    async def collect(self, message: Message) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = MutableHeaders(raw=list(message["headers"]))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")  # which is the whole of it: nothing that is served is streamed

    def copy(self) -> "Whole":
        """Return a copy whose headers can be changed."""
        return Whole(self.status, MutableHeaders(raw=list(self.headers.raw)), self.body)

    def response(self) -> Response:
        """Give it as a response."""
        return _response(self.status, self.headers, self.body)


def is_known(headers: Headers, etag: str) -> bool:
    """Tell whether the answer need not be made: whoever asks has it, and makes no other condition."""
    return "if-match" not in headers and etag.removeprefix("W/") in _tags(headers, "if-none-match")


def finish(whole: Whole, asked: Headers, etag: str, modified: str, *, is_get: bool) -> Response:
    """Give the response to a GET or HEAD, whose answer is known as `etag` and was published at `modified`.

    A weak tag is that of an answer whose bytes may differ from one time to the next, so it has no parts.

    Raises:
        RefusedError: 412 where the answer is another than the one named, 416 where the range lies behind its end.
    """
    if whole.status != 200:
        return whole.response()
    whole.headers["ETag"] = etag
    whole.headers["Last-Modified"] = modified
    has_parts = not etag.startswith("W/")
    whole.headers["Accept-Ranges"] = "bytes" if has_parts else "none"
    if "if-match" in asked and not {etag, "*"} & _tags(asked, "if-match", is_strong=True):
        words = "the answer is another than the one that If-Match names, since another file was published; ask anew"
        raise refused(412, "changed", words, ETag=etag)
    if {etag.removeprefix("W/"), "*"} & _tags(asked, "if-none-match"):
        return unchanged(etag, modified)
    if not (is_get and has_parts) or asked.get("if-range", etag) != etag:
        return whole.response()
    length = len(whole.body)
    try:
        part = part_of(asked.get("range"), length)
    except BeyondError:
        words = f"the answer has {length:,} bytes, and the range begins behind them"
        raise refused(416, "beyond_end", words, Content_Range=f"bytes */{length}", Accept_Ranges="bytes") from None
    if part is None:
        return whole.response()
    whole.headers["Content-Range"] = part.content_range
    return _response(206, whole.headers, whole.body[part.first : part.last + 1])


def unchanged(etag: str, modified: str) -> Response:
    """Say that the answer is the one that is known already."""
    return Response(status_code=304, headers={"ETag": etag, "Last-Modified": modified})


def _response(status: int, headers: MutableHeaders, body: bytes) -> Response:
    headers["Content-Length"] = str(len(body))
    response = Response(body, status)
    response.raw_headers = headers.raw
    return response


def _tags(headers: Headers, name: str, *, is_strong: bool = False) -> set[str]:
    """Give the tags that a header lists; a weak one is no strong one."""
    told = (one.strip() for one in ",".join(headers.getlist(name)).split(","))
    return {one.removeprefix("W/") for one in told if not (is_strong and one.startswith("W/"))}
