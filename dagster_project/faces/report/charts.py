"""The page's charts as Vega-Lite specifications, drawn by Altair; the page's script puts the chosen rows into them.

Colours are the names of the page's own, so that dark, light and print are one picture. Rows are named `rows`.
"""

from typing import Any

import altair as alt

from dagster_project.faces.picture import BAND_OPACITY, DASHES, ESTIMATED, KNOWN, MISSED, PARTIAL, WEEKDAYS

Spec = dict[str, Any]
AnyChart = Any  # what Altair's layer and mark methods return differs from what they say they do

ROWS = alt.NamedData("rows")
STATES = {KNOWN: "var(--p0)", ESTIMATED: "var(--p7)", PARTIAL: "var(--p1)", MISSED: "var(--bad)"}
EFFECTS = {"gain": "var(--good)", "loss": "var(--bad)", "end": "var(--ink)"}
COVERED = {"complete": "var(--good)", "partly missing": "var(--p4)", "all missing": "var(--bad)"}
AGREED = {"1 % apart at most": "var(--good)", "10 % apart at most": "var(--p4)", "further apart": "var(--bad)"}
ORDER = ["opening", "price", "income", "fees", "flow", "scope", "revaluation", "closing"]
TITLES = {"at": "UTC", "value": "US dollars", "fall": "below the highest"}
HEIGHT = 260
BESIDE: dict[str, Spec] = {
    name: {"padding": {"left": 0, "top": 4, "bottom": 0, "right": 90}} for name in ("change", "spread")
}
"""Room for the numbers that stand behind the bars."""

PAIRS = alt.Axis(
    labelExpr="split(datum.label, ' ~ ')",
    labelAngle=0,
    labelLimit=120,
    labelPadding=18,
    orient="top",
    ticks=False,
    domain=False,
)
"""The two providers of a pair, one under the other."""

CONFIG: Spec = {
    "background": "transparent",
    "font": "system-ui, 'DejaVu Sans', Arial, sans-serif",
    "view": {"stroke": None},
    "aria": False,
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 11,
        "labelLimit": 150,
    },
    "legend": {
        "labelColor": "var(--ink)",
        "labelFontSize": 12,
        "labelLimit": 160,
        "orient": "bottom",
        "title": None,
        "symbolOpacity": 1,
    },
    "text": {"fill": "var(--ink)"},
    "rule": {"stroke": "var(--soft)"},
}


def specs() -> dict[str, Spec]:
    """Give every chart of the page by the id of its place."""
    charts = {
        "value": value(),
        "parts": parts(),
        "change": change(),
        "drawdown": drawdown(),
        "spread": spread(),
        "calendar": calendar(),
        "agreement": agreement(),
        "providers": providers(),
    }
    own = {"config": CONFIG, "autosize": {"type": "fit-x", "contains": "padding"}}
    return {
        name: chart.properties(width="container").to_dict(validate=False) | own | BESIDE.get(name, {})
        for name, chart in charts.items()
    }


def value() -> AnyChart:
    """Value over time: a line where known, dashed where estimated, points where a part is known, else ticks."""
    base = alt.Chart(ROWS).encode(x=_time())
    colour = _colours("state", STATES)
    money = _money("v:Q")
    line = base.transform_filter(alt.datum.state == KNOWN).mark_line(strokeWidth=1.8)
    alone = base.transform_filter(alt.datum.alone).mark_point(size=22, filled=True)
    partial = base.transform_filter(alt.datum.state == PARTIAL).mark_point(size=55, filled=False, strokeWidth=1.8)
    missed = base.transform_filter(alt.datum.state == MISSED).mark_tick(thickness=2, size=14)
    dashed = base.transform_filter("isValid(datum.dash)")
    band = dashed.mark_area(opacity=BAND_OPACITY, color=STATES[ESTIMATED], clip=True)
    bridge = dashed.mark_line(strokeWidth=1.6, strokeDash=DASHES, color=STATES[ESTIMATED])
    estimated = base.transform_filter(alt.datum.state == ESTIMATED).mark_point(size=30, filled=False)
    return alt.layer(
        band.encode(y=_money("low:Q"), y2="high:Q", detail="dash:N"),
        line.encode(y=money, detail="stretch:N", color=colour),
        bridge.encode(y=money, detail="dash:N"),
        estimated.encode(y=money, color=colour),
        alone.encode(y=money, color=colour),
        partial.encode(y=money, color=colour),
        missed.encode(y=alt.value(HEIGHT - 7), color=colour),
        _pointer(base, ["at", "value", "state", "why"]),
    ).properties(height=HEIGHT)


