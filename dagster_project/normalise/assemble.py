"""From judged pulls to the rows of the store: one Arrow table for each table of the history.

Pure and deterministic: the same judged pulls of the same attempt give the same rows, live and on a rebuild.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.columns import BOOKED
from dagster_project.holdings import Holding, PriceStatus
from dagster_project.model import Attempt, Capability, Cell, Outcome, Reason, utc
from dagster_project.normalise.booking import book, checked, worth
from dagster_project.normalise.judge import Judged
from dagster_project.registers import ASSET
from dagster_project.slices import Slice, table_of
from dagster_project.tables import ALLOWANCE, BALANCE, CELL, FIGURE, POSITION, PULL, RATE, UNWATCHED


@dataclass(frozen=True, slots=True)
class _Read:
    """A cell of a judged pull with what the answer says it holds, None where it says nothing that could be read."""

    one: Judged
    cell: Cell
    holdings: tuple[Holding, ...] | None


def assemble(attempt: Attempt, normaliser_version: int, judged: Sequence[Judged]) -> Slice:
    """Make the rows of an attempt from its judged pulls."""
    cells = [read for one in judged for read in _cells(one)]
    balance = _balances(attempt, [read for read in cells if read.holdings])
    return Slice(
        attempt,
        pull=table_of(PULL.schema, [_pull_row(attempt, normaliser_version, one) for one in judged]),
        cell=table_of(CELL.schema, _cell_rows(attempt, cells, balance)),
        balance=balance,
        unwatched=_unwatched(attempt, judged),
        position=table_of(POSITION.schema, list(_beside(attempt, judged, "positions"))),
        allowance=table_of(ALLOWANCE.schema, list(_beside(attempt, judged, "allowances"))),
        figure=table_of(FIGURE.schema, list(_figures(attempt, judged))),
        rate=table_of(RATE.schema, list(_rates(attempt, judged))),
        asset=table_of(ASSET.schema, _assets(attempt, judged)),
    )


def _beside(attempt: Attempt, judged: Sequence[Judged], what: str) -> Iterator[tuple[object, ...]]:
    """Give the rows that stand beside the balances, by account and chain."""
    as_of, recorded_at = utc(attempt.plan.as_of), utc(attempt.taken_at)
    for one in judged:
        stated = getattr(one.reading, what) if one.reading else {}
        for cell, rows in stated.items():
            key = (as_of, attempt.plan.provider, one.pull.pull_key, cell.account_id, cell.chain_id)
            yield from ((*key, *row, recorded_at) for row in rows)


def _figures(attempt: Attempt, judged: Sequence[Judged]) -> Iterator[tuple[object, ...]]:
    """Give what providers state beside their balances, each series under the name of its endpoint."""
    as_of, recorded_at = utc(attempt.plan.as_of), utc(attempt.taken_at)
    for one in judged:
        pull = one.pull
        key = (as_of, attempt.plan.provider, pull.pull_key, pull.account_id or None, pull.endpoint)
        for figure in one.reading.figures if one.reading else ():
            point_at = utc(figure.point_at)
            yield (*key, figure.subject, figure.measure, point_at, figure.number, figure.words, recorded_at)


def _rates(attempt: Attempt, judged: Sequence[Judged]) -> Iterator[tuple[object, ...]]:
    """Give what units of currencies cost, as last published."""
    as_of, recorded_at = utc(attempt.plan.as_of), utc(attempt.taken_at)
    for one in judged:
        for rate in one.reading.rates if one.reading else ():
            key = (as_of, attempt.plan.provider, one.pull.pull_key)
            yield (*key, *rate[:-1], utc(rate.published_at), recorded_at)


def _cells(one: Judged) -> Iterator[_Read]:
    for cell in one.pull.cells:
        yield _Read(one, cell, one.reading.rows.get(cell) if one.reading else None)


def _assets(attempt: Attempt, judged: Sequence[Judged]) -> list[tuple[object, ...]]:
    """Give what the answers say of assets, each once: the last word counts."""
    described = {asset.asset_id: asset for one in judged if one.reading for asset in one.reading.assets}
    return [(attempt.plan.provider, *asset, utc(attempt.taken_at)) for asset in described.values()]


def _balances(attempt: Attempt, cells: Sequence[_Read]) -> pa.Table:
    """Make one row a holding; what is the same for a whole cell is written once and repeated by Arrow."""
    counts = np.fromiter((len(read.holdings or ()) for read in cells), np.int64, len(cells))
    of_cell = pa.array(np.repeat(np.arange(len(cells)), counts))
    rows = zip(*chain.from_iterable(read.holdings or () for read in cells), strict=True)
    columns = dict(zip(Holding._fields, rows, strict=False))  # no cell, no column
    kinds = {name: BALANCE.schema.field(name).type for name in BALANCE.schema.names}

    def repeated(name: str, values: Iterable[object]) -> pa.Array:
        return pa.array(values, kinds[name]).take(of_cell)

    own = {name: pa.array(columns.get(name, ()), kinds[name]) for name in Holding._fields}
    same = {
        "as_of": repeated("as_of", [utc(attempt.plan.as_of)] * len(cells)),
        "provider": repeated("provider", [attempt.plan.provider] * len(cells)),
        "pull_key": repeated("pull_key", [read.one.pull.pull_key for read in cells]),
        "account_id": repeated("account_id", [read.cell.account_id for read in cells]),
        "chain_id": repeated("chain_id", [read.cell.chain_id for read in cells]),
        "layer": repeated("layer", [read.cell.layer for read in cells]),
        "recorded_at": repeated("recorded_at", [utc(attempt.taken_at)] * len(cells)),
    }
    value = worth(own["stated_value_usd"], own["amount"], own["price_usd"])
    status = checked(own["price_status"], own["stated_value_usd"], own["amount"], own["price_usd"])
    value_usd, price_status = book(value, status, same["layer"])
    made = {"value_usd": value_usd, "price_status": price_status}
    made["price_origin"] = pc.if_else(pc.is_valid(own["price_usd"]), own["price_origin"], pa.scalar(None, pa.string()))
    known = own | same | made
    return pa.table([known[name] for name in BALANCE.schema.names], schema=BALANCE.schema)


def _unwatched(attempt: Attempt, judged: Sequence[Judged]) -> pa.Table:
    """Make one row a holding on a chain that was not asked for, booked as every other."""
    read = [
        _Read(one, cell, holdings) for one in judged if one.reading for cell, holdings in one.reading.unwatched.items()
    ]
    if not any(one.holdings for one in read):
        return UNWATCHED.schema.empty_table()
    rows = _balances(attempt, [one for one in read if one.holdings])
    contracts = {key: contract for one in judged if one.reading for key, contract in one.reading.contracts.items()}
    keys = zip(rows["chain_id"].to_pylist(), rows["position_id"].to_pylist(), strict=True)
    further = {
        "contract_id": pa.array([contracts.get(key) for key in keys], pa.string()),
        "record_rank": pa.array(np.full(rows.num_rows, attempt.plan.record_rank), pa.int16()),
    }
    columns = [further[name] if name in further else rows[name] for name in UNWATCHED.schema.names]
    return pa.table(columns, schema=UNWATCHED.schema)


def _pull_row(attempt: Attempt, normaliser_version: int, one: Judged) -> tuple[object, ...]:
    pull, answer, reading = one.pull, one.answer, one.reading
    was_answered = answer.status is not None
    effective_at = one.effective_at()
    as_of = attempt.plan.as_of
    return (
        utc(as_of),
        pull.provider,
        pull.pull_key,
        pull.endpoint,
        one.outcome,
        one.reason,
        one.detail,
        answer.status,
        utc(answer.observed_at) if was_answered else None,
        utc(effective_at),
        (effective_at - as_of).total_seconds() if effective_at else None,
        pull.capability is not Capability.NOW and not (reading and reading.now),
        reading.block_number if reading else None,
        list(reading.unknown_fields) if reading else [],
        one.tries,
        answer.elapsed_ms if was_answered else None,
        len(answer.body) if was_answered else None,
        hashlib.sha256(answer.body).hexdigest() if was_answered else None,
        answer.headers.get("x-request-id"),
        attempt.attempt_id,
        normaliser_version,
        None,
        utc(attempt.taken_at),
    )


def _cell_rows(attempt: Attempt, cells: Sequence[_Read], balance: pa.Table) -> list[tuple[object, ...]]:
    totals = iter(totals_of(balance, [len(read.holdings) for read in cells if read.holdings]))
    as_of, recorded_at, rank = utc(attempt.plan.as_of), utc(attempt.taken_at), attempt.plan.record_rank
    rows = []
    for read in cells:
        one, cell = read.one, read.cell
        nothing = (None if read.holdings is None else Decimal(0), 0, 0, 0)
        value, *counts = next(totals) if read.holdings else nothing
        stated = one.reading.stated_usd.get(cell) if one.reading else None
        observed_at = utc(one.answer.observed_at) if one.answer.status is not None else None
        effective_at = utc(one.effective_at(cell))
        key = (as_of, one.pull.provider, one.pull.pull_key, cell.account_id, cell.chain_id, cell.layer)
        rows.append((*key, *_ending(read), rank, value, stated, *counts, None, observed_at, effective_at, recorded_at))
    return rows


def _ending(read: _Read) -> tuple[Outcome, Reason | None]:
    """Tell how a cell of a pull ended: what an answer does not say of it, or not readably, is not worth nothing."""
    one = read.one
    if one.reading is None or read.holdings is not None:
        return one.outcome, one.reason
    reasons = (fault.reason for fault in one.reading.faults if read.cell in fault.cells)
    return Outcome.FAILED, next(reasons, Reason.UNREADABLE)


def totals_of(balance: pa.Table, counts: Sequence[int]) -> Iterator[tuple[object, ...]]:
    """Give for each cell in turn: booked sum of what counts, rows, unpriced rows, quarantined rows."""
    status = balance["price_status"]
    table = pa.table({
        "of_cell": np.repeat(np.arange(len(counts)), counts),
        "value": pc.if_else(balance["is_counted"], balance["value_usd"], pa.scalar(None, BOOKED)),
        "unpriced": pc.cast(pc.equal(status, PriceStatus.UNKNOWN), pa.int32()),
        "quarantined": pc.cast(pc.equal(status, PriceStatus.QUARANTINED), pa.int32()),
    })  # fmt: skip
    sums = table.group_by("of_cell", use_threads=False).aggregate(
        [("value", "sum"), ("unpriced", "sum"), ("quarantined", "sum")]
    )
    values = (value or Decimal(0) for value in sums["value_sum"].to_pylist())
    yield from zip(values, counts, sums["unpriced_sum"].to_pylist(), sums["quarantined_sum"].to_pylist(), strict=True)
