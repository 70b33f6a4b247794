"""Promises of the three formats: whatever a column can hold comes back from a file bit for bit, hostile text too."""

import struct
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.exchange import files
from dagster_project.exchange.files import FORMS
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import in_memory
from dagster_project.warehouse.facts import Column, Fact, facts_at, quoted
from dagster_project.warehouse.spelling import KINDS

HOSTILE = (
    "", " ", "NULL", "null", "NaN", "\\N", "\\", '"', '""', '","', "a,b", "a;b\tc", "a\nb", "a\r\nb", "\r", "\n",
    "\x00", "a\x00b", "=HYPERLINK(1)", "+1", "-1", "@x", "'; drop table balance; --", "{}", "[]", "\u202eevil",
    "\ufeffmark", "\u2028", "\U0001f4b0", "\x1b[2J", "\x7f", "<script>", "x" * 10_000, '"\n' * 2_000, "é", "e\u0301",
)  # fmt: skip
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "VARCHAR": TEXT,
    "VARCHAR[]": st.lists(st.one_of(st.none(), TEXT), max_size=4),
    "BOOLEAN": st.booleans(),
    "SMALLINT": st.integers(-(2**15), 2**15 - 1),
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(),
    "DECIMAL(18,6)": st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**11), max_value=10**11, places=6
    ),
    "DECIMAL(38,6)": st.integers(-(10**38) + 1, 10**38 - 1).map(lambda units: Decimal(f"{units}e-6")),
    "TIMESTAMP": st.datetimes(),
    "DATE": st.dates(),
}
COLUMNS = tuple(Column(f"c{place}", kind, is_required=False, comment="") for place, kind in enumerate(VALUES))
FACT = Fact("probe", "A column of every type.", COLUMNS)
ROW = st.tuples(*(st.one_of(st.none(), values) for values in VALUES.values()))


def exactly(value: object) -> object:
    """Give what tells two values apart: a double's bits, but for which NaN it is, and the type of all others."""
    if isinstance(value, float):
        return "NaN" if value != value else struct.pack("<d", value)  # noqa: PLR0124 - NaN alone is not itself
    return type(value).__name__, value


def stored(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
    """Make the table of every type with these rows."""
    kinds = ", ".join(f"{quoted(column.name)} {column.type}" for column in COLUMNS)
    connection.execute(f"create table probe (place integer, {kinds})")
    marks = ", ".join(f"cast(? as {column.type})" for column in COLUMNS)
    connection.executemany(f"insert into probe values (?, {marks})", [(n, *_bound(row)) for n, row in enumerate(rows)])


def _bound(row: tuple[Any, ...]) -> list[Any]:
    return [str(value) if isinstance(value, Decimal) else value for value in row]


def moved(connection: duckdb.DuckDBPyConnection, path: Path, form_name: str) -> list[tuple[Any, ...]]:
    """Write the table to a file and read it back into another."""
    form = FORMS[form_name]
    path.unlink(missing_ok=True)
    with connection.cursor() as cursor:
        query = f"select {', '.join(files.selected(FACT, form))} from probe order by place"
        files.write(path, FACT, form, cursor.sql(query).to_arrow_reader(1_000))
    schema = connection.sql(f"select {', '.join(FACT.names)} from probe limit 0").to_arrow_table().schema
    connection.register("back", files.read(path, FACT, form, schema))
    return connection.execute(f"select {', '.join(files.read_by(FACT, form))} from back").fetchall()


def test_every_type_of_a_fact_is_proved() -> None:
    """The formats are proved for each type that a column of a fact has, and for none that they do not know."""
    newest = sqlfiles.migrations()[-1][0]
    assert {column.type for fact in facts_at(newest) for column in fact.columns} == KINDS.keys() == VALUES.keys()


@pytest.mark.every
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40)
@given(rows=st.lists(ROW, min_size=1, max_size=5))
def test_any_value_comes_back(tmp_path_factory: pytest.TempPathFactory, form: str, rows: list[tuple[Any, ...]]) -> None:
    """Any row of any values, none at all among them, is the same row after a file of each format, in the same order."""
    path = tmp_path_factory.getbasetemp() / f"probe.{form}"
    with in_memory() as connection:
        stored(connection, rows)
        back = moved(connection, path, form)
        was = connection.execute("select * exclude place from probe order by place").fetchall()
    assert [[exactly(value) for value in row] for row in back] == [[exactly(value) for value in row] for row in was]
    assert [tuple(map(str, row[:2])) for row in was] == [tuple(map(str, row[:2])) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_hostile_values_come_back(tmp_path: Path, form: str) -> None:
    """Each text that breaks files of others, and the ends of each type, come back from a file of each format."""
    doubles = (0.1, -0.0, 5e-324, 1.7976931348623157e308, float("nan"), float("inf"), float("-inf"), 2.0**63)
    rows: list[tuple[Any, ...]] = [
        (
            text, [text, None, text], bool(n % 2), (-1) ** n * (2**15 - 1), -(2**31), 2**63 - 1 - n, doubles[n % 8],
            Decimal("-0.000001"), Decimal("99999999999999999999999999999999.999999"),
            datetime(1, 1, 1) + timedelta(microseconds=n), date.max,  # noqa: DTZ001 - a column has no zone
        )
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    rows.append((None,) * len(COLUMNS))
    with in_memory() as connection:
        stored(connection, rows)
        back = moved(connection, tmp_path / "probe", form)
    assert [[exactly(value) for value in row] for row in back] == [[exactly(value) for value in row] for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_blocks_of_a_file_lose_no_row(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file is read in many small blocks, lines that hold line ends are no less whole."""
    monkeypatch.setattr(files, "_CSV_BYTES", 1_000)
    monkeypatch.setattr(files, "_LINES_BYTES", 1_000)
    text = '"\r\n,"' * 100
    rows = [
        (text, [text], True, 1, 1, n, 0.5, Decimal("1.000000"), Decimal("1.000000"), None, None) for n in range(900)
    ]
    with in_memory() as connection:
        stored(connection, rows)
        assert moved(connection, tmp_path / "probe", form) == rows
