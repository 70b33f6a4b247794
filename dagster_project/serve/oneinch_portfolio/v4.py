"""1inch Portfolio v4's values and profits: what accounts, protocols and tokens are worth and gained, by chain.

Numbers are those of v5 in the older shape; rows of tokens and positions are v4_details.py.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from dagster_project import caip
from dagster_project.serve.oneinch_portfolio import about, value
from dagster_project.serve.oneinch_portfolio.metrics import gained
from dagster_project.serve.oneinch_portfolio.question import Question
from dagster_project.serve.oneinch_portfolio.shapes import DataIssues
from dagster_project.serve.oneinch_portfolio.v4_shapes import (
    AddressValuesV4,
    AvailableV4,
    ChainNumbersV4,
    ChainProfit,
    ChainWorth,
    GroupValuesV4,
    GroupWorth,
    ProfitsV4,
)
from dagster_project.serve.whom import chains_of
from dagster_project.warehouse.ask import Asking

_NAMES = {"native": "native", "tokens": "erc20"}
"""The vendor's names of what lies in wallets, by the categories of the answer."""

_Row = dict[str, Any]


def is_available(asking: Asking, timestamp: int | None) -> AvailableV4:
    """Tell whether the history has an instant at or before the one asked for."""
    told = about.status(asking, timestamp)
    return AvailableV4(told.result.is_available, told.meta)


def supported_chains(asking: Asking, timestamp: int | None) -> ChainNumbersV4:
    """Give the numbers of the EVM chains that a snapshot ever planned."""
    told = about.supported_chains(asking, timestamp)
    return ChainNumbersV4([one.chain_id for one in told.result], told.meta)


def current_value(question: Question) -> AddressValuesV4:
    """Give what each address is worth.

    Raises:
        RefusedError: a cell is missing, or nothing of the accounts is in scope.
    """
    told = value.current_value(question)
    return AddressValuesV4(told.result.by_address, told.meta)


def worth_of(question: Question, per: str) -> GroupValuesV4:
    """Give what native coins and tokens (`per` category) or protocols are worth, on each chain and on all of them.

    Raises:
        RefusedError: a cell is missing, or nothing of the accounts is in scope.
    """
    rows = [row for chain in _chains(question) for row in _worth(question, chain)]
    if not rows:
        question.check_scope()
    totals = [row for row in rows if row["per"] == "total"]
    missing = [cell for row in totals for cell in (*row["missing"], *row["withheld_cells"])]
    coverage = question.cover(sum(row["cells"] for row in totals), missing)
    groups: dict[str, dict[int, Decimal]] = {}
    for row in rows:
        known, name = row["known_value_usd"], _group(row, per)
        if name is not None and isinstance(known, Decimal):
            by_chain = groups.setdefault(name, {})
            by_chain[row["chain"]] = by_chain.get(row["chain"], Decimal()) + known
    unpriced = sum(row["unpriced_count"] + row["quarantined_count"] for row in totals)
    issues = [f"{unpriced} holdings without a known price are in no total"] if unpriced else []
    result = [
        GroupWorth(protocol_name=name, protocol_locked=False, result=_worths(by_chain))
        for name, by_chain in sorted(groups.items())
    ]
    return GroupValuesV4(result, question.meta(DataIssues(unpriced=tuple(issues)), coverage))


def profit(question: Question, timerange: str) -> ProfitsV4:
    """Give what the accounts gained over a time range, on each chain and on all of them.

    Raises:
        RefusedError: the instant is not complete.
    """
    totals = gained(question, "returns", timerange)
    by_chain: dict[int, list[_Row]] = {}
    for row in gained(question, "holding_metrics", timerange, per="chain"):
        if str(row["id"]).startswith(f"{caip.EVM}:"):
            by_chain.setdefault(_number(row["id"]), []).append(row)
    result = [_profit(None, totals), *(_profit(chain, rows) for chain, rows in sorted(by_chain.items()))]
    apart = ("roi of accounts that are no set of the settings",) if len(totals) > 1 else ()
    return ProfitsV4(result, question.meta(DataIssues(not_additive=apart)))


def profit_of(question: Question, name: str, timerange: str) -> ProfitsV4:
    """Give what tokens (`tokens_metrics`) or positions (`protocols_metrics`) gained, on each chain and on all of them.

    A row without a known price is in no sum, and named beside.

    Raises:
        RefusedError: the instant is not complete.
    """
    rows = [row | {"chain_id": _chain_of(row)} for row in gained(question, name, timerange)]
    rows = [row for row in rows if row["chain_id"].startswith(f"{caip.EVM}:")]
    known = [row for row in rows if row["profit_abs_usd"] is not None]
    by_chain: dict[int, list[_Row]] = {}
    for row in known:
        by_chain.setdefault(_number(row["chain_id"]), []).append(row)
    result = [_added(None, known), *(_added(chain, its) for chain, its in sorted(by_chain.items()))] if known else []
    unpriced = sorted({str(row.get("position_id") or row["asset_id"]) for row in rows if row["profit_abs_usd"] is None})
    return ProfitsV4(result, question.meta(DataIssues(unpriced=tuple(unpriced))))


def _chains(question: Question) -> list[str]:
    chain = question.chain.get("chain")
    known = [one for one in chains_of(question.asking) if one.startswith(f"{caip.EVM}:")]
    return known if chain is None else [chain]


def _worth(question: Question, chain: str) -> Iterable[_Row]:
    for scope in question.scopes:
        for row in question.asking.answer("current_value", as_of=question.tick, chain=chain, **scope).dicts():
            yield row | {"chain": _number(chain)}


def _group(row: Mapping[str, Any], per: str) -> str | None:
    """Give the vendor's name of the group that a row is about, None where it is about none of them."""
    if row["per"] != per or row["id"] is None:
        return None
    if per == "category":
        return _NAMES.get(row["id"])
    return None if row["id"] == "token" else str(row["name"])


def _worths(by_chain: Mapping[int, Decimal]) -> list[ChainWorth]:
    total = ChainWorth(None, sum(by_chain.values(), Decimal()))
    return [total, *(ChainWorth(chain, known) for chain, known in sorted(by_chain.items()))]


def _profit(chain: int | None, rows: list[_Row]) -> ChainProfit:
    """Add up what several sets of accounts gained; ratios of sets do not add up."""
    profits = [row["profit_abs_usd"] for row in rows]
    return ChainProfit(
        chain, None if None in profits else sum(profits, Decimal()), rows[0]["roi"] if len(rows) == 1 else None
    )


def _added(chain: int | None, rows: list[_Row]) -> ChainProfit:
    """Sum the profits of rows; roi is profit / (opening + inflow), None where one of them has neither."""
    profits = sum((row["profit_abs_usd"] for row in rows), Decimal())
    put_in = [
        row["opening_usd"] + row["inflow_usd"] for row in rows if None not in (row["opening_usd"], row["inflow_usd"])
    ]
    capital = sum(put_in, Decimal())
    is_whole = len(put_in) == len(rows) and capital > 0
    return ChainProfit(chain, profits, float(profits / capital) if is_whole else None)


def _chain_of(row: Mapping[str, Any]) -> str:
    return str(row["chain_id"]) if "chain_id" in row else str(row["asset_id"]).partition("/")[0]


def _number(chain_id: str) -> int:
    return int(chain_id.partition(":")[2])
