"""OneBalance's balances from the history: exact amounts over all chains by group of assets, of one account of a kind.

Wallets only. How a question is read is question.py.
"""

from collections.abc import Sequence
from decimal import Decimal

from dagster_project import outside
from dagster_project.outside_words import left_out, not_watched
from dagster_project.serve.body import Coverage
from dagster_project.serve.onebalance.assets import decimals_of, groups_of
from dagster_project.serve.onebalance.question import INCOMPLETE, Question, Row
from dagster_project.serve.onebalance.shapes import (
    Aggregated,
    Balances,
    DataIssues,
    Leg,
    Meta,
    Total,
)
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import incomplete, missing_of


def balances(question: Question, *, with_accounts: bool) -> Balances:
    """Give the groups and assets that are asked for, with what they are worth together.

    Raises:
        RefusedError: a wallet is missing, or a held asset that is asked for has no exact amount.
    """
    groups = groups_of(question.asking)
    rows = question.rows()
    coverage = _covered(question, rows)
    held = [row for row in rows if row["asset_id"] is not None]
    wanted = list(groups) if question.groups is None else [one for one in question.groups if one in groups]
    inexact = [
        row["asset_id"]
        for row in held
        if ((row["is_counted"] and row["group_id"] in wanted) or row["asset_id"] in question.assets)
        and (row["amount_raw"] is None or (row["group_id"] in wanted and row["decimals"] is None))
    ]
    if inexact and not question.gives_known:
        words = f"nobody gives the exact amount of {', '.join(sorted(set(inexact))[:5])}; enable a provider that does"
        raise refused(INCOMPLETE, "no_raw_amount", words)
    exact = [row for row in held if row["asset_id"] not in inexact]
    counted = [row for row in exact if row["is_counted"]]
    aggregated = [
        _aggregated(group_id, [row for row in counted if row["group_id"] == group_id], decimals_of(groups[group_id]))
        for group_id in wanted
        if not any(row["asset_id"] in inexact for row in held if row["group_id"] == group_id)
    ]
    known = question.known_assets()
    specific = [
        _leg(asset_id, [row for row in exact if row["asset_id"] == asset_id])
        for asset_id in question.assets
        if asset_id in known and asset_id not in inexact
    ]
    asked = [row for row in counted if row["group_id"] in wanted or row["asset_id"] in question.assets]
    return Balances(
        accounts=question.spelled if with_accounts else None,
        balance_by_aggregated_asset=aggregated,
        balance_by_specific_asset=specific,
        total_balance=Total(_sum(asked)),
        meta=_meta(question, set(groups) | known, inexact, asked, coverage),
    )


def _covered(question: Question, rows: Sequence[Row]) -> Coverage | None:
    if not rows and not question.is_watched():
        words = f"none of the accounts is watched at {question.tick.isoformat()}Z; ask for another instant (timestamp)"
        raise refused(INCOMPLETE, "out_of_scope", words)
    missing = missing_of(rows)
    if missing and not question.gives_known:
        raise incomplete(INCOMPLETE, question.tick, missing)
    cells = len({(row["account_id"], row["chain_id"]) for row in rows})
    return Coverage(cells, len(missing), missing) if missing else None


def _aggregated(group_id: str, rows: Sequence[Row], decimals: int) -> Aggregated:
    """Add up a group in its own decimals; what is finer is cut off, as the vendor does; legs keep it."""
    finest = max((row["decimals"] for row in rows), default=decimals)
    raw = sum(int(row["amount_raw"]) * 10 ** (finest - row["decimals"]) for row in rows)
    raw = raw * 10 ** (decimals - finest) if decimals >= finest else raw // 10 ** (finest - decimals)
    legs = {row["asset_id"]: [other for other in rows if other["asset_id"] == row["asset_id"]] for row in rows}
    return Aggregated(group_id, str(raw), [_leg(asset_id, of) for asset_id, of in legs.items()], _fiat(rows))


def _leg(asset_id: str, rows: Sequence[Row]) -> Leg:
    return Leg(asset_id, str(sum(int(row["amount_raw"]) for row in rows)), _fiat(rows))


def _fiat(rows: Sequence[Row]) -> Decimal | None:
    """Give what rows are worth, None where one has no known price."""
    return None if any(row["value_usd"] is None for row in rows) else _sum(rows)


def _sum(rows: Sequence[Row]) -> Decimal:
    return sum((row["value_usd"] for row in rows if row["value_usd"] is not None), Decimal())


def _meta(
    question: Question, known: set[str], inexact: Sequence[str], asked: Sequence[Row], coverage: Coverage | None
) -> Meta | None:  # fmt: skip
    issues = DataIssues(
        unknown=tuple(one for one in (*(question.groups or ()), *question.assets) if one not in known),
        not_exact=tuple(sorted(set(inexact))),
        unpriced=tuple(sorted({row["asset_id"] for row in asked if row["value_usd"] is None})),
    )
    rows = outside.at(question.asking, question.tick, {one.account_id for one in question.accounts})
    seen, without = tuple(not_watched(rows)), tuple(left_out(rows))
    has_issues = issues != DataIssues()
    is_needed = has_issues or coverage or seen or without
    return Meta(issues if has_issues else None, coverage, seen, without) if is_needed else None
