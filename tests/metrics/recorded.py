"""What the reference reckons from, read out of a published file: records, trusted answers with their rows, prices.

Only base rows are read; no answer is asked.
"""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from dagster_project.warehouse.ask import query
from tests.metrics.reference import Cell, History, Key, Row

INSTANTS = "select as_of from cell_status union select as_of from snapshot order by as_of"
RECORD = """select as_of, account_id, chain_id, layer, case when is_recorded then provider end
    from cell_status where is_in_scope"""
TRUSTED = """select provider, account_id, chain_id, layer, as_of from cell_answer where is_trusted
    order by record_rank"""
PROTOCOL = "select as_of, provider, account_id, chain_id, position_id, protocol_id from position"
HOLDING = """select holding.provider, account_id, chain_id, layer, holding.as_of, position_id, asset_id, amount,
    value_usd, price_usd, price_status, is_counted, stand_in_usd, withheld is not null from holding order by all"""


def read(published: Path) -> History:
    """Read what is recorded."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return list(query(published, sql).rows)

    record: dict[Cell, dict[datetime, str | None]] = defaultdict(dict)
    for as_of, account, chain, layer, provider in rows(RECORD):
        record[Cell(account, chain, layer)][utc(as_of)] = provider
    held: dict[tuple[str, Cell, datetime], dict[Key, Row]] = {}
    for provider, account, chain, layer, as_of in rows(TRUSTED):
        held[provider, Cell(account, chain, layer), utc(as_of)] = {}
    ranked = list(dict.fromkeys(provider for provider, _, _ in held))
    priced: dict[tuple[datetime, str], dict[str, Fraction]] = defaultdict(dict)
    for provider, account, chain, layer, as_of, position, asset, amount, *said in rows(HOLDING):
        value, price, status, counts, *stands = said
        answer = held.get((provider, Cell(account, chain, layer), utc(as_of)))
        if answer is None:
            continue
        if status in ("priced", "zero") and price is not None:
            priced[utc(as_of), asset].setdefault(provider, Fraction(price))
        if counts:
            assert (position, asset) not in answer, "a row stands there twice"
            answer[position, asset] = _row(layer, amount, value, price, *stands)
    return History(
        instants=[utc(as_of) for (as_of,) in rows(INSTANTS)],
        record=record,
        rows=held,
        prices={key: {one: by[one] for one in ranked if one in by} for key, by in priced.items()},
        rebasing=frozenset(asset for (asset,) in rows(_rebasing(published))),
        protocols={
            (utc(as_of), provider, account, chain, position): protocol
            for as_of, provider, account, chain, position, protocol in rows(PROTOCOL)
        },
        asset_groups=dict(cast("list[tuple[str, str]]", rows("select asset_id, group_id from asset_group"))),
    )


def _rebasing(published: Path) -> str:
    """Give the SQL that names rebasing assets; a file from before that rule names none."""
    named = query(published, "select column_name from duckdb_columns() where table_name = 'rule'").rows
    is_known = any(name in ("rebasing", "is_rebasing") for (name,) in named)
    column = next((name for (name,) in named if name in ("rebasing", "is_rebasing")), "false")
    return f"select asset_id from rule where {column}" if is_known else "select asset_id from rule where false"


def _row(
    layer: str,
    amount: float,
    value: Decimal | None,
    price: float | None,
    stand_in: Decimal | None,
    is_withheld: bool,  # noqa: FBT001 - of a row of SQL
) -> Row:
    return Row(Fraction(-amount if layer == "debt" else amount), value, price, stand_in, is_withheld)


def utc(as_of: datetime) -> datetime:
    """Give an instant of the file with its zone."""
    return as_of.replace(tzinfo=UTC)
