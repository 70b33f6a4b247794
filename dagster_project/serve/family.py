"""What a family of the API is: where it stands, and how it writes what it refuses. FastAPI's own words never get out.

The families are listed in app.py; what each answers is in the modules of its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from dagster_project.errors import PortfolioError, TryAgainError, UsageError
from dagster_project.serve.refused import Reason, RefusedError, refused

Write = Callable[[RefusedError, str, datetime], Response]
"""Writes a refusal of a path at an instant."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of an error as documents have it: its media type and its shape, `str` for plain text."""

    media_type: str
    shape: type


def _never(_scope: Scope) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Family:
    """A shape of questions and answers: its name, the paths that are its own, the status of a bad question.

    `bodies` are the shapes of its errors, by status, under None for all others; `further` are statuses that it alone
    sends. `may_differ` tells of a request whether the bytes of its answer may differ from one time to the next.
    """

    name: str
    prefix: str
    title: str
    bad_question: int
    write: Write
    bodies: Mapping[int | None, Body] = field(kw_only=True)
    further: tuple[int, ...] = ()
    may_differ: Callable[[Scope], bool] = _never

    def body_of(self, status: int) -> Body:
        """Give the shape of an error with this status."""
        return self.bodies.get(status, self.bodies[None])

    def refuse(self, refusal: RefusedError, path: str, now: datetime) -> Response:
        """Write a refusal in the family's shape."""
        response = self.write(refusal, path, now)
        response.headers.update(refusal.headers)
        return response

    def app(self, clock: Callable[[], datetime]) -> FastAPI:
        """Make the family's application, still without endpoints; its OpenAPI document is beside them."""
        app = FastAPI(title=self.title, openapi_url="/openapi.json", docs_url=None, redoc_url=None)

        async def answer_with(request: Request, error: Exception) -> Response:
            refusal = self._refusal(error)
            if refusal.status == 405:
                refusal.headers["Allow"] = ", ".join(sorted(_taken(app, request.scope)))
            return self.refuse(refusal, request.url.path, clock())

        for kind in (PortfolioError, RequestValidationError, HTTPException, Exception):
            app.add_exception_handler(kind, answer_with)
        return app

    def _refusal(self, error: Exception) -> RefusedError:
        match error:
            case RefusedError():
                return error
            case UsageError():
                return refused(self.bad_question, "bad_question", str(error))
            case TryAgainError():
                return refused(503, "try_again", str(error))
            case RequestValidationError():
                reasons = [Reason(one["type"], one["msg"], tuple(one["loc"])) for one in error.errors()]
                return RefusedError(self.bad_question, reasons)
            case HTTPException():
                return refused(error.status_code, "not_served", _words(error.status_code), **(error.headers or {}))
            case _:  # its words stay here: they may hold more than the asker is to see
                return refused(500, "failed", "the answer could not be made; the server's log says why")


def _taken(app: FastAPI, scope: Scope) -> set[str]:
    """Give the methods that a path takes, of all its endpoints."""
    taken: set[str] = set()
    for route in app.routes:
        if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE:
            taken |= set(route.methods or ())
    return taken | ({"HEAD"} if "GET" in taken else set())


def _words(status: int) -> str:
    return {
        404: "there is nothing at this path; the family's OpenAPI document lists what there is",
        405: "the path is there, but does not take this method",
    }.get(status, "the request cannot be answered")
