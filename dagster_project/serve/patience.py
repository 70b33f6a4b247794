"""What a connection may do: the head of a request has to arrive, and an answer has to be read, in time.

A client that holds too many connections is refused. Uvicorn has limits for neither; a request's body is gate.py's.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from dagster_project.serve.clients import Clients

HEAD_SECONDS = 10.0
READ_SECONDS = 60.0
LARGEST_HEAD = 1 << 20
"""Bytes of a request line and its headers: a question about thousands of addresses is refused by its family."""

LINGER_SECONDS = 1.0
"""How long a client that is refused at once may take to read why."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that waits only so long, and serves only so many connections of one client."""

    _waiting: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _is_refused = False

    def __init__(
        self,
        clients: Clients,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Make the protocol of one connection; `clients` counts them all."""
        super().__init__(config, server_state, app_state, _loop)
        self._clients = clients

    @property
    def _client(self) -> str:
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own has it
        """Begin to wait for the first request, unless the client holds too many connections."""
        super().connection_made(transport)
        if self._clients.enter(self._client):
            self._wait()
        else:
            self._refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self._clients.leave(self._client)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Stop to wait once the head of a request is there; wait for the next one from its first byte on."""
        if self._is_refused:
            return
        super().data_received(data)
        cycle = cast("RequestResponseCycle | None", self.cycle)  # uvicorn has none before the first request
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()
        elif self._waiting is None:
            self._wait()

    def on_response_complete(self) -> None:
        """Leave the time between two requests to uvicorn's own limit."""
        self._stop_waiting()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give whoever does not read the answer so long to go on."""
        super().pause_writing()
        self._writing = self._writing or self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The answer is read again."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP while an answer can still begin, and let whoever reads the body know that it ends."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(msg)
        self.transport.close()
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _say(self, words: str) -> None:
        """Say in plain text that the request cannot be read: 431 where its head is too large, else 400."""
        is_large = getattr(sys.exception(), "error_status_hint", 400) == 431
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if is_large else HTTPStatus.BAD_REQUEST
        if is_large:
            words = f"The request line and headers may have {LARGEST_HEAD:,} bytes."
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
            h11.Data(data=words.encode()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.give_up)
        self._clients.wait(self._client, self, self.loop.time())

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
            self._clients.arrived(self._client, self)

    def _refuse(self) -> None:
        """Say at once that there are too many, read nothing, and let go soon."""
        self._is_refused = True
        if self._clients.is_flooding(self._client):
            self.transport.abort()
            return
        self.transport.write(_TOO_MANY)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def give_up(self) -> None:
        """Close the connection, whose request did not arrive in time."""
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(_TOO_SLOW)
            self.transport.close()
