"""A small chart of any answer in a terminal: value over time, or a bar for each row. Drawn of letters, without colour.

Which rows there are is asked of warehouse/ask; the chart over time itself is text.py's.
"""

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from dagster_project.faces import text
from dagster_project.warehouse.ask import Rows

MOST_BARS = 24
LONGEST_NAME = 28
LEAST_WIDTH = 24
BESIDE = 24
"""Columns of a terminal that a chart leaves to its scale."""

_NAMES = ("name", "label", "symbol", "provider", "id")
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def is_wanted(*, asked: bool | None) -> bool:
    """Tell whether a chart is to be drawn: as asked, else where a terminal shows it that can."""
    return asked if asked is not None else sys.stdout.isatty() and _can_draw()


def width() -> int:
    """Give how wide a chart may be, in letters."""
    columns = shutil.get_terminal_size((text.CHART_WIDTH + BESIDE, 24)).columns
    return max(LEAST_WIDTH, min(text.CHART_WIDTH, columns - BESIDE))


def sketch(rows: Rows) -> str | None:
    """Draw what an answer says, None where it has nothing to draw: no value, or no instants and no names."""
    value = next((name for name in ("value_usd", "known_value_usd", "closing_usd") if name in rows.names), None)
    if value is None or not rows.rows:
        return None
    instants = _column(rows, "as_of") or _column(rows, "period_as_of")
    if len(rows.rows) > 1 and len(set(instants)) == len(rows.rows):
        return _over_time(rows, instants, value)
    name = next((name for name in _NAMES if name in rows.names), None)
    return None if name is None else bars(_column(rows, name), _column(rows, value))


def bars(names: Sequence[object], values: Sequence[object]) -> str | None:
    """Draw a bar for each row, what is below zero with a minus; a row without a value says so and has no bar."""
    known = [abs(value) for value in values if isinstance(value, Decimal)]
    most = max(known, default=Decimal(0))
    if most == 0:
        return None
    shown = [text.cell(name)[:LONGEST_NAME] for name in names[:MOST_BARS]]
    broad = max(len(name) for name in shown)
    room = max(LEAST_WIDTH, width() - broad)
    lines = [
        f"{name:<{broad}}  {_bar(value, most, room)}{text.cell(value) if value is not None else 'not known'}"
        for name, value in zip(shown, values, strict=False)
    ]
    left = len(names) - len(shown)
    return "\n".join([*lines, *([f"and {left} more rows"] if left else [])])


def _bar(value: object, most: Decimal, room: int) -> str:
    if not isinstance(value, Decimal):
        return ""
    eighths = int(abs(value) / most * room * 8)
    bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return f"{bar} " if bar else ""


def _over_time(rows: Rows, instants: Sequence[object], value: str) -> str:
    """Draw a chart over time; an answer without a known part has none beside a gap."""
    known = _column(rows, "known_value_usd") or _column(rows, value)
    estimated = _column(rows, "estimated_value_usd") or [None] * len(rows.rows)
    points = [
        text.Point(at, *(one if isinstance(one, Decimal) else None for one in values))
        for at, *values in zip(instants, _column(rows, value), known, estimated, strict=True)
        if isinstance(at, datetime)
    ]
    return text.chart(sorted(points, key=lambda point: point.as_of), width())


def _column(rows: Rows, name: str) -> list[object]:
    if name not in rows.names:
        return []
    place = rows.names.index(name)
    return [row[place] for row in rows.rows]


def _can_draw() -> bool:
    """Tell whether the terminal's letters have the ones that charts are made of."""
    try:
        _EIGHTHS.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
