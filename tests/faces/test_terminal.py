"""Promises of status and ask in front of a terminal and behind a pipe: tables always, a chart where it can be seen."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from dagster_project.faces.sketch import bars, sketch
from dagster_project.warehouse.ask import Rows
from tests.faces.terminal import commands, shown_on_a_terminal
from tests.portfolio import Portfolio

FIRST = datetime(2026, 5, 1)  # noqa: DTZ001 - answers give instants in UTC without a zone
DRAWN = re.compile("[\u2801-\u28ff█▏▎▍▌▋▊▉]")
UTF8 = {"PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def on_a_terminal(portfolio: Portfolio, *arguments: str) -> str:
    """Run the command in front of a terminal that can draw."""
    return shown_on_a_terminal(portfolio.folder, portfolio.environment | UTF8, *arguments)


@pytest.mark.every
def test_a_terminal_sees_a_chart_and_a_pipe_does_not(three_days: Portfolio) -> None:
    """Status and ask draw on a terminal, write tables alone into a pipe, and neither has a letter that commands one."""
    for arguments in (("status",), ("ask", "value_chart"), ("ask", "allocation")):
        seen = on_a_terminal(three_days, *arguments)
        assert DRAWN.search(seen), arguments
        assert commands(seen) == []
        piped = three_days.command(*arguments, check=True).stdout
        assert not DRAWN.search(piped), arguments
        assert "\x1b" not in piped
        assert re.search(r"^-+  +-+", piped, re.MULTILINE), arguments


@pytest.mark.slow
def test_a_chart_is_drawn_or_not_as_asked(three_days: Portfolio) -> None:
    """With --chart a pipe gets one, with --no-chart a terminal gets none."""
    for arguments in (("status",), ("ask", "value_chart")):
        assert DRAWN.search(three_days.command(*arguments, "--chart", check=True).stdout)
        assert not DRAWN.search(on_a_terminal(three_days, *arguments, "--no-chart"))


def test_a_terminal_without_the_letters_gets_none(three_days: Portfolio) -> None:
    """Where the terminal's letters have no blocks, the table stands alone and nothing breaks."""
    own = three_days.environment | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    seen = shown_on_a_terminal(three_days.folder, own, "ask", "allocation")
    assert "known_value_usd" in seen
    assert not DRAWN.search(seen)


def test_status_says_where_it_is_and_why_it_changed(three_days: Portfolio) -> None:
    """Status lists each account's value and the parts of the change, as the answers say."""
    said = three_days.command("status", check=True).stdout
    for row in three_days.answer("current_value"):
        if row["per"] == "account":
            assert re.search(rf"^{row['name']} +{row['value_usd']:,.2f} ", said, re.MULTILINE)
    (change,) = three_days.answer("value_change")
    assert f"{change['price_effect_usd']:,.2f}" in said
    assert "since 2026-05-01 00:00 UTC, US dollars" in said
    assert "2026-05-02 00:00 UTC  missing_cell: cold / eip155:1 / wallet: failed:forbidden" in said


def test_what_cannot_be_drawn_is_said(three_days: Portfolio) -> None:
    """A chart of what has none, in a format that has none or into a file, is refused with the reason."""
    for arguments in (("gaps",), ("value_chart", "--format", "csv"), ("value_chart", "--output", "x.txt")):
        done = three_days.command("ask", *arguments, "--chart")
        assert done.returncode == 2
        assert "chart" in done.stderr
    assert not (three_days.folder / "x.txt").exists()


def test_a_bar_is_as_long_as_its_value() -> None:
    """Half the value is half the bar, a debt says its minus, what is not known has no bar, and names cannot command."""
    lines = str(bars(["a", "b", "c", "d\x1b[2J"], [Decimal(100), Decimal(50), Decimal(-100), None])).splitlines()
    lengths = [line.count("█") for line in lines]
    assert lengths[0] == lengths[2] == pytest.approx(2 * lengths[1], abs=1)
    assert "-100.00" in lines[2]
    assert lines[3].endswith("not known")
    assert commands("\n".join(lines)) == []
    assert bars(["a"], [None]) is None
    assert str(bars([str(number) for number in range(30)], [Decimal(1)] * 30)).endswith("and 6 more rows")


def test_a_gap_is_no_zero_in_any_chart() -> None:
    """An instant without a value leaves a gap, and an answer without instants and names is not drawn."""
    days = [FIRST + timedelta(days=number) for number in range(9)]
    whole = sketch(Rows(("as_of", "value_usd"), ("timestamp", "decimal"), [(day, Decimal(5)) for day in days]))
    gap = sketch(
        Rows(("as_of", "value_usd"), ("t", "d"), [(day, None if day == days[4] else Decimal(5)) for day in days])
    )
    assert len(DRAWN.findall(str(whole))) > len(DRAWN.findall(str(gap))) > 0
    assert "x" not in str(gap)
    assert sketch(Rows(("count",), ("bigint",), [(1,)])) is None
    assert sketch(Rows(("as_of", "value_usd"), ("t", "d"), [])) is None
