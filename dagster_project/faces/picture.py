"""The value chart and the calendar of coverage as Vega-Lite specifications, and pictures of them by vl-convert.

A line where the total is known, hollow points where only a part of it is, marks on the axis where nothing is, and
nothing drawn across a gap. What points and days say is asked of warehouse/ask. The page's charts are report/charts.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt

from dagster_project.faces.text import Point

WIDTH, HEIGHT = 760, 260
KNOWN, PARTIAL, MISSED = "complete", "known part only", "nothing known"
_COLOURS = {KNOWN: "#1f5fbf", PARTIAL: "#c2410c", MISSED: "#b91c1c"}

_COVERED = {"complete": "#15803d", "partly missing": "#d97706", "all missing": "#b91c1c"}
_CELL = 13

WEEKDAYS = "['Mon','','Wed','','Fri','','Sun'][datum.value]"
"""Vega's expression for the names beside a calendar's rows, of the days from 0 for Monday on."""

Covered = Mapping[date, tuple[int, int]]
"""How many cells of a day are recorded, and how many are missing."""


def value_chart(points: Sequence[Point], title: str) -> dict[str, Any]:
    """Specify the chart of a history in Vega-Lite; `title` says what it is of, and that it is simulated where it is."""
    data = alt.InlineData(values=_rows(points))
    time = alt.X("as_of:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%b %Y", labelOverlap=True))
    money = alt.Y("value:Q", title="US dollars", axis=alt.Axis(format="~s"), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=alt.Legend(title=None, orient="bottom"),
    )
    base = alt.Chart(data).encode(x=time)
    line = (
        base.transform_filter(alt.datum.state == KNOWN)
        .mark_line(strokeWidth=1.8)
        .encode(y=money, detail="stretch:N", color=colour)
    )
    partial = (
        base.transform_filter(alt.datum.state == PARTIAL)
        .mark_point(size=55, filled=False)
        .encode(y=money, color=colour)
    )
    missed = (
        base.transform_filter(alt.datum.state == MISSED)
        .mark_tick(thickness=2, size=14)
        .encode(y=alt.value(HEIGHT - 7), color=colour)
    )
    chart = alt.layer(line, partial, missed).properties(width=WIDTH, height=HEIGHT, title=title)
    styled = chart.configure(font="DejaVu Sans, Arial, sans-serif").configure_view(stroke=None)
    specification: dict[str, Any] = styled.to_dict()
    return specification


def coverage(days: Covered, title: str) -> dict[str, Any]:
    """Specify the calendar of coverage: weeks from left to right, Monday on top, a row of weeks a year."""
    rows = [
        {"year": day.year, "week": _week(day), "weekday": day.weekday(), "state": _state(*cells)}
        for day, cells in days.items()
        if sum(cells)
    ]
    squares = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("week:O", title=None, axis=None, scale=alt.Scale(domain=list(range(54)), paddingInner=0.12)),
            y=alt.Y("weekday:O", title=None, axis=alt.Axis(labelExpr=WEEKDAYS, ticks=False, domain=False)),
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=list(_COVERED), range=list(_COVERED.values())),
                legend=alt.Legend(title=None, orient="bottom"),
            ),
        )
        .properties(width=54 * _CELL, height=7 * _CELL)
        .facet(row=alt.Row("year:O", title=None, sort="descending"))
        .properties(title=title)
    )
    specification: dict[str, Any] = squares.configure(font="DejaVu Sans, Arial, sans-serif").to_dict()
    return specification


def _week(day: date) -> int:
    """Number the weeks of a year from its first day on, so that none of its days stands in another year."""
    first = day.replace(month=1, day=1)
    return ((day - first).days + first.weekday()) // 7


def _state(recorded: int, missing: int) -> str:
    complete, partly, all_missing = _COVERED
    return complete if not missing else partly if recorded else all_missing


def as_png(specification: dict[str, Any]) -> bytes:
    """Draw the chart as a PNG."""
    import vl_convert as vlc  # noqa: PLC0415 - 30 MB that only pictures need

    png: bytes = vlc.vegalite_to_png(specification, scale=1.25)
    return png


def _rows(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Give one row a point, with the stretch of known totals that it belongs to."""
    rows, stretch, was_known = [], 0, False
    for point in points:
        is_known = point.value_usd is not None
        stretch += is_known and not was_known
        was_known = is_known
        value = point.value_usd if is_known else point.known_value_usd
        state = KNOWN if is_known else PARTIAL if value is not None else MISSED
        at = point.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
        rows.append({"as_of": at, "value": None if value is None else float(value), "state": state, "stretch": stretch})
    return rows
