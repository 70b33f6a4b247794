"""1inch Portfolio v4 from the history: the paths that the vendor's Go SDK asks at, in the application of v5.

What is answered is v4.py and v4_details.py.
"""

from decimal import Decimal
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import Response

from dagster_project.serve.body import declare, reply, returns
from dagster_project.serve.oneinch_portfolio import about, shapes, v4, v4_details, v4_shapes, value
from dagster_project.serve.oneinch_portfolio.question import About, AtInstant, TimeRange, read
from dagster_project.serve.service import Asked, Served

_ROOT = "/portfolio/v4"


class RangedV4(About):
    """What endpoints over a time range take."""

    timerange: TimeRange = TimeRange.YEAR


class DetailedV4(RangedV4):
    """What details take."""

    closed: bool = True
    closed_threshold: float = 1

    def threshold(self) -> Decimal | None:
        """Give the profit or loss from which what was given up is listed, None where none of it is."""
        return Decimal(repr(self.closed_threshold)) if self.closed else None


def add_general(app: FastAPI) -> None:
    """Put the general endpoints of v4 into the family's application."""
    declare(
        app, v4_shapes.AvailableV4, v4_shapes.ChainNumbersV4, v4_shapes.AddressValuesV4, v4_shapes.ProfitsV4,
        v4_shapes.GroupValuesV4, v4_shapes.TokenDetailsV4, v4_shapes.ProtocolDetailsV4,
    )  # fmt: skip

    @app.get(f"{_ROOT}/general/is_available", responses=returns(v4_shapes.AvailableV4))
    def is_available(asked: Annotated[AtInstant, Query()], asking: Asked) -> Response:
        return reply(v4.is_available(asking, asked.timestamp))

    @app.get(f"{_ROOT}/general/supported_chains", responses=returns(v4_shapes.ChainNumbersV4))
    def supported_chains_v4(asked: Annotated[AtInstant, Query()], asking: Asked) -> Response:
        return reply(v4.supported_chains(asking, asked.timestamp))

    @app.get(f"{_ROOT}/general/supported_protocols", responses=returns(shapes.ProtocolsAnswer))
    def supported_protocols_v4(asked: Annotated[AtInstant, Query()], asking: Asked) -> Response:
        return reply(about.supported_protocols(asking, asked.timestamp))

    @app.get(f"{_ROOT}/general/current_value", responses=returns(v4_shapes.AddressValuesV4))
    def current_value_v4(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(v4.current_value(read(asked, asking, served)))

    @app.get(f"{_ROOT}/general/profit_and_loss", responses=returns(v4_shapes.ProfitsV4))
    def profit_and_loss_v4(asked: Annotated[RangedV4, Query()], asking: Asked, served: Served) -> Response:
        return reply(v4.profit(read(asked, asking, served), asked.timerange))

    @app.get(f"{_ROOT}/general/value_chart", responses=returns(shapes.ChartAnswer))
    def value_chart_v4(asked: Annotated[RangedV4, Query()], asking: Asked, served: Served) -> Response:
        return reply(value.chart(read(asked, asking, served), asked.timerange))


def add_overview(app: FastAPI) -> None:
    """Put the endpoints of v4 about tokens and positions into the family's application."""

    @app.get(f"{_ROOT}/overview/erc20/current_value", responses=returns(v4_shapes.GroupValuesV4))
    def erc20_value(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(v4.worth_of(read(asked, asking, served), "category"))

    @app.get(f"{_ROOT}/overview/protocols/current_value", responses=returns(v4_shapes.GroupValuesV4))
    def protocols_value(asked: Annotated[About, Query()], asking: Asked, served: Served) -> Response:
        return reply(v4.worth_of(read(asked, asking, served), "protocol"))

    @app.get(f"{_ROOT}/overview/erc20/profit_and_loss", responses=returns(v4_shapes.ProfitsV4))
    def erc20_profit(asked: Annotated[RangedV4, Query()], asking: Asked, served: Served) -> Response:
        return reply(v4.profit_of(read(asked, asking, served), "tokens_metrics", asked.timerange))

    @app.get(f"{_ROOT}/overview/protocols/profit_and_loss", responses=returns(v4_shapes.ProfitsV4))
    def protocols_profit(asked: Annotated[RangedV4, Query()], asking: Asked, served: Served) -> Response:
        return reply(v4.profit_of(read(asked, asking, served), "protocols_metrics", asked.timerange))

    @app.get(f"{_ROOT}/overview/erc20/details", responses=returns(v4_shapes.TokenDetailsV4))
    def erc20_details(asked: Annotated[DetailedV4, Query()], asking: Asked, served: Served) -> Response:
        question = read(asked, asking, served)
        return reply(v4_details.tokens(question, asked.timerange, threshold=asked.threshold()))

    @app.get(f"{_ROOT}/overview/protocols/details", responses=returns(v4_shapes.ProtocolDetailsV4))
    def protocols_details(asked: Annotated[DetailedV4, Query()], asking: Asked, served: Served) -> Response:
        question = read(asked, asking, served)
        return reply(v4_details.protocols(question, asked.timerange, threshold=asked.threshold()))
