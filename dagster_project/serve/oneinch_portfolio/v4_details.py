"""1inch Portfolio v4's details: each token and each position with what it is worth and what it gained.

Rows are those of v5's snapshots and metrics put together; what was given up in the time range is listed as closed.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from dagster_project.serve.oneinch_portfolio import snapshot
from dagster_project.serve.oneinch_portfolio.metrics import gained
from dagster_project.serve.oneinch_portfolio.question import Question
from dagster_project.serve.oneinch_portfolio.shapes import AdapterResult, TokenBalance
from dagster_project.serve.oneinch_portfolio.v4_shapes import (
    Period,
    ProtocolDetail,
    ProtocolDetailsV4,
    TokenDetail,
    TokenDetailsV4,
    Underlying,
)
from dagster_project.serve.whom import address_of

_KINDS = frozenset({
    "staking", "tokenstaking", "liquidstaking", "restaking", "gauge", "deposit", "supply", "debt", "lendingvault",
    "yield", "yieldvault", "smartlending", "native", "erc20", "stable", "token", "sy", "yt", "pt", "lpt",
})  # fmt: skip
"""What the vendor's `sub_contract_type` may be, beside `unknown`."""

_Row = dict[str, Any]


def tokens(question: Question, timerange: str, *, threshold: Decimal | None) -> TokenDetailsV4:
    """Give each token; with a threshold also those given up with a profit or loss of at least so many US dollars.

    Raises:
        RefusedError: the instant is not complete, or the decimals of a token are not known.
    """
    held = snapshot.tokens(question)
    by_token: dict[tuple[int, str], list[_Row]] = {}
    for row in gained(question, "tokens_metrics", timerange):
        contract = address_of(row["asset_id"])
        if contract is not None:
            by_token.setdefault((_number(row["asset_id"].partition("/")[0]), contract), []).append(row)
    result = [_token(row, by_token.pop((row.chain_id, row.contract_address), [])) for row in held.result]
    excluded = held.meta.data_issues.excluded if held.meta.data_issues is not None else ()
    for (chain, contract), rows in sorted(by_token.items()):
        if rows[0]["asset_id"] not in excluded and _is_closed(rows, threshold):
            result.append(_closed_token(chain, contract, rows))
    return TokenDetailsV4(result, held.meta)


def protocols(question: Question, timerange: str, *, threshold: Decimal | None) -> ProtocolDetailsV4:
    """Give each position; with a threshold also those given up with a profit or loss of at least so many US dollars.

    Raises:
        RefusedError: the instant is not complete, or the decimals of a token are not known.
    """
    held = snapshot.protocols(question)
    by_position = {row["position_id"]: row for row in gained(question, "protocols_metrics", timerange)}
    result = [_position(row, by_position.pop(row.index, None)) for row in held.result]
    closed = [row for row in by_position.values() if _is_closed([row], threshold)]
    return ProtocolDetailsV4([*result, *_closed_positions(question, closed)], held.meta)


def _is_closed(rows: Iterable[_Row], threshold: Decimal | None) -> bool:
    """Tell whether what is not held any more is to be listed."""
    profits = [row["profit_abs_usd"] for row in rows]
    return threshold is not None and None not in profits and abs(sum(profits, Decimal())) >= threshold


def _gain(rows: list[_Row]) -> tuple[Decimal | None, float | None]:
    """Give profit and roi; profits of several accounts add up, ratios do not."""
    profits = [row["profit_abs_usd"] for row in rows]
    profit = None if None in profits or not profits else sum(profits, Decimal())
    return profit, rows[0]["roi"] if len(rows) == 1 else None


def _token(row: AdapterResult, rows: list[_Row]) -> TokenDetail:
    (balance,) = row.underlying_tokens
    profit, roi = _gain(rows)
    return TokenDetail(
        row.chain_id, row.contract_address, row.contract_name, row.contract_symbol,
        balance.amount, balance.price_usd, row.value_usd, profit, roi, row.status,
    )  # fmt: skip


def _closed_token(chain: int, contract: str, rows: list[_Row]) -> TokenDetail:
    symbol = rows[0]["symbol"] or ""
    profit, roi = _gain(rows)
    return TokenDetail(chain, contract, symbol, symbol, 0.0, None, Decimal(), profit, roi, 0)


def _position(row: AdapterResult, gain: _Row | None) -> ProtocolDetail:
    is_debt = row.asset_sign < 0
    kind = "debt" if is_debt else row.protocol_type
    return ProtocolDetail(
        chain_id=row.chain_id,
        contract_address=row.contract_address,
        token_id=row.token_id,
        addresses=[row.address],
        protocol=row.protocol_group_id,
        name=row.contract_name,
        contract_type=row.protocol_type,
        sub_contract_type=kind if kind in _KINDS else "unknown",
        is_whitelisted=1,
        protocol_name=row.protocol_group_name,
        protocol_icon=None,
        status=row.status,
        token_address=None,
        underlying_tokens=[_underlying(one) for one in row.underlying_tokens],
        value_usd=row.value_usd,
        debt=is_debt,
        rewards_tokens=[_underlying(one) for one in row.reward_tokens],
        **_metrics(gain),
    )


def _closed_positions(question: Question, closed: list[_Row]) -> Iterator[ProtocolDetail]:
    ids = {"ids": [row["position_id"] for row in closed]}
    sql = "select distinct position_id, contract_id, token_id from position where list_contains($ids, position_id)"
    known = {row[0]: (address_of(str(row[1])), row[2]) for row in question.asking.query(sql, ids).rows}
    for row in closed:
        contract, token_id = known.get(row["position_id"], (None, None))
        yield ProtocolDetail(
            chain_id=_number(row["chain_id"]),
            contract_address=contract or snapshot.NOBODY,
            token_id=int(str(token_id)) if token_id is not None else 0,
            addresses=[row["account_id"].rpartition(":")[2]],
            protocol=row["protocol_id"],
            name=row["name"],
            contract_type=row["kind"],
            sub_contract_type=row["kind"] if row["kind"] in _KINDS else "unknown",
            is_whitelisted=1,
            protocol_name=row["protocol_id"],
            protocol_icon=None,
            status=0,
            token_address=None,
            underlying_tokens=[],
            value_usd=Decimal(),
            debt=False,
            rewards_tokens=[],
            **_metrics(row),
        )


def _metrics(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give what a position gained, nothing where that is not known."""
    if row is None:
        return {"profit_abs_usd": None, "roi": None, "weighted_apr": None, "holding_time_days": None, "info": Period()}
    period = Period(row["opening_usd"], row["closing_usd"], row["inflow_usd"], row["outflow_usd"])
    names = ("profit_abs_usd", "roi", "weighted_apr", "holding_time_days")
    return {name: row[name] for name in names} | {"info": period}


def _underlying(one: TokenBalance) -> Underlying:
    return Underlying(
        one.chain_id, one.address, one.name, one.symbol, one.decimals, one.amount, one.price_usd, one.value_usd
    )


def _number(chain_id: str) -> int:
    return int(chain_id.partition(":")[2])
