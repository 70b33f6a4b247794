"""The record of the requests that the dialects met, and the number that each answer carries in a header.

Keys are never recorded; what a request was answered is told by its status alone.
"""

import time
from collections import Counter, deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dagster_project.simulator.frame import FAULT_MET
from dagster_project.simulator.lived import HEADER

_KEPT = 1000


class RequestsLog:
    """Counts since the start or the last `clear`, and the last thousand requests, oldest first."""

    def __init__(self) -> None:
        self.by_path: Counter[str] = Counter()
        self.last: deque[dict[str, object]] = deque(maxlen=_KEPT)
        self._numbered = 0

    def clear(self) -> None:
        """Forget counts and requests; the numbers of later answers go on, so that none comes twice."""
        self.by_path.clear()
        self.last.clear()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """An app that does the same and is recorded."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send if scope["type"] != "http" else self._recorder(scope, send))

        return recorded

    def _recorder(self, scope: Scope, send: Send) -> Send:
        self.by_path[scope["path"]] += 1
        self._numbered += 1
        number = f"simulated-{self._numbered:08d}"
        line: dict[str, object] = {
            "request_id": number,
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "lived_at": next((v.decode("latin-1") for k, v in scope["headers"] if k == HEADER.encode()), None),
            "received_at": time.time(),
            "status": None,
            "fault": None,
        }
        self.last.append(line)

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                line["status"] = message["status"]
                line["fault"] = scope.get(FAULT_MET)
                message["headers"] = [*message["headers"], (b"x-request-id", number.encode())]
            await send(message)

        return numbered
