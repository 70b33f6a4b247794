"""Credmark v1's portfolio endpoints from the history: its paths and NestJS's errors.

What is answered is portfolio.py; what is read is question.py and timeline.py.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from dagster_project.serve.body import NestError, declare, reply, returns
from dagster_project.serve.credmark import portfolio, shapes
from dagster_project.serve.credmark.question import STATUS, Question, read
from dagster_project.serve.credmark.timeline import Ends, Span
from dagster_project.serve.family import Body, Family
from dagster_project.serve.refused import RefusedError
from dagster_project.serve.service import Asked, Served

_ROOT = "/portfolio/{chain_id}/{accounts}"
_LARGEST = 2**53


def _write(refusal: RefusedError, _path: str, _now: datetime) -> Response:
    """Write what NestJS writes: one sentence, or the list of what is wrong with parameters."""
    listed = [f"{one.place[-1]}: {one.words}" if one.place else one.words for one in refusal.reasons]
    is_list = len(listed) > 1 or bool(refusal.reasons[0].place)
    message: object = listed if is_list else refusal.reasons[0].words
    if refusal.status == 429:
        message = "ThrottlerException: Too Many Requests"
    return JSONResponse({"statusCode": refusal.status, "message": message, "error": refusal.phrase}, refusal.status)


_BODIES: dict[int | None, Body] = {None: Body("application/json", NestError)}

CREDMARK = Family("credmark", "/v1/", "Credmark v1 portfolio, from the history", STATUS, _write, bodies=_BODIES)

_Number = Annotated[int | None, Field(ge=0, lt=_LARGEST)]
_Time = Annotated[int | None, Field(ge=0, lt=2**32)]
_Step = Annotated[int | None, Field(ge=1, lt=_LARGEST)]


class OfTokens(BaseModel):
    """What every endpoint takes: tokens with commas between, or the parameter repeated."""

    model_config = ConfigDict(populate_by_name=True)

    tokens: list[str] = Field(default=[])


class AtBlock(OfTokens):
    """What endpoints about an instant take."""

    block_number: _Number = Field(default=None, alias="blockNumber")
    timestamp: _Time = None


class AtBlockQuoted(AtBlock):
    """What returns takes."""

    quote: str | None = Field(default=None, alias="quoteAddress", max_length=66)


class ValueAsked(AtBlockQuoted):
    """What value takes; positions are always given."""

    include_positions: bool = Field(default=False, alias="includePositions")


class Over(OfTokens):
    """What endpoints over time take; `timestamp` is the end, as everywhere the instant that is spoken of."""

    start_block: _Number = Field(default=None, alias="startBlockNumber")
    end_block: _Number = Field(default=None, alias="endBlockNumber")
    blocks: _Step = Field(default=None, alias="blockInterval")
    start_at: _Time = Field(default=None, alias="startTimestamp")
    end_at: _Time = Field(default=None, alias="endTimestamp")
    seconds: _Step = Field(default=None, alias="timeInterval")
    timestamp: _Time = None

    def span(self, question: Question) -> Span:
        """Lay out the range on the question's timeline."""
        end_at = self.timestamp if self.end_at is None else self.end_at
        ends = Ends(self.start_block, self.end_block, self.start_at, end_at, self.blocks, self.seconds)
        return question.timeline.span(ends)


class OverQuoted(Over):
    """What value/historical takes."""

    quote: str | None = Field(default=None, alias="quoteAddress", max_length=66)
    include_positions: bool = Field(default=False, alias="includePositions")


class _Path:
    """Accounts and chain of a path, with what they are asked through."""

    def __init__(self, chain_id: int, accounts: str, asking: Asked, served: Served) -> None:
        self._of = (asking, chain_id, accounts)
        self._gives_known = served.gives_known

    def read(self, tokens: list[str], quote: str | None = None) -> Question:
        return read(*self._of, tokens, quote, gives_known=self._gives_known)


Path = Annotated[_Path, Depends()]


def add_portfolio(app: FastAPI) -> None:
    """Put the five endpoints into the family's application."""
    declare(
        app, shapes.Value, shapes.Positions, shapes.Returns, shapes.ValueHistory, shapes.PositionsHistory,
    )  # fmt: skip

    @app.get(f"{_ROOT}/value", responses=returns(shapes.Value))
    def value(path: Path, asked: Annotated[ValueAsked, Query()]) -> Response:
        question = path.read(asked.tokens, asked.quote)
        return reply(portfolio.value(question, question.timeline.at(asked.block_number, asked.timestamp)))

    @app.get(f"{_ROOT}/value/historical", responses=returns(shapes.ValueHistory))
    def value_historical(path: Path, asked: Annotated[OverQuoted, Query()]) -> Response:
        question = path.read(asked.tokens, asked.quote)
        told = portfolio.value_history(question, asked.span(question), with_positions=asked.include_positions)
        return reply(told)

    @app.get(f"{_ROOT}/positions", responses=returns(shapes.Positions))
    def positions(path: Path, asked: Annotated[AtBlock, Query()]) -> Response:
        question = path.read(asked.tokens)
        return reply(portfolio.positions(question, question.timeline.at(asked.block_number, asked.timestamp)))

    @app.get(f"{_ROOT}/positions/historical", responses=returns(shapes.PositionsHistory))
    def positions_historical(path: Path, asked: Annotated[Over, Query()]) -> Response:
        question = path.read(asked.tokens)
        return reply(portfolio.positions_history(question, asked.span(question)))

    @app.get(f"{_ROOT}/returns", responses=returns(shapes.Returns))
    def returns_(path: Path, asked: Annotated[AtBlockQuoted, Query()]) -> Response:
        question = path.read(asked.tokens, asked.quote)
        return reply(portfolio.returns(question, question.timeline.at(asked.block_number, asked.timestamp)))
