"""The wire under the door: httpx's transport seam over pyreqwest's connection pool.

Chosen by measurement, see docs/decisions/0002-http-transport.md; another transport is one line in http.py.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import (
    ConnectError,
    ConnectTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

TARGET = "target"
"""httpx's own name for the extension that holds the path and query to send, already encoded."""


def _as_httpx(error: PyreqwestError) -> httpx.TransportError:
    """Name the error as httpx does, without the words of the lower layer: they may hold the URL."""
    kind = type(error).__name__
    if isinstance(error, ConnectError | ConnectTimeoutError):
        return httpx.ConnectError(kind)
    if isinstance(error, RequestTimeoutError):
        return httpx.ReadTimeout(kind)
    return httpx.ReadError(kind)


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
        self, base_url: str, headers: Mapping[str, str], connections: int, timeouts: tuple[float, float, float]
    ) -> None:
        """Prepare a pool; `timeouts` are seconds to connect, between two reads, and for a request as a whole."""
        connect, read, whole = (timedelta(seconds=seconds) for seconds in timeouts)
        builder = ClientBuilder().default_headers(dict(headers)).max_connections(connections)
        builder = builder.follow_redirects(enable=False).referer(enable=False).default_cookie_store(enable=False)
        builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
        builder = builder.connect_timeout(connect).read_timeout(read).timeout(whole)
        if not base_url.startswith("https:"):
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
        streamed = wire.build_streamed()
        try:
            response = await streamed.__aenter__()
        except PyreqwestError as error:
            raise _as_httpx(error) from None
        return httpx.Response(response.status, headers=list(response.headers.items()), stream=_Body(streamed, response))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.close()
