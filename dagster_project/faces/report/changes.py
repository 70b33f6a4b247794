"""What changed and why over some spans that end with the history, and the bars that a waterfall of it is drawn from.

The parts of a change add up to it: that is the answer's promise, and the running sums here are made of exact decimals.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dagster_project.faces import text
from dagster_project.faces.report.plain import money
from dagster_project.faces.report.scopes import Scope
from dagster_project.warehouse.ask import Asking

EFFECTS = ("price_effect_usd", "income_usd", "fee_usd", "flow_usd", "scope_usd", "revaluation_usd")
NUMBERS = ("opening_usd", *EFFECTS, "closing_usd")
MOST_ASSETS = 15

Row = dict[str, object]


def spans(first: datetime, last: datetime) -> list[tuple[str, datetime]]:
    """Give the spans that the history is long enough for, by name, and where each begins; the whole history last."""
    wished = [(f"{days} days", last - timedelta(days=days)) for days in (7, 30, 90, 365)]
    year = last.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    named = [*wished, (f"since {year:%Y-%m-%d}", year)]
    return [*((name, since) for name, since in named if since > first), ("the whole history", first)]


def changes(asked: Asking, scopes: Sequence[Scope], first: datetime, last: datetime) -> list[dict[str, Any]]:
    """Give for each span the change of the whole, of each group, of each account, and of assets that changed most."""
    return [{"name": name, **_change(asked, scopes, since)} for name, since in spans(first, last)]


def _change(asked: Asking, scopes: Sequence[Scope], since: datetime) -> dict[str, Any]:
    by_account = {str(row["id"]): row for row in asked.answer("value_change", since=since, per="account").dicts()}
    shown: list[dict[str, Any] | None] = []
    for scope in scopes:
        if scope.kind == "account":
            row = by_account.get(scope.members[0])
        else:
            row = asked.answer("value_change", since=since, **scope.parameters).dicts()[0]
        shown.append(None if row is None else _told(row))
    assets = asked.answer("value_change", since=since, per="asset_group").dicts()
    known = [row for row in assets if row["change_usd"] is not None]
    return {
        "scopes": shown,
        "assets": [_told(row) for row in known[:MOST_ASSETS]],
        "more_assets": max(len(known) - MOST_ASSETS, 0),
        "unpriced_assets": sum(row["reason"] == "unpriced" for row in assets),
    }


def _told(row: Row) -> dict[str, Any]:
    """Give a row's numbers in cents, and the bars of its waterfall, where it has any."""
    return {
        "name": text.harmless(str(row["name"])),
        "since": text.cell(row["since_effective"]),
        "until": text.cell(row["until_effective"]),
        "n": [money(row[name]) for name in NUMBERS],
        "bars": list(_bars(row)),
        "ambiguous": money(row["ambiguous_usd"]),
        "gap": row["spans_gap"],
        "method": row["method"],
        "reason": row["reason"],
    }


def _bars(row: Row) -> Iterator[tuple[float | None, float | None]]:
    """Give for each effect where its bar begins and ends: where the one before ended."""
    at = row["opening_usd"]
    for name in EFFECTS:
        effect = row[name]
        if not isinstance(at, Decimal) or not isinstance(effect, Decimal):
            return
        yield money(at), money(at + effect)
        at += effect
