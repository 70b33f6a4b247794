"""DefiLlama's coins API over the prices of the book: points every five minutes, and nothing of what nobody prices.

Ids are those of DefiLlama: `<chain's name>:<address>`, and `coingecko:<coin>` for what chains pay with.
"""

import json

from dagster_project.simulator.book.assets import ASSET_BY_ID, Asset
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.window import BEGIN_AT
from dagster_project.simulator.dialect import Call, Document, Refusal

POINT_SECONDS = 300
MOST_COINS = 200
LONGEST_QUERY = 9_000
_SLUGS = {
    "ethereum": "eip155:1",
    "arbitrum": "eip155:42161",
    "base": "eip155:8453",
    "optimism": "eip155:10",
    "bsc": "eip155:56",
}
_COINS = {"ethereum": "eip155:1/slip44:60", "binancecoin": "eip155:56/slip44:714"}


def current(call: Call) -> Document:
    """The body of `GET /prices/current/{coins}`: the last point by now."""
    return _coins(call, call.lived_at - call.lived_at % POINT_SECONDS)


def historical(call: Call) -> Document:
    """The body of `GET /prices/historical/{timestamp}/{coins}`: the nearest point, which may be a later one."""
    text = str(call.request.path_params["timestamp"])
    if not text.isdecimal() or len(text) > 12:
        raise Refusal(400, "timestamp must be unix seconds")
    return _coins(call, _nearest(call, int(text)))


def batch(call: Call) -> Document:
    """The body of `GET /batchHistorical`: of each coin the nearest points to the times asked for, the latest first."""
    try:
        asked = json.loads(call.request.query_params.get("coins", ""))
        times = {str(name): sorted((int(one) for one in wanted), reverse=True) for name, wanted in asked.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise Refusal(400, "coins must be JSON: {id: [unix seconds]}") from error
    if len(call.request.url.query) > LONGEST_QUERY:
        raise Refusal(414, "URI too long")
    found: Document = {}
    for name, wanted in times.items():
        points = [point for at in wanted if (point := _point(name, _nearest(call, at))) is not None]
        if points:
            kept = [{member: point[member] for member in ("timestamp", "price", "confidence")} for point in points]
            found[name] = {"symbol": points[0]["symbol"], "prices": kept}
    return {"coins": found}


def _nearest(call: Call, at: int) -> int:
    nearest = (at + POINT_SECONDS // 2) // POINT_SECONDS * POINT_SECONDS
    return min(nearest, call.lived_at - call.lived_at % POINT_SECONDS)


def _coins(call: Call, at: int) -> Document:
    asked = str(call.request.path_params["coins"]).split(",")
    if len(asked) > MOST_COINS:
        raise Refusal(414, "too many coins")
    found: Document = {}
    for name in asked:
        if (point := _point(name, at)) is not None:
            found[name] = point
    return {"coins": found}


def _point(name: str, at: int) -> Document | None:
    asset = _asset(name)
    price = price_usd(asset.id, at) if asset and at >= BEGIN_AT else None
    if asset is None or price is None:
        return None
    described = {} if name.startswith("coingecko:") else {"decimals": asset.decimals}
    return {**described, "symbol": asset.symbol, "price": price, "timestamp": at, "confidence": 0.99}


def _asset(name: str) -> Asset | None:
    source, _, rest = name.partition(":")
    if source == "coingecko":
        return ASSET_BY_ID.get(_COINS.get(rest, ""))
    return ASSET_BY_ID.get(f"{_SLUGS.get(source)}/erc20:{rest.lower()}")
