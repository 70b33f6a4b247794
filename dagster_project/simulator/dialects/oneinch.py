"""1inch's dialect: the Portfolio and the Balance API behind one gateway, with one key.

What is answered stands in the modules of the same name; here is only which path leads where.
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
from dagster_project.simulator.dialects import (
    oneinch_balance,
    oneinch_general,
    oneinch_history,
    oneinch_metrics,
    oneinch_snapshot,
)
from dagster_project.simulator.dialects.oneinch_balance_question import wallets_of
from dagster_project.simulator.dialects.oneinch_snapshot import DOCUMENTED, OBSERVED
from dagster_project.simulator.json_text import encode

_PORTFOLIO = "/portfolio/portfolio/v5.0"
_BALANCE = "/balance/v1.2/{chain_id}"
_GATEWAY = {401, 403, 429}


def _bare(call: Call, document: Document) -> bytes:
    """A list without its envelope, as the documents have it for two of the endpoints; the wire never does."""
    return encode(document["result"] if call.form == DOCUMENTED else document)


def _result(document: Document) -> list[Place]:
    return [(document, "result")]


def _worth(document: Document) -> list[Place]:
    result = document["result"]
    return [(result, "total")] if isinstance(result, dict) else []


def _breakdowns(document: Document) -> list[Place]:
    result = document["result"]
    return [(result, member) for member in result if member != "total"] if isinstance(result, dict) else []


def _first_amount(document: Document) -> list[Place]:
    """The first amount of a map, however deep it lies."""
    for member, value in document.items():
        return _first_amount(value) if isinstance(value, dict) else [(document, member)]
    return []


def _only(member: str) -> Callable[[Call, Document], bytes]:
    """Writes one member of the document and nothing around it."""
    return lambda _, document: encode(document[member])


_SNAPSHOT = Shape(lists=_result, amount="amount", inside="underlying_tokens")
_METRICS = Shape(lists=_result, amount="profit_abs_usd")
_CHART = Shape(lists=_result, amount="value_usd")
_CURRENT = Shape(lists=_breakdowns, totals=_worth, amount="value_usd")
_REPORT = Shape(lists=lambda document: [(document, "rows")], amount="amount")

_MAP = Shape(lists=lambda document: [(document, "map")], totals=_first_amount)
_MAP_TEXT = _only("map")
_ROWS = Shape(lists=lambda document: [(document, "rows")], amount="balance", inside="wallets")

_PORTFOLIO_ENDPOINTS = (
    Endpoint("GET", f"{_PORTFOLIO}/general/status", oneinch_general.status, Shape()),
    Endpoint("GET", f"{_PORTFOLIO}/general/address_check", oneinch_general.address_check, Shape()),
    Endpoint("GET", f"{_PORTFOLIO}/general/supported_chains", oneinch_general.supported_chains, Shape(), write=_bare),
    Endpoint("GET", f"{_PORTFOLIO}/general/supported_protocols", oneinch_general.supported_protocols, Shape()),
    Endpoint("GET", f"{_PORTFOLIO}/general/current_value", oneinch_general.current_value, _CURRENT),
    Endpoint("GET", f"{_PORTFOLIO}/general/chart", oneinch_history.chart, _CHART),
    Endpoint(
        "GET",
        f"{_PORTFOLIO}/general/report",
        oneinch_history.report,
        _REPORT,
        write=oneinch_history.write_csv,
        media_type="text/csv; charset=utf-8",
    ),
    Endpoint("GET", f"{_PORTFOLIO}/tokens/snapshot", oneinch_snapshot.tokens, _SNAPSHOT, write=_bare),
    Endpoint("GET", f"{_PORTFOLIO}/tokens/metrics", oneinch_metrics.tokens, _METRICS),
    Endpoint("GET", f"{_PORTFOLIO}/protocols/snapshot", oneinch_snapshot.protocols, _SNAPSHOT),
    Endpoint("GET", f"{_PORTFOLIO}/protocols/metrics", oneinch_metrics.protocols, _METRICS),
)

_BALANCE_ENDPOINTS = (
    Endpoint(
        "GET",
        f"{_BALANCE}/aggregatedBalancesAndAllowances/{{spender}}",
        oneinch_balance.aggregated,
        _ROWS,
        write=_only("rows"),
    ),
    Endpoint("GET", f"{_BALANCE}/balances/{{wallet}}", oneinch_balance.balances, _MAP, write=_MAP_TEXT),
    Endpoint("POST", f"{_BALANCE}/balances/{{wallet}}", oneinch_balance.balances, _MAP, write=_MAP_TEXT),
    Endpoint(
        "POST", f"{_BALANCE}/balances/multiple/walletsAndTokens", oneinch_balance.many_balances, _MAP, write=_MAP_TEXT
    ),
    Endpoint(
        "GET", f"{_BALANCE}/allowancesAndBalances/{{spender}}/{{wallet}}", oneinch_balance.both, _MAP, write=_MAP_TEXT
    ),
    Endpoint(
        "POST", f"{_BALANCE}/allowancesAndBalances/{{spender}}/{{wallet}}", oneinch_balance.both, _MAP, write=_MAP_TEXT
    ),
    Endpoint("GET", f"{_BALANCE}/allowances/{{spender}}/{{wallet}}", oneinch_balance.allowances, _MAP, write=_MAP_TEXT),
    Endpoint(
        "POST", f"{_BALANCE}/allowances/{{spender}}/{{wallet}}", oneinch_balance.allowances, _MAP, write=_MAP_TEXT
    ),
)


def _error(request: Request, status: int, message: Message) -> Document:
    """FastAPI's body below the portfolio's path, NestJS's below the balances' and for what the gateway refuses."""
    if request.url.path.startswith("/oneinch/portfolio") and status not in _GATEWAY:
        is_listed = isinstance(message, str) or any(isinstance(one, dict) for one in message)
        return {"detail": "Not Found" if status == 404 else message if is_listed else " ".join(map(str, message))}
    return {"statusCode": status, "message": message, "error": HTTPStatus(status).phrase}


def _accounts_of(call: Call) -> tuple[str, ...]:
    addresses = call.request.query_params.getlist("addresses")
    return tuple(address.lower() for address in addresses) or wallets_of(call)


def _asked_at(call: Call) -> int | None:
    told = call.request.query_params.get("timestamp", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 15 else None


ONEINCH = Dialect(
    name="oneinch",
    endpoints=(*_PORTFOLIO_ENDPOINTS, *_BALANCE_ENDPOINTS),
    key_of=bearer_key,
    accounts_of=_accounts_of,
    asked_at=_asked_at,
    error=_error,
    limits=Limits("The limit of requests per second has been exceeded", has_retry_after=False),
    forms=(OBSERVED, DOCUMENTED),
)