def parts() -> AnyChart:
    """Value over time, stacked by what it is made of: each snapshot stands until the next, and a gap stays empty."""
    stacked = alt.Chart(ROWS).transform_aggregate(v="sum(v)", groupby=["t", "end", "at", "name", "place"])
    # Not an area: Vega-Lite would put zeros where a stretch has no rows, and draw slopes that nobody knows of.
    return (
        stacked.transform_stack(
            stack="v", groupby=["t"], sort=[alt.SortField("place")], as_=["low", "high"], offset="zero"
        )
        .mark_rect()
        .encode(
            x=_time(),
            x2="end:T",
            y=alt.Y("low:Q", title="US dollars", axis=alt.Axis(format="~s")),
            y2="high:Q",
            color=alt.Color("name:N", sort=None),
            tooltip=[
                alt.Tooltip("name:N", title="part"),
                alt.Tooltip("at:N", title="UTC"),
                alt.Tooltip("v:Q", title="US dollars", format=",.0f"),
            ],
        )
        .properties(height=HEIGHT + 40)
    )


def change() -> AnyChart:
    """Why the value changed: from the opening on, each effect begins where the one before ended."""
    base = alt.Chart(ROWS).encode(y=alt.Y("name:N", sort=ORDER, title=None, axis=alt.Axis(ticks=False, domain=False)))
    colour = alt.Color("kind:N", scale=_scale(EFFECTS), legend=None)
    scale = alt.Scale(zero=False, nice=True)
    begin = alt.X("from:Q", title="US dollars", scale=scale, axis=alt.Axis(format="~s"))
    bars = base.transform_filter(alt.datum.kind != "end").mark_bar(height=16)
    ends = base.transform_filter(alt.datum.kind == "end").mark_tick(thickness=4, size=24)
    tooltip = [alt.Tooltip("name:N", title="effect"), alt.Tooltip("amount:N", title="US dollars")]
    return alt.layer(
        bars.encode(x=begin, x2="to:Q", color=colour, tooltip=tooltip),
        ends.encode(x=begin, color=colour, tooltip=tooltip),
        base.mark_text(align="left", dx=8, fontSize=11).encode(x=alt.X("right:Q", scale=scale), text="amount:N"),
    )


def drawdown() -> AnyChart:
    """How far the index of returns lies below its highest; nothing is drawn across a gap."""
    base = alt.Chart(ROWS).encode(x=_time())
    fall = alt.Y("v:Q", title="below the highest", axis=alt.Axis(format="~%"), scale=alt.Scale(domainMax=0), stack=None)
    area = base.mark_area(color="var(--bad)", opacity=0.25, line={"color": "var(--bad)", "strokeWidth": 1.4})
    return alt.layer(area.encode(y=fall, detail="stretch:N"), _pointer(base, ["at", "fall"])).properties(height=170)


def spread() -> AnyChart:
    """How the value is spread: a bar each part, owed parts below zero."""
    base = alt.Chart(ROWS).encode(y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)))
    money = alt.X("k:Q", title="US dollars", axis=alt.Axis(format="~s"))
    tooltip = [
        alt.Tooltip("name:N", title="part"),
        alt.Tooltip("amount:N", title="US dollars"),
        alt.Tooltip("share:N", title="share"),
    ]
    bars = base.mark_bar(height=15, color="var(--p0)", cornerRadiusEnd=2).encode(x=money, tooltip=tooltip)
    words = base.mark_text(align="left", dx=5, fontSize=11).encode(x="right:Q", text="share:N")
    return alt.layer(bars, words)


