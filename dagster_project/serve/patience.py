"""How long a connection may dawdle: the head of a request has to arrive, and an answer has to be read, in time.

Uvicorn has no limit for either; the body of a request is gate.py's. Nothing here knows what is asked.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS = 10.0
READ_SECONDS = 60.0
LARGEST_HEAD = 1 << 20
"""Bytes of a request line and its headers: a question about thousands of addresses is refused by its family."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that waits only so long."""

    _waiting: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Stop to wait once the head of a request is there; wait for the next one from its first byte on."""
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

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self.transport.is_closing():
            self.transport.write(_TOO_SLOW)
            self.transport.close()
