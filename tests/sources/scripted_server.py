"""A server that says exactly the bytes that a test writes down, and remembers every request that it was sent.

For what no honest server does; what a provider says stands in the tests.
"""

import contextlib
import itertools
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
END_OF_HEAD = b"\r\n\r\n"

Script = Callable[[socket.socket, bytes], bytes]
"""Gives the bytes to end an answer with; may say things before, and gets the head of the request."""

Reply = bytes | Script


class HangUpError(Exception):
    """Raised by a script: the connection ends here."""


def head(status: int, headers: Mapping[str, str] | None = None) -> bytes:
    """The head of an HTTP/1.1 answer with these headers and no others."""
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in (headers or {}).items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def reply(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP/1.1 answer with the right length."""
    said = {"Content-Type": "application/json", "Content-Length": str(len(body))} | dict(headers or {})
    return head(status, said) + body


def half(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """The beginning of an answer that promises ten bytes more than this body."""
    return head(status, {"Content-Length": str(len(body) + 10)} | dict(headers or {})) + body


def chunked(*pieces: bytes) -> bytes:
    """A 200 in chunks; an empty piece at the end makes it whole."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head(200, {"Transfer-Encoding": "chunked"}) + chunks


def cut(said: bytes) -> Script:
    """Say this, then end the connection."""

    def script(connection: socket.socket, _: bytes) -> bytes:
        connection.sendall(said)
        raise HangUpError

    return script


def reset(said: bytes) -> Script:
    """Say this, then break the connection with a TCP reset."""

    def script(connection: socket.socket, _: bytes) -> bytes:
        connection.sendall(said)
        time.sleep(0.1)  # a reset throws away what was not read yet, though not on Linux
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise HangUpError

    return script


def silence(said: bytes = b"") -> Script:
    """Say this, then nothing until the client hangs up."""

    def script(connection: socket.socket, _: bytes) -> bytes:
        connection.sendall(said)
        while connection.recv(65_536):
            pass
        raise HangUpError

    return script


def late(seconds: float, said: bytes) -> Script:
    """Say this after some seconds."""

    def script(_: socket.socket, __: bytes) -> bytes:
        time.sleep(seconds)
        return said

    return script


def drip(start: bytes, piece: bytes, times: int, seconds: float = 0) -> Script:
    """Say the start, then the piece so many times with a pause between, and end the connection."""

    def script(connection: socket.socket, _: bytes) -> bytes:
        connection.sendall(start)
        for _turn in range(times):
            connection.sendall(piece)
            time.sleep(seconds)
        raise HangUpError

    return script


@dataclass
class ScriptedServer:
    """What the server saw: each request's head and instant, connections, their ends, the most requests at once."""

    url: str
    replies: Iterator[Reply]
    requests: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    connections: int = 0
    ended: int = 0
    most_at_once: int = 0
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def lines(self) -> list[str]:
        """The request lines."""
        return [request.partition("\r\n")[0] for request in self.requests]

    @property
    def waited(self) -> list[float]:
        """The seconds from each request to the next."""
        return [later - earlier for earlier, later in itertools.pairwise(self.at)]

    def values(self, name: str) -> list[str | None]:
        """What each request said under this header, None where it did not have it."""
        found = (re.search(rf"(?im)^{re.escape(name)}:[ \t]*(.*?)\r?$", request) for request in self.requests)
        return [match[1] if match else None for match in found]

    def talk(self, connection: socket.socket) -> None:
        """Answer the requests of one connection until either side ends it."""
        waiting = b""
        with contextlib.suppress(OSError, HangUpError):
            while heard := connection.recv(65_536):
                waiting += heard
                while END_OF_HEAD in waiting:
                    request, _, waiting = waiting.partition(END_OF_HEAD)
                    self._answer(connection, request + END_OF_HEAD)

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        with self._lock:
            self.at.append(time.monotonic())
            self.requests.append(request.decode("latin-1"))
            answer = next(self.replies)
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            said = answer if isinstance(answer, bytes) else answer(connection, request)
        finally:
            with self._lock:  # before the client can know that it is answered
                self._open -= 1
        connection.sendall(said)


@contextlib.contextmanager
def serving(*replies: Reply, host: str = LOOPBACK, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """Serve these replies in turn, the last one for ever, on a free port; every thread has ended at the end."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=512) as listener:
        shown = f"[{host}]" if ":" in host else host
        url = f"{'https' if tls else 'http'}://{shown}:{listener.getsockname()[1]}"
        server = ScriptedServer(url, itertools.chain(replies, itertools.repeat(replies[-1])))
        is_over = threading.Event()
        accepted: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def converse(plain: socket.socket) -> None:
            with contextlib.suppress(OSError), tls.wrap_socket(plain, server_side=True) if tls else plain as talking:
                server.talk(talking)
            plain.close()
            server.ended += 1

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                if is_over.is_set():
                    connection.close()
                    return
                connection.settimeout(60)
                server.connections += 1
                accepted.append(connection)
                threads.append(threading.Thread(target=converse, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            is_over.set()
            with socket.create_connection(listener.getsockname()[:2]):  # wakes the one who accepts
                accepting.join()
            for connection in accepted:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """An address at which nobody listens: its port is taken, so that no server comes to it meanwhile."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        yield f"http://{LOOPBACK}:{taken.getsockname()[1]}"


@contextlib.contextmanager
def deaf() -> Iterator[str]:
    """An address whose queue is full, so that no connection comes about and none is refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        while True:
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.3)
            try:
                waiting.connect(listener.getsockname())
            except TimeoutError:
                break
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
