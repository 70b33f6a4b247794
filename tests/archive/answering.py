"""A provider on this machine that gives prepared answers, and the door to it; a real server and a real connection.

What is made of the answers stands in the tests.
"""

import contextlib
import http.server
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dagster_project.model import Account, Capability, Frame, ProviderPlan, Pull, Request
from dagster_project.sources.access import Access
from dagster_project.sources.credmark import value
from dagster_project.sources.limits import KeyState

AS_OF = datetime(2023, 6, 26, 15, 0, tzinfo=UTC)
WALLET = "0x295B61866dAA53a76CE4b3a927EFAF0059b4a90A"
ACCOUNT = Account(f"eip155:0:{WALLET.lower()}", WALLET, "treasury", ("eip155:1",))

Prepared = tuple[int, bytes]
"""HTTP status and body."""


def pull(name: str, capability: Capability = Capability.TIMESTAMP) -> Pull:
    """A question about the wallet whose answer is prepared under this name."""
    asked = value(ACCOUNT, "eip155:1", ("timestamp", int(AS_OF.timestamp())))
    return replace(asked, pull_key=name, capability=capability, request=Request("/{name}", f"/{name}"))


def plan(*pulls: Pull) -> ProviderPlan:
    """A plan of these questions."""
    return ProviderPlan(Frame(AS_OF, (ACCOUNT,), "0 * * * *", AS_OF, 90, "cd" * 32), "credmark", 1, pulls)


@contextlib.contextmanager
def answering(prepared: Mapping[str, Sequence[Prepared]]) -> Iterator[str]:
    """Serve prepared answers by name, one after the other, and give the address."""
    waiting = {f"/{name}": list(answers) for name, answers in prepared.items()}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = waiting[self.path].pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Request-Id", f"{self.path}-{len(waiting[self.path])}")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def access(address: str, quota: int | None = None, state: KeyState | None = None) -> Access:
    """The way to the server: no pace, no waiting between tries."""
    return Access(address, concurrency=3, monthly_quota=quota, key_state=state, is_simulated=True)
