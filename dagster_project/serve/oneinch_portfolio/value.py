"""1inch's general answers about value: what accounts are worth, their chart over time, and the report.

Rows of tokens and positions are snapshot.py and metrics.py.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from dagster_project import written
from dagster_project.chains import CHAINS
from dagster_project.serve.oneinch_portfolio.question import STATUS, Question
from dagster_project.serve.oneinch_portfolio.shapes import (
    AddressValue,
    CategoryValue,
    ChainValue,
    ChartAnswer,
    CurrentValue,
    CurrentValueAnswer,
    DataIssues,
    Incomplete,
    Point,
    ProtocolGroupValue,
)
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import unix

_PERIODS = {"1day": "day", "1week": "day", "1month": "week", "1year": "month", "3years": "quarter"}
"""How long a period of the report is, by its time range."""

_CHARTED = ("as_of", "value_usd", "known_value_usd", "reason", "missing", "withheld_cells")

_Row = dict[str, Any]


def current_value(question: Question) -> CurrentValueAnswer:
    """Add up what the accounts are worth at the instant; each breakdown adds up to the total.

    Raises:
        RefusedError: a cell is missing, or nothing of the accounts is in scope.
    """
    rows = [row for scope in question.scopes for row in _worth(question, scope)]
    if not rows:
        question.check_scope()
    totals = [row for row in rows if row["per"] == "total"]
    missing = _unknown(totals)
    coverage = question.cover(sum(row["cells"] for row in totals), missing)
    total = _sum(rows, "total").get("all")
    if total is None:
        words = f"nothing of the accounts is known at {question.tick.isoformat()}Z"
        raise refused(STATUS, "history_incomplete", words, "query", "timestamp")
    names = {(str(row["per"]), str(row["id"])): str(row["name"]) for row in rows}
    addresses = {account.account_id: account.address.lower() for account in question.accounts}
    result = CurrentValue(
        total,
        [AddressValue(value, addresses[one]) for one, value in _sum(rows, "account").items()],
        [CategoryValue(value, one, one.capitalize()) for one, value in _sum(rows, "category").items()],
        [
            ProtocolGroupValue(value, one, names["protocol", one])
            for one, value in _sum(rows, "protocol").items()
            if one != "token"
        ],
        [ChainValue(value, _number(one), _chain_name(one)) for one, value in _sum(rows, "chain").items()],
    )
    unpriced = sum(row["unpriced_count"] + row["quarantined_count"] for row in totals)
    issues = [f"{unpriced} holdings without a known price are in no total"] if unpriced else []
    return CurrentValueAnswer(result, question.meta(DataIssues(unpriced=tuple(issues)), coverage))


def _unknown(rows: Iterable[_Row]) -> list[str]:
    """Name the cells that keep values from being known: without a record, or with a price that is not believed."""
    return [cell for row in rows for cell in (*row["missing"], *row["withheld_cells"])]


def chart(question: Question, timerange: str) -> ChartAnswer:
    """Give the value at every instant of the time range; one that is not complete is left out and named in `meta`."""
    since = question.since(timerange)
    points: dict[int, list[_Row]] = {}
    for scope in question.scopes:
        asked = {"since": since, "until": question.tick, **scope, **question.chain}
        told: list[_Row] = question.asking.answer("value_chart", _CHARTED, **asked).dicts()
        for row in told:
            points.setdefault(unix(row["as_of"]), []).append(row)
    result, gaps = [], []
    for at, rows in sorted(points.items()):
        values = [row["value_usd"] for row in rows]
        known = [one for row in rows if (one := row["known_value_usd"]) is not None]
        if None in values:
            reason = next(str(row["reason"]) for row in rows if row["value_usd"] is None)
            missing = _unknown(rows)
            gaps.append(Incomplete(at, reason, missing, sum(known, Decimal()) if known else None))
        if None not in values or (question.gives_known and known):
            result.append(Point(at, sum(known, Decimal())))
    return ChartAnswer(result, question.meta(DataIssues(incomplete=tuple(gaps))))


def report(question: Question, timerange: str, *, closed: bool, closed_threshold: float) -> str:
    """Write the statement of each account as CSV, period by period, with the columns of the answer overview_report.

    A row is closed where the account was worth nothing at the end of the period; of those, only rows with a profit or
    a loss of at least `closed_threshold` US dollars are given, and with `closed` false none.
    """
    asked = {"since": question.since(timerange), "until": question.tick, "every": _PERIODS[timerange], "per": "account"}
    names: tuple[str, ...] = ()
    rows: list[tuple[object, ...]] = []
    for account in question.accounts:
        told = question.asking.answer("overview_report", **asked, account=account.account_id, **question.chain)
        names = told.names
        at = {name: place for place, name in enumerate(names)}
        for row in told.rows:
            closing, profit = row[at["closing_usd"]], row[at["profit_abs_usd"]]
            is_closed = closing is not None and not closing
            is_large = isinstance(profit, Decimal) and abs(profit) >= Decimal(repr(closed_threshold))
            if not is_closed or (closed and is_large):
                rows.append(row)
    return written.as_csv(names, rows)


def _worth(question: Question, scope: dict[str, str]) -> Iterator[_Row]:
    yield from question.asking.answer("current_value", as_of=question.tick, **scope, **question.chain).dicts()


def _sum(rows: list[_Row], per: str) -> dict[str, Decimal]:
    """Add up what is known, by id; whether it is all is judged before."""
    found: dict[str, Decimal] = {}
    for row in rows:
        value = row["known_value_usd"]
        if row["per"] == per and row["id"] is not None and isinstance(value, Decimal):
            found[str(row["id"])] = found.get(str(row["id"]), Decimal()) + value
    return found


def _number(chain_id: str) -> int:
    return int(chain_id.partition(":")[2])


def _chain_name(chain_id: str) -> str:
    return CHAINS[chain_id].name if chain_id in CHAINS else chain_id
