"""The dialect of chains: JSON-RPC nodes at `/rpc/<chain>[/<form>]`, and DefiLlama's prices, both without a key.

What a node knows is written in `onchain_node`, what its contracts answer in `onchain_contracts`, what prices there are
in `onchain_prices`.
"""

import json
from http import HTTPStatus

from starlette.requests import Request

from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.chains import EVM_CHAINS
from dagster_project.simulator.dialect import (
    Call,
    Dialect,
    Document,
    Endpoint,
    Limits,
    Message,
    Place,
    Shape,
)
from dagster_project.simulator.dialects.onchain_node import FORMS, answered
from dagster_project.simulator.dialects.onchain_prices import batch, current, historical
from dagster_project.simulator.json_text import encode


def _rpc(call: Call) -> Document:
    """One reply, or where several questions came as a list, as many."""
    try:
        asked = json.loads(call.body)
    except ValueError:
        return _reply(None, {"error": {"code": -32700, "message": "parse error"}})
    if isinstance(asked, list):
        replies = [_replied(call, one) for one in asked]
        return {"batch": replies}
    return _replied(call, asked)


def _replied(call: Call, asked: object) -> Document:
    if not isinstance(asked, dict):
        return _reply(None, {"error": {"code": -32600, "message": "Invalid Request"}})
    return _reply(asked.get("id"), answered(call, asked))


def _reply(number: object, document: Document) -> Document:
    return {"jsonrpc": "2.0", "id": number, **document}


def _write(_call: Call, document: Document) -> bytes:
    return encode(document.get("batch", document))


def _error(_request: Request, status: int, message: Message) -> Document:
    return {"error": {"code": -32000, "message": str(message)}, "status": HTTPStatus(status).phrase}


def _key_of(_request: Request) -> str:
    return "simulated-without-a-key"


def _asked_at(call: Call) -> int | None:
    text = str(call.request.path_params.get("timestamp", ""))
    return int(text) if text.isdecimal() else None


def _prices(document: Document) -> list[Place]:
    coins = document["coins"]
    found = list(coins.values()) if isinstance(coins, dict) else []
    return [(point, "price") for one in found for point in one.get("prices", [one])]


_PRICED = Shape(totals=_prices)


def _token_list(_call: Call) -> Document:
    """The book's tokens as a list by the Uniswap standard."""
    tokens = [
        {"chainId": chain.number, "address": one.address, "decimals": one.decimals}
        | {"symbol": one.symbol, "name": one.name}
        for chain in EVM_CHAINS
        for one in ASSET_BY_ID.values()
        if one.chain == chain.id and not one.is_native and not one.is_spam
    ]
    version = {"major": 1, "minor": 2, "patch": 3}
    return {"name": "Simulated tokens", "timestamp": "2025-05-19T00:00:00Z", "version": version, "tokens": tokens}


ONCHAIN = Dialect(
    name="onchain",
    endpoints=(
        Endpoint("POST", "/rpc/{chain}", _rpc, Shape(), write=_write),
        Endpoint("POST", "/rpc/{chain}/{form}", _rpc, Shape(), write=_write),
        Endpoint("GET", "/prices/current/{coins}", current, _PRICED),
        Endpoint("GET", "/prices/historical/{timestamp}/{coins}", historical, _PRICED),
        Endpoint("GET", "/batchHistorical", batch, _PRICED),
        Endpoint("GET", "/tokens.json", _token_list, Shape()),
    ),
    key_of=_key_of,
    accounts_of=lambda _: (),
    asked_at=_asked_at,
    error=_error,
    limits=Limits("Too many requests"),
    forms=FORMS,
)
