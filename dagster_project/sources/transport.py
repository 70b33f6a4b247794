"""The wire under the door: httpx's transport seam over pyreqwest's connection pool.

Chosen by measurement, see docs/decisions/0002-http-transport.md; another transport is one line in http.py.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PyreqwestError, RequestTimeoutError
from pyreqwest.http import HeaderMap
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

TARGET = "target"
"""httpx's own name for the extension that holds the path and query to send, already encoded."""

_WHILE_CONNECTING = {"message": "client error (Connect)"}
"""Stands among the causes where no connection came about; the class of an error says so of all before the head."""

_KINDS = (
    ("NotValidForName", "certificate name"),
    ("not valid for name", "certificate name"),
    ("Expired", "certificate time"),
    ("certificate expired", "certificate time"),
    ("NotValidYet", "certificate time"),
    ("not valid yet", "certificate time"),
    ("invalid peer certificate", "certificate"),
    ("dns error", "host name"),
    ("Connection refused", "closed"),
)
"""Signs in the causes, each with the kind that failures.py puts into words."""

_REST = 0.02
"""Seconds that the thread below gets to let go of Python: an interpreter that ends before it does is aborted."""

_NO_TEXT = "?"
"""Stands for the value of a header that is no text."""


def _as_httpx(error: PyreqwestError) -> httpx.TransportError:
    """Name the error as httpx does, without the words of the lower layer: they may hold the URL."""
    kind = type(error).__name__
    causes = error.details["causes"] if isinstance(error, DetailedPyreqwestError) else None
    if _WHILE_CONNECTING in (causes or ()):
        return httpx.ConnectError(_without_connection(causes))
    if isinstance(error, RequestTimeoutError):
        return httpx.ReadTimeout(kind)
    return httpx.ReadError(kind)


def _without_connection(causes: object) -> str:
    """Name the kind of cause for which no connection came about; the words of the lower layer go no further."""
    words = str(causes)
    return next((kind for sign, kind in _KINDS if sign in words), "")


def _readable(headers: HeaderMap) -> list[tuple[str, str]]:
    """Give all headers; the layer below refuses to list any of them where one is no text."""
    try:
        return list(headers.items())
    except ValueError:
        return [(name, value) for name in dict.fromkeys(headers) for value in _values(headers, name)]


def _values(headers: HeaderMap, name: str) -> list[str]:
    try:
        return headers.getall(name)
    except ValueError:
        return [_NO_TEXT]


class _Body(httpx.AsyncByteStream):
    def __init__(self, request: StreamRequest, response: Response) -> None:
        self._request = request
        self._reader = response.body_reader

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._reader.read_chunk()) is not None:
                yield bytes(chunk)
        except PyreqwestError as error:
            raise _as_httpx(error) from None

    async def aclose(self) -> None:
        await self._request.__aexit__(None, None, None)


class WireTransport(httpx.AsyncBaseTransport):
    """A connection pool to one host: no redirects, no cookies, no decoding, and a timeout for everything.

    A request's method, headers, content and `target` extension count; its host is the pool's.
    """

    def __init__(
        self, base_url: str, headers: Mapping[str, str], timeouts: tuple[float, float, float], *, is_direct: bool
    ) -> None:
        """Prepare a pool that asks past every proxy of the environment where `is_direct`.

        `timeouts` are seconds to connect, between two reads, and for a request as a whole. How many requests are under
        way at once is the caller's to bound: a bound of the pool's own would be held by requests that were cancelled.
        """
        connect, read, whole = (timedelta(seconds=seconds) for seconds in timeouts)
        builder = ClientBuilder().default_headers(dict(headers))
        builder = builder.follow_redirects(enable=False).referer(enable=False).default_cookie_store(enable=False)
        builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
        builder = builder.connect_timeout(connect).read_timeout(read).timeout(whole)
        if is_direct:
            builder = builder.no_proxy()
        self._base_url = base_url
        self._client = builder.build()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send and give the response with its body unread.

        Raises:
            httpx.TransportError: by kind; its words hold neither URL nor key.
        """
        wire = self._client.request(request.method, self._base_url + request.extensions[TARGET])
        wire = wire.headers(request.headers.multi_items())
        if request.method != "GET":
            wire = wire.body_bytes(request.content)
        streamed = wire.streamed_read_buffer_limit(0).build_streamed()  # else a body that breaks takes the head along
        try:
            response = await streamed.__aenter__()
        except PyreqwestError as error:
            raise _as_httpx(error) from None
        return httpx.Response(response.status, headers=_readable(response.headers), stream=_Body(streamed, response))

    async def aclose(self) -> None:
        """Close every connection, and let the thread of the layer below come to rest."""
        await self._client.close()
        await asyncio.sleep(_REST)
