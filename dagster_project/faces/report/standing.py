"""How it stands at the last instant: what is held at which price, how it is spread, and the figures above the charts.

Rows for the page's tables keep the answers' exact values; what the script draws is plain.py's.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dagster_project.faces import text
from dagster_project.faces.report.plain import money
from dagster_project.faces.report.scopes import Scope
from dagster_project.warehouse.ask import Asking

MOST_HOLDINGS = 500
MOST_SPREAD = 40

SPREADS = ("asset_group", "chain", "protocol", "account", "layer")
OF_AN_ACCOUNT = ("asset_group", "chain", "protocol")
HOLDINGS = (
    "select b.*, a.symbol from balances_at() as b left join assets() as a using (asset_id) where asset_id is not null"
)

Row = dict[str, object]


def holdings(asked: Asking, members: Sequence[str]) -> tuple[list[Row], int]:
    """Give the largest holdings with the account's number on the page, and how many more there are."""
    rows = asked.query(HOLDINGS).dicts()
    rows.sort(key=lambda row: _size(row["value_usd"]), reverse=True)
    for row in rows:
        row["number"] = members.index(str(row["account_id"]))
    return rows[:MOST_HOLDINGS], max(len(rows) - MOST_HOLDINGS, 0)


def _size(value: object) -> Decimal:
    """Order by size, debts among what is held, and what has no price behind everything."""
    return abs(value) if isinstance(value, Decimal) else Decimal(-1)


def spreads(asked: Asking, scopes: Sequence[Scope], last: datetime) -> list[dict[str, Any]]:
    """Give how each scope's value is spread, by each grouping: of the whole and of groups as allocation says.

    An account's parts are those of value_parts, one question for all accounts, and have no shares.
    """
    accounts = {per: _parts_of_accounts(asked, per, last) for per in OF_AN_ACCOUNT}
    return [
        {per: accounts[per].get(scope.members[0], [])[:MOST_SPREAD] for per in OF_AN_ACCOUNT}
        if scope.kind == "account"
        else {
            per: [_spread(row) for row in asked.answer("allocation", per=per, **scope.parameters).dicts()[:MOST_SPREAD]]
            for per in SPREADS
        }
        for scope in scopes
    ]


def _parts_of_accounts(asked: Asking, per: str, last: datetime) -> dict[str, list[dict[str, Any]]]:
    """Give the parts of each account at the last instant, the largest first."""
    rows = asked.answer("value_parts", per=per, since=last, most=MOST_SPREAD, split="account").dicts()
    rows.sort(key=lambda row: _size(row["known_value_usd"]), reverse=True)
    shown: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        shown.setdefault(str(row["account_id"]), []).append(_spread(row))
    return shown


def _spread(row: Row) -> dict[str, Any]:
    return {
        "name": text.harmless(str(row["name"])) if row["name"] is not None else "missing",
        "v": money(row["value_usd"]),
        "k": money(row["known_value_usd"]),
        "share": row.get("share"),
        "debt": money(row.get("debt_usd")),
        "reason": row["reason"],
    }


def figures(asked: Asking, scope: Scope, points: Sequence[Row]) -> dict[str, Any] | None:
    """Give what stands above the charts for a scope, of its value chart: value, coverage, return, deepest fall."""
    if not points:
        return None
    (returned,) = asked.answer("returns", **scope.parameters).dicts()
    last = points[-1]
    return {
        "as_of": text.cell(last["as_of"]),
        "value": None if last["value_usd"] is None else text.cell(last["value_usd"]),
        "known": text.cell(last["known_value_usd"]),
        "estimate": None if last["estimated_value_usd"] is None else text.cell(last["estimated_value_usd"]),
        "uncertainty": text.cell(last["uncertainty_usd"]),
        "why": None if last["value_usd"] is not None else text.why_unknown(last),
        "unpriced": last["unpriced_count"],
        "last_complete": text.cell(last["last_complete_as_of"]),
        "instants": len(points),
        "complete": sum(point["value_usd"] is not None for point in points),
        "roi": returned["roi"],
        "drawdown": returned["max_drawdown"],
        "drawdown_since": text.cell(returned["drawdown_since"]),
        "drawdown_as_of": text.cell(returned["drawdown_as_of"]),
        "since": text.cell(returned["since_effective"]),
    }
