"""Promises of the schemas: every column explains itself, and its name says what it is measured in."""

import re
from collections import defaultdict

import pyarrow as pa
import pytest

from dagster_project.columns import BOOKED, BOOKED_SUM, INSTANT, TEXTS
from dagster_project.tables import SUPERSEDED_AT, TABLES

COLUMNS = [(table.name, field) for table in TABLES for field in table.schema] + [("superseded", SUPERSEDED_AT)]
NUMBERS = {pa.int16(), pa.int32(), pa.int64(), pa.uint64(), pa.float64()}
KINDS_BY_ENDING = {
    "_usd": {pa.float64(), BOOKED, BOOKED_SUM},
    "_raw": {pa.string()},
    "_exact": {pa.string()},
    "_at": {INSTANT},
    "_id": {pa.string()},
    "_key": {pa.string()},
    "_hash": {pa.uint64()},
    "_sha256": {pa.string()},
    "_fields": {TEXTS},
    "_count": {pa.int32(), pa.int64()},
    "_bytes": {pa.int64()},
    "_minutes": {pa.int32()},
    "_ms": {pa.float64()},
    "_seconds": {pa.float64()},
}
INSTANTS_BY_NAME = {"as_of", "since", "until"}
"""The words of the field for the instant that a row stands for, and for the two ends of a scope."""

UNITS_IN_WORDS = {
    "_usd": r"US dollar",
    "_raw": r"base unit",
    "_exact": r"[Ww]hole unit",
    "_at": r"UTC",
    "_ms": r"[Mm]illisecond",
    "_seconds": r"[Ss]econds",
    "_minutes": r"minutes",
    "_bytes": r"bytes",
    "_count": r"How many",
}


def label(column: tuple[str, pa.Field]) -> str:
    """The column as people write it."""
    return f"{column[0]}.{column[1].name}"


def comment(field: pa.Field) -> str:
    """What a column says of itself."""
    return str((field.metadata or {}).get(b"comment", b""), "utf-8")


@pytest.mark.parametrize("column", COLUMNS, ids=label)
def test_column_explains_itself(column: tuple[str, pa.Field]) -> None:
    """Every column has a sentence of at least five words that begins large and ends with a full stop."""
    words = comment(column[1])
    assert len(words.split()) >= 5
    assert re.fullmatch(r"[A-Z][^\n]*\.", words)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_table_explains_itself(table: object) -> None:
    """Every table says in a sentence what one row of it is, is named in the singular, and names no column twice."""
    (one,) = [known for known in TABLES if known is table]
    assert re.fullmatch(r"One row an? .{10,}\.", one.comment)
    assert re.fullmatch(r"[a-z]+", one.name)
    assert not one.name.endswith("s")
    assert len(set(one.schema.names)) == len(one.schema.names)
    assert one.provenance <= set(one.schema.names)
    assert set(one.belief) == set(one.schema.names) - one.provenance


@pytest.mark.parametrize("column", COLUMNS, ids=label)
def test_name_tells_the_kind(column: tuple[str, pa.Field]) -> None:
    """A name's ending tells its type and unit, and no type that has an ending of its own goes by another name."""
    name, kind = column[1].name, column[1].type
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    for ending, kinds in KINDS_BY_ENDING.items():
        if name.endswith(ending):
            assert kind in kinds, ending
            assert re.search(UNITS_IN_WORDS.get(ending, ""), comment(column[1])), "the sentence names the unit"
    assert (kind == pa.bool_()) == name.startswith(("is_", "has_"))
    assert (kind == INSTANT) == (name.endswith(("_at", "_as_of")) or name in INSTANTS_BY_NAME)
    assert (kind == pa.date32()) == name.endswith("_day")
    assert kind not in (BOOKED, BOOKED_SUM) or name.endswith("_usd")
    assert kind in NUMBERS | {pa.string(), pa.bool_(), INSTANT, BOOKED, BOOKED_SUM, TEXTS, pa.date32()}


@pytest.mark.parametrize("name", sorted({field.name for _, field in COLUMNS}))
def test_same_name_has_the_same_type_everywhere(name: str) -> None:
    """Columns of the same name have the same type in every table, but for sums, which are wider."""
    kinds = defaultdict(list)
    for table, field in COLUMNS:
        if field.name == name:
            kinds[str(BOOKED if field.type == BOOKED_SUM else field.type)].append(table)
    assert len(kinds) == 1, dict(kinds)


def test_no_instant_has_a_zone_and_no_number_is_a_float_by_accident() -> None:
    """Instants are UTC without a zone; only amounts, prices, rates, what providers state and durations are doubles."""
    assert str(INSTANT) == "timestamp[us]"
    doubles = {field.name for _, field in COLUMNS if field.type == pa.float64()}
    assert doubles == {
        *("amount", "quantity", "price_usd", "stated_value_usd", "number", "usd_per_unit", "lag_seconds", "elapsed_ms"),
        *("max_apr", "own_rate", "net_rate"),
    }
    assert not [label((table, field)) for table, field in COLUMNS if pa.types.is_float32(field.type)]
