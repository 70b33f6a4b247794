"""The value chart and the calendar of coverage as Vega-Lite specifications, and pictures of them by vl-convert.

A line where the total is known, a dashed one in a band where it is estimated, hollow points where only a part is
known, marks on the axis where nothing is, and nothing drawn across a gap. What points and days
say is asked of warehouse/ask. The page's charts are report/charts.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt

from dagster_project.faces.text import Point

WIDTH, HEIGHT = 760, 260
KNOWN, ESTIMATED, PARTIAL, MISSED = "complete", "estimated", "known part only", "nothing known"
_COLOURS = {KNOWN: "#1f5fbf", ESTIMATED: "#7a5195", PARTIAL: "#c2410c", MISSED: "#b91c1c"}
DASHES = [4, 3]
BAND_OPACITY = 0.18

_COVERED = {"complete": "#15803d", "partly missing": "#d97706", "all missing": "#b91c1c"}
_CELL = 13

WEEKDAYS = "['Mon','','Wed','','Fri','','Sun'][datum.value]"
"""Vega's expression for the names beside a calendar's rows, of the days from 0 for Monday on."""

Covered = Mapping[date, tuple[int, int]]
"""How many cells of a day are recorded, and how many are missing."""


def value_chart(points: Sequence[Point], title: str) -> dict[str, Any]:
    """Specify the chart of a history in Vega-Lite; `title` says what it is of, and that it is simulated where it is."""
    rows = _rows(points)
    shown = [float(row["value"]) for row in rows if row["value"] is not None]
    low, high = min([0.0, *shown]), max([0.0, *shown]) * 1.05
    data = alt.InlineData(values=rows)
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
    dashed = base.transform_filter("isValid(datum.dash)")
    own_colour = _COLOURS[ESTIMATED]
    scale = alt.Scale(domain=[low, high or 1.0], nice=True)  # a band may reach far beyond all values
    band = dashed.mark_area(opacity=BAND_OPACITY, color=own_colour, clip=True).encode(
        y=alt.Y("low:Q", scale=scale), y2="high:Q", detail="dash:N"
    )
    bridge = dashed.mark_line(strokeWidth=1.6, strokeDash=DASHES, color=own_colour).encode(y=money, detail="dash:N")
    estimated = (
        base.transform_filter(alt.datum.state == ESTIMATED)
        .mark_point(size=30, filled=False)
        .encode(y=money, color=colour)
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
    chart = alt.layer(band, line, bridge, estimated, partial, missed).properties(
        width=WIDTH, height=HEIGHT, title=title
    )
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
    """Give one row a point, with its stretch of known totals and, beside an estimate, its dashed line."""
    states = [_state_of(point) for point in points]
    dashes = dashed_runs([state == KNOWN for state in states], [state == ESTIMATED for state in states])
    rows, stretch = [], 0
    for place, (point, state) in enumerate(zip(points, states, strict=True)):
        stretch += state == KNOWN and (place == 0 or states[place - 1] != KNOWN)
        shown = {KNOWN: point.value_usd, ESTIMATED: point.estimated_value_usd}.get(state, point.known_value_usd)
        value = None if shown is None else float(shown)
        row = {"as_of": point.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"), "value": value, "state": state, "stretch": stretch}
        if dashes[place] is not None and value is not None:
            off = float(point.uncertainty_usd) if state == ESTIMATED and point.uncertainty_usd is not None else 0.0
            row |= {"dash": dashes[place], "low": value - off, "high": value + off}
        rows.append(row)
    return rows


def _state_of(point: Point) -> str:
    if point.value_usd is not None:
        return KNOWN
    if point.estimated_value_usd is not None:
        return ESTIMATED
    return MISSED if point.known_value_usd is None else PARTIAL


def dashed_runs(is_known: Sequence[bool], is_estimated: Sequence[bool]) -> list[int | None]:
    """Number the dashed lines that lead over estimates, from the known point before one to the known point behind it.

    Gives for each point the line that it belongs to, None for one that borders on no estimate.
    """
    runs: list[int | None] = []
    run = 0
    for place, (known, estimated) in enumerate(zip(is_known, is_estimated, strict=True)):
        before = place > 0 and is_estimated[place - 1]
        behind = place + 1 < len(is_estimated) and is_estimated[place + 1]
        run += not estimated and not before
        runs.append(run if estimated or (known and (before or behind)) else None)
    return runs
