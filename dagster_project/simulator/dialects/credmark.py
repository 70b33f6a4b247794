"""Credmark's dialect: the portfolio endpoints for Ethereum at a block and over time, and its health.

What they answer is written in `credmark_portfolio`, how they are asked in `credmark_question` and `credmark_range`.
"""

from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request

from dagster_project.simulator.dialect import (
    Call,
    Dialect,
    Document,
    Endpoint,
    Limits,
    Message,
    Place,
    Shape,
    bearer_key,
)
from dagster_project.simulator.dialects.credmark_portfolio import (
    positions,
    positions_historical,
    value,
    value_historical,
)
from dagster_project.simulator.dialects.credmark_question import accounts_of, readable
from dagster_project.simulator.dialects.credmark_range import end_asked_at

_PORTFOLIO = "/v1/portfolio/{chain_id}/{accounts}"


def _health(_call: Call) -> Document:
    return {"status": "ok"}


def _error(_request: Request, status: int, message: Message) -> Document:
    return {"statusCode": status, "message": message, "error": HTTPStatus(status).phrase}


def _asked_at(call: Call) -> int | None:
    """The timestamp asked for; of a range it is the end."""
    is_range = call.request.url.path.endswith("/historical")
    return end_asked_at(call) if is_range else readable(call, "timestamp")


def _points(document: Document) -> list[Document]:
    """The points of an answer over time; an answer for one block is its own and only one."""
    data = document.get("data")
    return [point for point in data if isinstance(point, dict)] if isinstance(data, list) else [document]


def _places(member: str) -> Callable[[Document], list[Place]]:
    return lambda document: [(point, member) for point in _points(document) if member in point]


_SHAPE = Shape(lists=_places("positions"), totals=_places("value"), amount="balance")

CREDMARK = Dialect(
    name="credmark",
    endpoints=(
        Endpoint("GET", "/health", _health, Shape(), needs_key=False),
        Endpoint("GET", f"{_PORTFOLIO}/value", value, _SHAPE),
        Endpoint("GET", f"{_PORTFOLIO}/value/historical", value_historical, _SHAPE),
        Endpoint("GET", f"{_PORTFOLIO}/positions", positions, _SHAPE),
        Endpoint("GET", f"{_PORTFOLIO}/positions/historical", positions_historical, _SHAPE),
    ),
    key_of=bearer_key,
    accounts_of=accounts_of,
    asked_at=_asked_at,
    error=_error,
    limits=Limits("ThrottlerException: Too Many Requests"),
)