def calendar() -> AnyChart:
    """Which day has every cell of record, one chart a year: weeks from left to right, Monday on top."""
    base = alt.Chart(ROWS).encode(
        x=alt.X("week:O", title=None, axis=None, scale=alt.Scale(domain=list(range(54)), paddingInner=0.12)),
        y=alt.Y(
            "weekday:O",
            title=None,
            axis=alt.Axis(labelExpr=WEEKDAYS, ticks=False, domain=False),
            scale=alt.Scale(domain=list(range(7)), paddingInner=0.12),
        ),
    )
    names = ["day:N", "state:N", "cells:N"]
    rects = base.mark_rect(cornerRadius=2).encode(color=_colours("state", COVERED), tooltip=names)
    months = base.transform_filter(alt.datum.month).mark_text(dy=-4, fontSize=10, align="left", baseline="bottom")
    return alt.layer(rects, months.encode(y=alt.value(0), text="month:N")).properties(height=112)


def agreement() -> AnyChart:
    """How far two providers agree about a cell: the value on which they agree as a share of the larger one."""
    base = alt.Chart(ROWS).encode(
        x=alt.X("pair:N", title=None, axis=PAIRS),
        y=alt.Y("cell:N", sort=None, title=None, axis=alt.Axis(labelLimit=230, ticks=False, domain=False)),
    )
    tooltip = [
        alt.Tooltip("cell:N"),
        alt.Tooltip("pair:N", title="providers"),
        alt.Tooltip("share:N", title="agree on"),
    ]
    rects = base.mark_rect(cornerRadius=2, opacity=0.45).encode(color=_colours("state", AGREED), tooltip=tooltip)
    return alt.layer(rects, base.mark_text(fontSize=11).encode(text="share:N"))


def providers() -> AnyChart:
    """What each provider says on its own, over time."""
    base = alt.Chart(ROWS).encode(x=_time())
    line = base.mark_line(strokeWidth=1.6).encode(
        y=_money("v:Q"), detail="stretch:N", color=alt.Color("name:N", sort=None)
    )
    over = base.mark_point(opacity=0, size=40).encode(
        y=_money("v:Q"),
        tooltip=[alt.Tooltip("name:N", title="provider"), alt.Tooltip("at:N", title="UTC"), "value:N", "cells:N"],
    )
    return alt.layer(line, over).properties(height=200)


def _time() -> alt.X:
    return alt.X(
        "t:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(labelOverlap=True, tickCount=8, grid=False)
    )


def _money(field: str) -> alt.Y:
    return alt.Y(field, title="US dollars", axis=alt.Axis(format="~s"), scale=alt.Scale(zero=True))


def _scale(colours: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def _colours(field: str, colours: dict[str, str]) -> alt.Color:
    return alt.Color(f"{field}:N", scale=_scale(colours))


def _pointer(base: alt.Chart, names: list[str]) -> AnyChart:
    """Follow the pointer with a band over the nearest instant, which says what is known there.

    Bands of the script's own and not Vega-Lite's `nearest`: its cells say "undefined" in place of every field.
    """
    under = alt.selection_point(on="pointerover", clear="pointerout", empty=False, fields=["t"])
    return (
        base.mark_rect(color="var(--ink)")
        .encode(
            x=alt.X("left:T", title=None),
            x2="right:T",
            opacity=alt.when(under).then(alt.value(0.18)).otherwise(alt.value(0)),
            tooltip=[alt.Tooltip(f"{name}:N", title=TITLES.get(name, name)) for name in names],
        )
        .add_params(under)
    )
