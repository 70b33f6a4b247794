"""1inch's metrics: what each token and each position gained over a time range, under the index of its snapshot's row.

Profit adds up over accounts, ratios do not: where the accounts make no set that is known, ratios are null and named.
"""

from decimal import Decimal
from typing import Any

from dagster_project.serve.oneinch_portfolio.question import STATUS, Question
from dagster_project.serve.oneinch_portfolio.shapes import DataIssues, HistoryMetrics, MetricsAnswer
from dagster_project.serve.oneinch_portfolio.snapshot import NOBODY, index_of
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import address_of

_Row = dict[str, Any]


def tokens(question: Question, timerange: str) -> MetricsAnswer:
    """Give profit, roi, apr and holding time of each token that was held in the time range.

    Raises:
        RefusedError: the instant is not complete.
    """
    found: dict[str, list[_Row]] = {}
    for row in gained(question, "tokens_metrics", timerange):
        found.setdefault(row["asset_id"], []).append(row)
    result, apart = [], []
    for asset_id, rows in sorted(found.items()):
        contract = address_of(asset_id)
        if contract is None:
            continue
        index = index_of(NOBODY, asset_id.partition("/")[0], contract)
        apart += [index] if len(rows) > 1 else []
        result.append(_metrics(index, rows))
    return MetricsAnswer(result, question.meta(DataIssues(not_additive=tuple(apart))))


def protocols(
    question: Question, timerange: str, *, group: str | None, contract: str | None, token_id: int | None
) -> MetricsAnswer:
    """Give profit, roi, apr, holding time and unclaimed rewards of each position, of those alone that are asked for.

    Raises:
        RefusedError: the instant is not complete.
    """
    ids = [account.account_id for account in question.accounts]
    sql = "select distinct position_id, contract_id, token_id from position where list_contains($ids, account_id)"
    known = {row[0]: (address_of(str(row[1])), str(row[2])) for row in question.asking.query(sql, {"ids": ids}).rows}
    result = []
    for row in gained(question, "protocols_metrics", timerange):
        its_contract, its_token = known.get(row["position_id"], (None, "0"))
        if (
            group in (None, row["protocol_id"])
            and (contract is None or contract.lower() == its_contract)
            and (token_id is None or str(token_id) == its_token)
        ):
            result.append(_metrics(row["position_id"], [row], row["rewards_usd"]))
    return MetricsAnswer(result, question.meta())


def gained(question: Question, name: str, timerange: str, **further: str) -> list[_Row]:
    """Give the rows of one of the answers about what was gained over a time range.

    Raises:
        RefusedError: the instant is not complete, or nothing of the accounts is in scope.
    """
    since = question.since(timerange)
    rows: list[_Row] = []
    for scope in question.scopes:
        asked = {"since": since, "until": question.tick, **scope, **question.chain, **further}
        found: list[_Row] = question.asking.answer(name, **asked).dicts()
        ends = {row["until_effective"] for row in found}
        if ends - {question.tick} and not question.gives_known:
            last = max((one for one in ends if one is not None), default=None)
            known = (
                f"the last complete instant is {last.isoformat()}Z; ask for that (timestamp)"
                if last
                else "and no instant of the time range is"
            )
            words = f"the history is not complete at {question.tick.isoformat()}Z, {known}"
            raise refused(STATUS, "history_incomplete", words, "query", "timestamp")
        rows += found
    if not rows:
        question.check_scope()
    return rows


def _metrics(index: str, rows: list[_Row], rewards_usd: Decimal | None = None) -> HistoryMetrics:
    (first, *others) = rows
    is_one = not others
    profits = [one for row in rows if isinstance(one := row["profit_abs_usd"], Decimal)]
    return HistoryMetrics(
        index=index,
        profit_abs_usd=sum(profits, Decimal()) if len(profits) == len(rows) else None,
        roi=first["roi"] if is_one else None,
        weighted_apr=first["weighted_apr"] if is_one else None,
        holding_time_days=first["holding_time_days"] if is_one else None,
        rewards_usd=rewards_usd,
    )
