"""Promises of assembling, for any pulls: rows are whole, exact, in UTC, and the same every time."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.holdings import Holding, PriceStatus
from dagster_project.model import Attempt, Layer, Outcome
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import Judged
from dagster_project.tables import BALANCE, CELL, PULL
from tests.normalise.asking import AS_OF, BLOCK_AT, OBSERVED_AT, TAKEN_AT, attempt
from tests.normalise.judged_pulls import PULLS, READ, assembled, judged_pulls

FEW = settings(database=None, deadline=None, max_examples=40)


def key_of(row: dict[str, object]) -> tuple[object, object]:
    """To which cell a row belongs."""
    return row["pull_key"], row["layer"]


def free(holding: Holding) -> Holding:
    """Leave out what booking may change: an unbelievable value is quarantined, an unknown price has no origin."""
    return holding._replace(price_status=PriceStatus.PRICED, price_origin="")


@pytest.mark.every
@given(PULLS)
@FEW
def test_same_pulls_give_the_same_tables(judged: list[Judged]) -> None:
    """The same judged pulls give the same tables, however often they are assembled."""
    assert assembled(judged) == assembled(list(judged))


@given(PULLS)
@FEW
def test_tables_are_as_declared(judged: list[Judged]) -> None:
    """Each table has its declared schema to the last sentence, and no NULL where none is allowed."""
    rows = assembled(judged)
    for declared, table in ((PULL, rows.pull), (CELL, rows.cell), (BALANCE, rows.balance)):
        assert table.schema.equals(declared.schema, check_metadata=True)
        table.validate(full=True)
        assert [name for name in table.schema.names if table[name].null_count and not table.field(name).nullable] == []


@pytest.mark.every
@given(PULLS)
@FEW
def test_every_pull_and_cell_has_one_row(judged: list[Judged]) -> None:
    """There is one row a pull and one row a cell of it, in the order of the plan, however the pull ended."""
    rows = assembled(judged)
    assert rows.pull_keys == [one.pull.pull_key for one in judged]
    assert rows.pull["outcome"].to_pylist() == [one.outcome for one in judged]
    cells = [(one.pull.pull_key, each.layer) for one in judged for each in one.pull.cells]
    assert [key_of(row) for row in rows.cell.to_pylist()] == cells


@given(PULLS)
@FEW
def test_every_holding_has_one_row_as_it_was_read(judged: list[Judged]) -> None:
    """There is one row a holding, under its own cell, in order, every member of it unchanged."""
    rows = assembled(judged).balance.to_pylist()
    held = [
        ((one.pull.pull_key, each.layer), free(holding))
        for one in judged
        if one.reading
        for each in one.pull.cells
        for holding in one.reading.rows[each]
    ]
    stored = [Holding(**{name: row[name] for name in Holding._fields}) for row in rows]
    keys = [key_of(row) for row in rows]
    assert [(key, free(one)) for key, one in zip(keys, stored, strict=True)] == held


@given(PULLS)
@FEW
def test_totals_are_exact_sums_of_rows(judged: list[Judged]) -> None:
    """A cell's value is the exact sum of its counted booked rows, and its counts are those of its rows."""
    rows = assembled(judged)
    by_cell: dict[object, list[dict[str, object]]] = {}
    for row in rows.balance.to_pylist():
        by_cell.setdefault(key_of(row), []).append(row)
    for one in rows.cell.to_pylist():
        held = by_cell.pop(key_of(one), [])
        status = Counter(row["price_status"] for row in held)
        counted = [row["value_usd"] for row in held if row["is_counted"]]
        total = sum((value for value in counted if isinstance(value, Decimal)), Decimal(0))
        was_read = one["outcome"] in (Outcome.ANSWERED, Outcome.EMPTY)
        assert one["value_usd"] == (total if was_read else None)
        assert (one["row_count"], one["unpriced_count"], one["quarantined_count"]) == (
            len(held),
            status[PriceStatus.UNKNOWN],
            status[PriceStatus.QUARANTINED],
        )
    assert by_cell == {}


@given(READ, st.randoms(use_true_random=False))
@FEW
def test_order_of_positions_means_nothing(part: tuple[list[Layer], list[tuple[Holding, ...]]], chance: Random) -> None:
    """Any order of positions gives the same set of rows, the same totals and the same pulls."""
    layers, held = part
    shuffled = [tuple(chance.sample(one, len(one))) for one in held]
    first, second = assembled(judged_pulls([(layers, held)])), assembled(judged_pulls([(layers, shuffled)]))
    assert (first.pull, first.cell) == (second.pull, second.cell)
    assert sorted(map(repr, first.balance.to_pylist())) == sorted(map(repr, second.balance.to_pylist()))


@pytest.mark.every
@given(st.integers(-23 * 60, 23 * 60), PULLS)
@FEW
def test_zones_of_instants_do_not_matter(minutes: int, judged: list[Judged]) -> None:
    """Instants are stored in UTC without a zone, whatever zone they come in."""
    zone = timezone(timedelta(minutes=minutes))
    moved = [
        replace(
            one,
            answer=replace(one.answer, observed_at=OBSERVED_AT.astimezone(zone)),
            reading=one.reading and replace(one.reading, effective_at=BLOCK_AT.astimezone(zone)),
        )
        for one in judged
    ]
    base = attempt(*(one.pull for one in judged))
    frame = replace(base.plan.frame, as_of=AS_OF.astimezone(zone))
    elsewhere = Attempt(replace(base.plan, frame=frame), base.attempt_id, TAKEN_AT.astimezone(zone))
    here, there = assemble(base, 1, judged), assemble(elsewhere, 1, moved)
    assert (here.pull, here.cell, here.balance) == (there.pull, there.cell, there.balance)
