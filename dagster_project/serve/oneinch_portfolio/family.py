"""1inch Portfolio v5.0 from the history: its paths under the public double prefix, its 422 body, its plain 429.

What is answered is in the modules of the same folder; what is read is question.py.
"""

from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import StringConstraints
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dagster_project.serve.body import NestError, declare, reply, returns
from dagster_project.serve.family import Body, Family
from dagster_project.serve.oneinch_portfolio import about, metrics, shapes, snapshot, value
from dagster_project.serve.oneinch_portfolio.question import STATUS, About, AtInstant, TimeRange, read
from dagster_project.serve.refused import RefusedError
from dagster_project.serve.service import Asked, Served

_TOO_FAST = "The limit of requests per second has been exceeded"
_ROOT = "/portfolio/v5.0"

ContractAddress = Annotated[str, StringConstraints(min_length=42, max_length=42)]


def _write(refusal: RefusedError, _path: str, _now: datetime) -> Response:
    """Write FastAPI's body, and what the vendor's gateway says where it is the gate that refuses."""
    if refusal.status == 429:
        return PlainTextResponse(_TOO_FAST, 429)
    if refusal.status == 401:
        gateway = {"statusCode": refusal.status, "message": str(refusal), "error": refusal.phrase}
        return JSONResponse(gateway, refusal.status)
    if refusal.status == STATUS:
        detail = [{"loc": list(one.place), "msg": one.words, "type": one.code} for one in refusal.reasons]
        return JSONResponse({"detail": detail}, STATUS)
    words = refusal.phrase if refusal.status in (404, 405) else str(refusal)
    return JSONResponse({"detail": words}, refusal.status)


_BODIES = {
    None: Body("application/json", shapes.Detail),
    401: Body("application/json", NestError),
    STATUS: Body("application/json", shapes.Invalid),
    429: Body("text/plain", str),
}

ONEINCH_PORTFOLIO = Family(
    "oneinch_portfolio", "/portfolio/", "1inch Portfolio v5.0 and v4, from the history", STATUS, _write, bodies=_BODIES
)


class _Csv(Response):
    media_type = "text/csv"


class Ranged(About):
    """What endpoints over a time range take."""

    timerange: TimeRange = TimeRange.YEAR


class TokensMeasured(About):
    """What tokens/metrics takes."""

    timerange: TimeRange | None = TimeRange.YEAR


class ProtocolsMeasured(TokensMeasured):
    """What protocols/metrics takes."""

    protocol_group_id: str | None = None
    contract_address: ContractAddress | None = None
    token_id: int | None = None


class Reported(Ranged):
    """What general/report takes."""

    closed: bool = True
    closed_threshold: float = 1


def add_general(app: FastAPI) -> None:
    """Put the general endpoints into the family's application."""
    declare(
        app, shapes.StatusAnswer, shapes.ChainsAnswer, shapes.ProtocolsAnswer, shapes.CheckAnswer,
        shapes.CurrentValueAnswer, shapes.ChartAnswer, shapes.SnapshotAnswer, shapes.MetricsAnswer,
    )  # fmt: skip

    @app.get(f"{_ROOT}/general/status", responses=returns(shapes.StatusAnswer))
    def status(asked: Annotated[AtInstant, Query()], asking: Asked) -> Response:
        return reply(about.status(asking, asked.timestamp))

    @app.get(f"{_ROOT}/general/supported_chains", responses=returns(shapes.ChainsAnswer))
    def supported_chains(asked: Annotated[AtInstant, Query()], asking: Asked) -> Response:
        return reply(about.supported_chains(asking, asked.timestamp))

    @app.get(f"{_ROOT}/general/supported_protocols", responses=returns(shapes.ProtocolsAnswer))
    def supported_protocols(asked: Annotated[AtInstant, Query()], asking: Asked) -> Response:
        return reply(about.supported_protocols(asking, asked.timestamp))

    @app.get(f"{_ROOT}/general/address_check", responses=returns(shapes.CheckAnswer))
    def address_check(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(about.address_check(read(asked, asking, served)))

    @app.get(f"{_ROOT}/general/current_value", responses=returns(shapes.CurrentValueAnswer))
    def current_value(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(value.current_value(read(asked, asking, served)))

    @app.get(f"{_ROOT}/general/chart", responses=returns(shapes.ChartAnswer))
    def chart(asked: Annotated[Ranged, Query()], asking: Asked, served: Served) -> Response:
        return reply(value.chart(read(asked, asking, served), asked.timerange))

    @app.get(f"{_ROOT}/general/report", response_class=_Csv)
    def report(asked: Annotated[Reported, Query()], asking: Asked, served: Served) -> Response:
        told = read(asked, asking, served)
        text = value.report(told, asked.timerange, closed=asked.closed, closed_threshold=asked.closed_threshold)
        return _Csv(text)


def add_rows(app: FastAPI) -> None:
    """Put the endpoints of tokens and positions into the family's application."""

    @app.get(f"{_ROOT}/tokens/snapshot", responses=returns(shapes.SnapshotAnswer))
    def tokens_snapshot(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(snapshot.tokens(read(asked, asking, served)))

    @app.get(f"{_ROOT}/protocols/snapshot", responses=returns(shapes.SnapshotAnswer))
    def protocols_snapshot(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(snapshot.protocols(read(asked, asking, served)))

    @app.get(f"{_ROOT}/tokens/metrics", responses=returns(shapes.MetricsAnswer))
    def tokens_metrics(asked: Annotated[TokensMeasured, Query()], asking: Asked, served: Served) -> Response:
        return reply(metrics.tokens(read(asked, asking, served), asked.timerange or TimeRange.YEAR))

    @app.get(f"{_ROOT}/protocols/metrics", responses=returns(shapes.MetricsAnswer))
    def protocols_metrics(asked: Annotated[ProtocolsMeasured, Query()], asking: Asked, served: Served) -> Response:
        told = metrics.protocols(
            read(asked, asking, served),
            asked.timerange or TimeRange.YEAR,
            group=asked.protocol_group_id,
            contract=asked.contract_address,
            token_id=asked.token_id,
        )
        return reply(told)
