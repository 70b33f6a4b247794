"""Promises of rows written for a terminal: aligned, harmless, and honest about gaps."""

import csv
import io
import json
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.faces.text import Point, as_csv, cell, chart, harmless, missing, table
from dagster_project.warehouse.ask import Rows

FIRST = datetime(2026, 5, 1)  # noqa: DTZ001 - answers give instants in UTC without a zone


def points(*values: tuple[str | None, str | None]) -> list[Point]:
    """Give points on consecutive days: total and known part."""
    return [
        Point(FIRST + timedelta(days=number), Decimal(total) if total else None, Decimal(part) if part else None)
        for number, (total, part) in enumerate(values)
    ]


@given(st.text())
def test_text_from_outside_cannot_command_the_terminal(text: str) -> None:
    """Whatever a name holds, what is printed is printable and stays on its line."""
    assert harmless(text).isprintable()


def test_cells_are_written_for_people() -> None:
    """Money in cents with commas, instants to the minute, nothing known as a dash, lists in a line."""
    assert cell(Decimal("1234567.895001")) == "1,234,567.90"
    assert cell(FIRST) == "2026-05-01 00:00"
    assert cell(None) == "-"
    assert cell([]) == "-"
    assert cell(["a", "b\x1b[2J"]) == "a; b\\x1b[2J"
    assert cell([{"asset": "a\x1b", "value": None}]) == "asset a\\x1b, value -"
    assert cell(True) == "yes"  # noqa: FBT003 - the value itself
    assert cell(0.1) == "0.1"


def test_parts_are_json_in_csv() -> None:
    """What a row is made of stands in one field of CSV as JSON with every digit, and words in a line as before."""
    leg = {"amount_raw": str(2**256 - 1), "value_usd": Decimal("0.100000"), "provider": None}
    rows = Rows(("legs", "missing"), ("list", "list"), [([leg], ["a", "b"]), ([], [])])
    names, (parts, words), nothing = csv.reader(io.StringIO(as_csv(rows)))
    assert names == ["legs", "missing"]
    assert json.loads(parts, parse_float=Decimal) == [leg]
    assert words == "a; b"
    assert nothing == ["", ""]


def test_missing_cells_are_counted_by_account() -> None:
    """One missing cell is named whole, several of an account with the same reason are counted, and none is lost."""
    named = [
        "cold / eip155:1 / wallet: missed_tick",
        "trading / eip155:1 / debt: failed:server_error",
        "trading / eip155:1 / wallet: failed:server_error",
        "trading / eip155:10 / wallet: suspect:vanished",
    ]
    assert missing(named) == (
        "cold / eip155:1 / wallet: missed_tick; trading, 2 cells: failed:server_error; "
        "trading / eip155:10 / wallet: suspect:vanished"
    )
    assert missing(["evil\x1b[2J / eip155:1 / wallet: quota"]) == harmless("evil\x1b[2J / eip155:1 / wallet: quota")
    assert missing(None) == missing([]) == ""


def test_a_table_is_aligned_and_whole() -> None:
    """Numbers stand right, words left, and nothing is cut."""
    long = "x" * 300
    lines = table(("name", "value"), [(long, Decimal(5)), ("b", Decimal(1000))]).splitlines()
    assert lines[2].startswith(long)
    assert lines[2].endswith("    5.00")
    assert lines[3].endswith("1,000.00")
    assert table(("name",), []).splitlines()[0] == "name"


def test_nothing_is_drawn_across_a_gap() -> None:
    """A point without a total leaves a gap in the line; a known part is an x."""
    whole = chart(points(*[("100", "100")] * 9), width=40)
    gap = chart(points(*[("100", "100")] * 4, (None, None), *[("100", "100")] * 4), width=40)
    part = chart(points(*[("100", "100")] * 4, (None, "50"), *[("100", "100")] * 4), width=40)
    drawn = [sum("\u2801" <= letter <= "\u28ff" for letter in picture) for picture in (whole, gap, part)]
    assert drawn[0] > drawn[1] == drawn[2]
    assert "x" not in whole + gap
    assert part.count("x") == 1


def test_a_chart_of_little_is_drawn() -> None:
    """One point, or none that is known, is no error."""
    assert "USD" in chart(points(("100", "100")))
    assert chart(points((None, None))) == "(no value is known yet)"
    assert chart([]) == "(no value is known yet)"
    assert "USD" in chart(points(("0", "0"), ("0", "0")))
