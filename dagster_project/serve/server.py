"""The API as a process: it binds, says where, serves, and ends on a signal. What it serves is app.py."""

import asyncio
import contextlib
import functools
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from pydantic import SecretStr

from dagster_project.serve.app import create_app
from dagster_project.serve.clients import Clients
from dagster_project.serve.patience import LARGEST_HEAD, PatientProtocol
from dagster_project.serve.service import MakePage, Service
from dagster_project.settings.schema import Serve
from dagster_project.warehouse.reader import Reader

MOST_CONNECTIONS = 500

OTHER_FILES = 48
"""Files that the process has open beside its connections: the published file, libraries, what is being refused."""

AT_ONCE = 2 * (os.cpu_count() or 1) + 2
"""How many questions are worked on at once: more would only wait for each other, each with memory of its own."""


class _Server(uvicorn.Server):
    """Uvicorn's server that tells when it accepts connections, and works on a few questions at once."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        current_default_thread_limiter().total_tokens = AT_ONCE
        await super().startup(sockets)
        self._ready()


def serve(
    published: Path, page: MakePage, settings: Serve, key: SecretStr | None, announce: Callable[[str], None]
) -> None:
    """Serve the published file until SIGINT or SIGTERM, then return.

    Args:
        published: The file; each question is asked of the version that is newest then.
        page: Makes the page that is shown at `/` of the version that is served.
        settings: Where to bind (port 0 for any free one), and how often a client may ask.
        key: What a client has to send; None lets everybody on this machine in.
        announce: Called once with the base URL as soon as connections are accepted.

    Raises:
        UsageError: Nothing is published yet.
        OSError: The address cannot be bound.
    """
    reader = Reader(published)
    with reader.newest():
        pass  # what cannot be read is said now, not at the first question
    service = Service(reader, settings, key, page, lambda: datetime.now(UTC))
    host = settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, settings.port), family=family, backlog=2048) as listener:
        url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(service),
            http=_protocol(settings),
            h11_max_incomplete_event_size=LARGEST_HEAD,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,  # warnings and errors reach standard error through Python's last resort
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config, lambda: announce(url))
        with _stopped_by_signals(server):
            server.run(sockets=[listener])
    reader.close()


def _protocol(settings: Serve) -> type[asyncio.Protocol]:
    """Make what uvicorn calls for each connection."""
    clients = Clients(_most_connections(), settings.connections_per_client)
    return cast("type[asyncio.Protocol]", functools.partial(PatientProtocol, clients))


def _most_connections() -> int:
    """Allow this process as many open files as all connections need, and give how many connections that makes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, (wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)) - OTHER_FILES)


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
