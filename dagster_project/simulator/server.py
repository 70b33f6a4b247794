"""The simulator as a process: binds, says where, serves, and ends when it is told to.

What is served belongs to `app`.
"""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import uvicorn

from dagster_project.simulator.app import create_app

LOOPBACK = "127.0.0.1"


def _print_line(url: str) -> None:
    sys.stdout.write(f"simulator listening on {url}\n")
    sys.stdout.flush()


class _Server(uvicorn.Server):
    """Uvicorn's server that tells when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(
    host: str = LOOPBACK,
    port: int = 0,
    *,
    stop_with_stdin: bool = False,
    announce: Callable[[str], None] = _print_line,
) -> None:
    """Serve until SIGINT or SIGTERM, then return.

    Args:
        host: The address to bind; anything but the loopback address lets other machines in.
        port: TCP port, 0 for any free one.
        stop_with_stdin: End as well when standard input is closed, as it is when the parent process dies.
        announce: Called once with the base URL (`http://127.0.0.1:8700`) as soon as connections are accepted.

    Raises:
        OSError: The address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2048) as listener:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(),
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,  # warnings and errors reach standard error through Python's last resort
            server_header=False,
            date_header=False,  # answers tell the instant that is lived
            timeout_graceful_shutdown=1,
        )
        logging.getLogger("uvicorn.error").addFilter(_is_unplanned)
        server = _Server(config, lambda: announce(url))
        if stop_with_stdin:
            threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
        with _stopped_by_signals(server):
            server.run(sockets=[listener])


def _is_unplanned(record: logging.LogRecord) -> bool:
    """Whether a complaint is worth showing: the fault reset_mid_body leaves its answers incomplete on purpose."""
    return record.getMessage() != "ASGI callable returned without completing response."


@contextlib.contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Uvicorn raises a caught signal again when it has ended; meeting this handler, it does no more harm."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    try:
        while os.read(0, 65_536):
            pass
    except OSError:
        pass  # no standard input at all: closed before we began
    server.should_exit = True
