"""A simulator running as its own process, and the questions that tests put to it over real sockets.

What is expected of the answers stands in the tests.
"""

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL

COMMAND = (sys.executable, "-m", "dagster_project.simulator")
NOW = 1_780_000_000
"""2026-05-28T20:26:40Z: five accounts are funded and nothing planted is going on."""

_fresh = itertools.count(1)


def address(label: str) -> str:
    """The account's address as people write it."""
    return ACCOUNT_BY_LABEL[label].checksummed


@dataclass
class Simulator:
    """The base URL of a running simulator and a client that follows nothing and decodes what httpx decodes."""

    url: str
    http: httpx.Client = field(repr=False)
    standing: dict[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Note what tests order of it, by whichever way they do."""
        self.http.event_hooks["request"].append(self._note)

    def _note(self, request: httpx.Request) -> None:
        if request.method in {"PUT", "DELETE"} and request.url.path.startswith("/_simulator/"):
            self.standing.pop(request.url.path, None)
            if request.method == "PUT":
                self.standing[request.url.path] = request.read()

    @property
    def steering(self) -> tuple[tuple[str, bytes], ...]:
        """Give the faults and forms that stand, as they were ordered."""
        return tuple(sorted(self.standing.items()))

    def value(
        self,
        *accounts: str,
        now: int | None = NOW,
        key: str | None = None,
        chain: str = "1",
        params: Mapping[str, str | list[str]] | None = None,
    ) -> httpx.Response:
        """Ask Credmark's value endpoint about labels or addresses; with a key of its own unless one is given."""
        spelled = ",".join(address(account) if account in ACCOUNT_BY_LABEL else account for account in accounts)
        return self.http.get(
            f"{self.url}/credmark/v1/portfolio/{chain}/{spelled}/value",
            params=params,
            headers=self.headers(now=now, key=key),
        )

    def ask(
        self,
        path: str,
        params: Mapping[str, str | list[str]] | None = None,
        *,
        now: int | None = NOW,
        key: str | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Ask at any path of any dialect, with POST where there is a body and the key wherever one is looked for."""
        headers = self.headers(now=now, key=key)
        headers["x-api-key"] = headers["Authorization"].removeprefix("Bearer ")
        method = "GET" if body is None else "POST"
        return self.http.request(method, self.url + path, params=params, headers=headers, json=body)

    def headers(self, *, now: int | None = NOW, key: str | None = None) -> dict[str, str]:
        """A good key, never used before unless one is given, and the lived instant."""
        headers = {"Authorization": f"Bearer {key or f'simulated-test-{next(_fresh)}'}"}
        return headers if now is None else headers | {"X-Simulated-Now": str(now)}

    def order(self, fault: str, **members: object) -> None:
        """Let this be the only standing fault."""
        orders = [{"dialect": "credmark", "fault": fault, **members}]
        self.http.put(f"{self.url}/_simulator/faults", json=orders).raise_for_status()

    def speak(self, **forms: str) -> None:
        """Let these dialects speak in these forms, and all others in their usual ones."""
        self.http.put(f"{self.url}/_simulator/forms", json=forms).raise_for_status()

    def start_over(self) -> None:
        """Let no fault stand, no request be recorded, and no key's limit be used up."""
        self.clear_faults()
        self.forget_requests()

    def forget_requests(self) -> None:
        """Let the record of requests and the limits of keys begin anew."""
        self.http.delete(f"{self.url}/_simulator/requests").raise_for_status()

    def clear_faults(self) -> None:
        """Let no fault stand."""
        self.http.delete(f"{self.url}/_simulator/faults").raise_for_status()


@contextlib.contextmanager
def started(*arguments: str, **environment: str) -> Iterator[Simulator]:
    """Start a simulator on a free port and end it by closing its standard input."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--stop-with-stdin", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    with process, httpx.Client(trust_env=False, timeout=20) as http:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator listening on http://127.0.0.1:"), line
        yield Simulator(line.split()[-1], http)
        process.stdin.close()
        assert process.wait(timeout=20) == 0
