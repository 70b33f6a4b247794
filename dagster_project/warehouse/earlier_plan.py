"""Keep one answer a provider and cell where an instant is planned otherwise than at the run before.

An answer belongs to its provider and cell, whatever pull brought it, and only pulls of the latest plan count. The rules
are sql/store/earlier_plan.sql; saving what comes in is save.py.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from dagster_project.columns import INSTANT
from dagster_project.model import Cell, Layer, utc
from dagster_project.slices import Slice, table_of
from dagster_project.tables import CELL, PULL
from dagster_project.warehouse import sqlfiles

_STALE = pa.schema([*(PULL.schema.field(name) for name in ("as_of", "provider", "pull_key")), ("taken_at", INSTANT)])
_PLANNED = pa.schema([
    CELL.schema.field(name) for name in ("provider", "pull_key", "account_id", "chain_id", "layer")
])  # fmt: skip


def leave_earlier_plan(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, slices: Sequence[Slice], stored: Collection[tuple[str, str]]
) -> list[Slice]:
    """Let stored answers of pulls that are no longer planned leave the cells that the new pulls have answered.

    `slices` hold one attempt a provider, and are registered as `incoming_<table>`. `stored` names the stored pulls of
    the instant by provider and pull key. Gives the slices without the rows of cells whose earlier answer stays, as the
    new pulls of the cell have not all answered: stored beside it they would count twice.
    """
    plans = {one.attempt.plan.provider: one.attempt for one in slices}
    planned = {(provider, pull.pull_key) for provider, attempt in plans.items() for pull in attempt.plan.pulls}
    stale = sorted(key for key in stored if key[0] in plans and key not in planned)
    if not stale:
        return list(slices)
    rows = [(utc(as_of), *key, utc(plans[key[0]].taken_at)) for key in stale]
    cells = [
        (provider, pull.pull_key, cell.account_id, cell.chain_id, cell.layer)
        for provider, attempt in plans.items()
        for pull in attempt.plan.pulls
        for cell in pull.cells
    ]
    connection.register("stale_pull", table_of(_STALE, rows))
    connection.register("planned_cell", table_of(_PLANNED, cells))
    waiting: dict[str, set[tuple[str, Cell]]] = {}
    for provider, pull_key, account_id, chain_id, layer in connection.execute(
        sqlfiles.statement("earlier_plan")
    ).fetchall():
        waiting.setdefault(provider, set()).add((pull_key, Cell(account_id, chain_id, Layer(layer))))
    return [one.without_cells(waiting.get(one.attempt.plan.provider, ())) for one in slices]
