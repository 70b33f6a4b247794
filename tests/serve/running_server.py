"""The command `portfolio serve` as a process of its own, and the questions that tests put to it over real sockets.

What is expected of the answers stands in the tests.
"""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from tests.portfolio import PORTFOLIO, Portfolio
from tests.serve.documented import hold_briefly


@dataclass
class Server:
    """The base URL of a running server, a client that follows nothing, and the process."""

    url: str
    http: httpx.Client = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)

    def get(self, path: str, **params: object) -> httpx.Response:
        """Ask at a path; a list among the parameters repeats its name."""
        told = {name: value for name, value in params.items() if value is not None}
        return self.http.get(self.url + path, params=told or None)  # type: ignore[arg-type] # httpx takes what str() writes


@contextlib.contextmanager
def served(portfolio: Portfolio, command: Sequence[str] = PORTFOLIO, **environment: str) -> Iterator[Server]:
    """Serve a portfolio as its settings say, on a free port, and end it as Ctrl-C does."""
    process = subprocess.Popen(
        [*command, "serve", "--port", "0"],
        env=portfolio.environment | environment,
        cwd=portfolio.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    hooks = {"response": [hold_briefly]}  # whatever a test asks, the answer has to be documented
    with process, httpx.Client(trust_env=False, timeout=180, event_hooks=hooks) as http:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " on http://127.0.0.1:" in line, line
        try:
            yield Server(line.split()[-1], http, process)
        except BaseException:
            process.kill()  # whatever is wrong is told by the test
            raise
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
