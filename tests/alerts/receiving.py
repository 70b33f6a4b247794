"""A webhook of a test's own: a real server on this machine that keeps what it was told and answers as the test says.

What is expected of it stands in the tests.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SECRET = "T000/B000/MARKED-SECRET"  # noqa: S105 - what a search must not find anywhere


@dataclass
class Webhook:
    """Keeps each post's path and text; `statuses` are the next answers, 200 when there are no more."""

    url: str = ""
    posts: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Give the lines of all posts but their titles."""
        return [line for _, text in self.posts for line in text.splitlines()[1:]]


@contextmanager
def webhook_of_a_test() -> Iterator[Webhook]:
    """Listen for as long as this lasts."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep what was sent where it is taken, and answer."""
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = webhook.statuses.pop(0) if webhook.statuses else 200
            if status == 200:
                assert self.headers["Content-Type"] == "application/json"
                assert list(body) == ["text"]
                webhook.posts.append((self.path, body["text"]))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: what was sent is kept above."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        webhook.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
        try:
            yield webhook
        finally:
            server.shutdown()
            thread.join()
