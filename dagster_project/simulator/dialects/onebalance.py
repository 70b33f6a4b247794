"""OneBalance's dialect: balances of now, added up over chains by aggregated asset, and its lists.

Only wallets are known here, and only the instant that is lived. How a question is read stands in
`onebalance_question`, which assets are one in `onebalance_assets`.
"""

from datetime import UTC, datetime
from fractions import Fraction

from starlette.requests import Request

from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.chains import CHAINS, SOLANA
from dagster_project.simulator.dialect import Call, Dialect, Document, Endpoint, Limits, Message, Place, Shape
from dagster_project.simulator.dialects.onebalance_assets import Aggregate, assets_list, supported_list
from dagster_project.simulator.dialects.onebalance_question import Question, accounts_of, read_v2, read_v3
from dagster_project.simulator.json_text import encode
from dagster_project.simulator.lived import lived_at
from dagster_project.simulator.seen import Holding, eyes_of
from dagster_project.simulator.sums import plain_sum

_FIAT_DIGITS = 6
_EXCEPTIONS = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    500: "InternalServerErrorException",
}


def _v3(call: Call) -> Document:
    """The body of `GET /api/v3/balances/aggregated-balance`."""
    question = read_v3(call)
    return {"accounts": question.accounts} | _body(call, question)


def _v2(call: Call) -> Document:
    """The body of `GET /api/v2/balances/aggregated-balance`."""
    return _body(call, read_v2(call))


def _body(call: Call, question: Question) -> Document:
    held = _held(call, question)
    aggregated = [_aggregated(one, held) for one in question.aggregates]
    specific = [_specific(asset_id, held) for asset_id in question.asset_ids]
    counted = {member.id for one in question.aggregates for member in one.members}
    counted |= {_canonical(asset_id) for asset_id in question.asset_ids}
    total = plain_sum(_fiat(holding) for id_, holding in held.items() if id_ in counted)
    return {
        "balanceByAggregatedAsset": aggregated,
        "balanceBySpecificAsset": specific,
        "totalBalance": {"fiatValue": round(total, _FIAT_DIGITS)},
    }


def _held(call: Call, question: Question) -> dict[str, Holding]:
    """What the accounts hold now on all chains, by CAIP-19 type."""
    held: dict[str, Holding] = {}
    for chain in CHAINS:
        eyes = eyes_of("onebalance", question.account_on(chain.id) or "", chain, call.lived_at)
        held |= {holding.asset.id: holding for holding in eyes.wallet()} if eyes else {}
    return held


def _fiat(holding: Holding) -> float:
    return round(holding.value_usd, _FIAT_DIGITS)


def _leg(holding: Holding) -> Document:
    """One asset on one chain in its own decimals; without a price it has no `fiatValue` at all."""
    leg: Document = {"assetType": holding.asset.id, "balance": str(holding.raw)}
    return leg if holding.price is None else leg | {"fiatValue": _fiat(holding)}


def _aggregated(aggregate: Aggregate, held: dict[str, Holding]) -> Document:
    """The sum in the aggregate's decimals, cut off after them, above legs that each have their own."""
    legs = [held[member.id] for member in aggregate.members if member.id in held]
    whole = sum((Fraction(leg.raw, leg.asset.unit) for leg in legs), Fraction(0))
    fiat = plain_sum(_fiat(leg) for leg in legs)
    return {
        "aggregatedAssetId": aggregate.id,
        "balance": str(int(whole * 10**aggregate.decimals)),
        "individualAssetBalances": [_leg(leg) for leg in legs],
        "fiatValue": round(fiat, _FIAT_DIGITS),
    }


def _canonical(asset_id: str) -> str:
    """The type as the book spells it: EVM addresses in lower case."""
    return asset_id if asset_id.startswith(SOLANA) else asset_id.lower()


def _specific(asset_id: str, held: dict[str, Holding]) -> Document:
    """One asset asked for by its type; what is not held, or not known, has 0 for both."""
    holding = held.get(_canonical(asset_id))
    if holding is None:
        known = ASSET_BY_ID.get(_canonical(asset_id))
        return {"assetType": known.id if known else _canonical(asset_id), "balance": "0", "fiatValue": 0}
    return _leg(holding)


def _error(request: Request, status: int, message: Message) -> Document:
    try:
        now = lived_at(request.headers)
    except ValueError:
        now = lived_at({})  # the header is what is wrong
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "error": _EXCEPTIONS.get(status, "HttpException"),
        "message": message if isinstance(message, str) else ", ".join(map(str, message)),
        "statusCode": status,
        "timestamp": stamp,
        "path": request.url.path.removeprefix("/onebalance"),
    }


def _limit_headers(limit: int, left: int, reset_at: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": str(reset_at),
    }


def _total(document: Document) -> list[Place]:
    total = document["totalBalance"]
    return [(total, "fiatValue")] if isinstance(total, dict) else []


def _bare(_call: Call, document: Document) -> bytes:
    return encode(document["rows"])


_BALANCES = Shape(
    lists=lambda document: [(document, "balanceByAggregatedAsset"), (document, "balanceBySpecificAsset")],
    totals=_total,
    amount="balance",
)
_LIST = Shape(lists=lambda document: [(document, "rows")], amount="decimals")
_CHAINS = Shape(lists=lambda document: [(document, "rows")], amount="isTestnet")

ONEBALANCE = Dialect(
    name="onebalance",
    endpoints=(
        Endpoint("GET", "/api/v3/balances/aggregated-balance", _v3, _BALANCES),
        Endpoint("GET", "/api/v2/balances/aggregated-balance", _v2, _BALANCES),
        Endpoint("GET", "/api/assets/list", assets_list, _LIST, write=_bare),
        Endpoint("GET", "/api/chains/supported-list", supported_list, _CHAINS, write=_bare),
    ),
    key_of=lambda request: request.headers.get("x-api-key", ""),
    accounts_of=accounts_of,
    asked_at=lambda _: None,
    error=_error,
    limits=Limits("ThrottlerException: Too Many Requests", has_retry_after=False, headers=_limit_headers),
)
