"""A provider of a test's own: a real server on this machine that answers by path, and a portfolio in front of it.

What it answers is said by the test; what is expected of it stands there too.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.plan import heeded_by
from dagster_project.snapshot.stores import store_of
from dagster_project.snapshot.taken import Taken
from dagster_project.warehouse.ask import query
from tests.normalise.asking import WALLET
from tests.portfolio import FIRST, day


@dataclass
class Provider:
    """Answers by what a path contains: a value is sent as JSON with 200, a number is a status without a body.

    Bytes are sent as they are. What depends on more of the path than a part of it is a function of the whole path.
    """

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def answer_to(self, path: str) -> tuple[int, bytes]:
        """Give status and body; what nobody gave an answer for is not found."""
        found = next((answer for part, answer in self.answers.items() if part in path), 404)
        found = found(path) if callable(found) else found
        if isinstance(found, int):
            return found, b""
        return 200, found if isinstance(found, bytes) else json.dumps(found).encode()


@contextmanager
def provider_of_a_test() -> Iterator[Provider]:
    """Listen for as long as this lasts."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer as the test says."""
            provider.asked.append(self.path)
            status, body = provider.answer_to(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Give the Date header by the clock of the test."""
            del timestamp
            return format_datetime(provider.clock(), usegmt=True)

        def log_message(self, *_: object) -> None:
            """Say nothing: what was asked is kept above."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield provider
        server.shutdown()
        thread.join()


@dataclass
class Watched:
    """Wallets, usually one, watched through one or more providers of a test; `further` is more of the settings."""

    folder: Path
    sections: dict[str, str]
    provider: Provider
    accounts: str = f'[[accounts]]\naddress = "{WALLET}"\n'
    further: str = ""
    series_every: str = "never"
    empty: bytes = b""

    def settings(self) -> Settings:
        """Write and read the settings."""
        sections = "".join(
            f'[providers.{name}]\nbase_url = "{self.provider.url}"\nseries_every = "{self.series_every}"\n{more}\n'
            for name, more in self.sections.items()
        )
        config = self.folder / "portfolio.toml"
        snapshots = f'[snapshots]\nstart = "{FIRST:%Y-%m-%d}"\n{self.accounts}'
        config.write_text(f'mode = "simulated"\n{snapshots}{sections}{self.further}', encoding="utf-8")
        return load(datetime.now(UTC), config)

    def take(self, *days: int, again: bool = False) -> list[Taken]:
        """Take the snapshots of some days, and give what was asked anew."""
        return self.take_at(*map(day, days), again=again)

    def take_at(self, *instants: datetime, again: bool = False) -> list[Taken]:
        """Take the snapshots of some instants, and give what was asked anew."""
        self.provider.asked.clear()
        taken: list[Taken] = []
        job = Job(instants, again=again)
        take_history(self.settings(), job, Watch(stored=taken.append))
        return taken

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask SQL of the published file."""
        return list(query(self.settings().paths.published, sql).rows)

    def begin(self) -> None:
        """Make an empty store, as a first run does before it asks, and keep it for `forget`."""
        settings = self.settings()
        store_of(settings).heed(heeded_by(settings))
        self.empty = settings.paths.store.read_bytes()

    def forget(self) -> None:
        """Put the empty store back, and nothing published, as a run that was killed before it stored anything."""
        self.settings().paths.store.write_bytes(self.empty)
        self.settings().paths.published.unlink()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Give a provider without any answer."""
    with provider_of_a_test() as listening:
        yield listening
