"""OneBalance v3 and v2 from the history: aggregated balances, the lists of assets and chains, the vendor's error body.

What is answered is balances.py and assets.py; what is read is question.py.
"""

from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, Response

from dagster_project.serve.body import declare, reply, returns
from dagster_project.serve.family import Body, Family
from dagster_project.serve.onebalance import assets, shapes
from dagster_project.serve.onebalance.balances import balances
from dagster_project.serve.onebalance.question import INCOMPLETE, STATUS, Question, listed, read
from dagster_project.serve.refused import RefusedError, refused
from dagster_project.serve.service import Asked, Served
from dagster_project.serve.whom import tick_of

_EXCEPTIONS = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    413: "PayloadTooLargeException",
    429: "ThrottlerException",
    500: "InternalServerErrorException",
    503: "ServiceUnavailableException",
}


def _write(refusal: RefusedError, path: str, now: datetime) -> Response:
    body = {
        "error": _EXCEPTIONS.get(refusal.status, "HttpException"),
        "message": "ThrottlerException: Too Many Requests" if refusal.status == 429 else str(refusal),
        "statusCode": refusal.status,
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
        "path": path,
    }
    return JSONResponse(body, refusal.status)


ONEBALANCE = Family(
    "onebalance",
    "/api/",
    "OneBalance v3, from the history",
    STATUS,
    _write,
    bodies={None: Body("application/json", shapes.Failure)},
    further=(INCOMPLETE,),
)

Timestamp = Annotated[int | None, Query(ge=0, lt=2**32, description="Unix seconds; default the last instant")]
Account = Annotated[list[str], Query(description="CAIP-10 with commas between, one EVM and one Solana account at most")]
Groups = Annotated[list[str], Query(alias="aggregatedAssetId", description="Groups of assets, with commas between")]
Assets = Annotated[list[str], Query(alias="assetId", description="CAIP-19 types, with commas between")]
Address = Annotated[str, Query(min_length=42, max_length=42)]


def add_balances(app: FastAPI) -> None:
    """Put the balances of both versions into the family's application."""
    declare(app, shapes.Balances, shapes.ListedAsset, shapes.SupportedChain)

    @app.get("/v3/balances/aggregated-balance", responses=returns(shapes.Balances))
    def third(
        asking: Asked,
        served: Served,
        account: Account,
        groups: Groups = [],  # noqa: B006 - FastAPI copies defaults
        single: Assets = [],  # noqa: B006 - likewise
        timestamp: Timestamp = None,
    ) -> Response:
        wanted, further = listed(groups), listed(single)
        if not wanted and not further:
            words = "At least one of aggregatedAssetId or assetId must be provided."
            raise refused(STATUS, "no_asset", words)
        if not listed(account):
            raise refused(STATUS, "no_account", "account should not be empty")
        question = read(asking, listed(account), wanted, further, timestamp, served)
        return _told(question, balances(question, with_accounts=True))

    @app.get("/v2/balances/aggregated-balance", responses=returns(shapes.Balances))
    def second(
        asking: Asked,
        served: Served,
        address: Address,
        single: Assets = [],  # noqa: B006 - FastAPI copies defaults
        timestamp: Timestamp = None,
    ) -> Response:
        question = read(asking, [address], None, listed(single), timestamp, served)
        return _told(question, balances(question, with_accounts=False))


def add_lists(app: FastAPI) -> None:
    """Put the lists of assets and chains into the family's application."""

    @app.get("/assets/list", responses=returns(list[shapes.ListedAsset]))
    def assets_list(asking: Asked, timestamp: Timestamp = None) -> Response:
        tick_of(asking, timestamp, STATUS)
        return reply(assets.listed(assets.groups_of(asking)))

    @app.get("/chains/supported-list", responses=returns(list[shapes.SupportedChain]))
    def supported_list(asking: Asked, timestamp: Timestamp = None) -> Response:
        tick_of(asking, timestamp, STATUS)
        return reply(assets.supported(asking))


def _told(question: Question, body: shapes.Balances) -> Response:
    """Write a body, and in a header its instant, for which it has no place."""
    response = reply(body)
    response.headers["X-As-Of"] = f"{question.tick.isoformat()}Z"
    return response
