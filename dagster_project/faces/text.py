"""Rows as people and programs read them in a terminal: aligned tables, CSV, JSON, a small chart.

Exact in CSV and JSON (written.py); a table for people rounds money to cents. What rows say is asked of warehouse/ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dagster_project import written
from dagster_project.warehouse.ask import Rows
from dagster_project.warehouse.sqlfiles import SqlFile

CHART_WIDTH = 84
CHART_HEIGHT = 12


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the value chart: values in US dollars, None where not known.

    Where the value is not known there may be an estimate, off by `uncertainty_usd` in either direction.
    """

    as_of: datetime
    value_usd: Decimal | None
    known_value_usd: Decimal | None
    estimated_value_usd: Decimal | None = None
    uncertainty_usd: Decimal | None = None


POINT = ("as_of", "value_usd", "known_value_usd", "estimated_value_usd", "uncertainty_usd")
"""The columns of value_chart that make a point."""


def points_of(value_chart: Rows) -> list[Point]:
    """Take the points out of what value_chart gave, or another chart that need not have estimates."""
    where = [value_chart.names.index(name) for name in POINT if name in value_chart.names]
    return [Point(*(row[index] for index in where)) for row in value_chart.rows]  # type: ignore[arg-type] # by the answer's header


def table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Align rows under their names; money in cents, instants in UTC, nothing shortened."""
    from tabulate import tabulate  # noqa: PLC0415 - only tables pay for it

    shown = [[cell(value) for value in row] for row in rows]
    right = [any(isinstance(value, int | float | Decimal) for value in column) for column in zip(*rows, strict=True)]
    aligned = ["right" if is_number else "left" for is_number in right] or None
    return tabulate(shown, headers=list(names), tablefmt="simple", disable_numparse=True, colalign=aligned)


def cell(value: object) -> str:
    """Write one value for people; text from outside cannot command the terminal."""
    match value:
        case None:
            shown = "-"
        case bool():
            shown = "yes" if value else "no"
        case Decimal():
            shown = f"{value:,.2f}"
        case float():
            shown = f"{value:,.10g}"
        case datetime():
            shown = value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
        case list():
            shown = "; ".join(cell(one) for one in value) or "-"
        case dict():
            shown = ", ".join(f"{harmless(str(name))} {cell(one)}" for name, one in value.items())
        case _:
            shown = harmless(str(value))
    return shown


def harmless(text: str) -> str:
    """Spell out control characters, line breaks and marks that turn the direction of writing."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def as_csv(rows: Rows) -> str:
    """Write rows as CSV, exactly; how is written.py."""
    return written.as_csv(rows.names, rows.rows)


def as_json(rows: Rows) -> str:
    """Write rows as a JSON array of objects, exactly; how is written.py."""
    return written.as_json(rows.names, rows.rows)


def chart(points: Sequence[Point], width: int = CHART_WIDTH) -> str:
    """Draw value over time: a line where it is known, ~ where it is estimated, x where only a part is known.

    Where nothing is known there is a gap.
    """
    import plotille  # noqa: PLC0415 - only charts pay for it

    drawn = [value for point in points for value in (point.known_value_usd, point.estimated_value_usd)]
    known = [float(value) for value in drawn if value is not None]
    if not known:
        return "(no value is known yet)"
    figure = plotille.Figure()
    figure.width, figure.height, figure.with_colors = width, CHART_HEIGHT, False
    figure.x_label, figure.y_label = "UTC", "USD"
    figure.set_y_limits(min_=0, max_=max(known) * 1.05 or 1.0)
    figure.set_x_limits(min_=points[0].as_of, max_=max(points[-1].as_of, points[0].as_of + timedelta(hours=1)))
    figure.y_ticks_fkt = lambda low, _: f"{low:,.0f}"
    figure.x_ticks_fkt = lambda low, _: f"{low:%Y-%m}"
    for line in _unbroken(points):
        draw = figure.plot if len(line) > 1 else figure.scatter
        draw([at for at, _ in line], [value for _, value in line])
    unknown = [point for point in points if point.value_usd is None]
    estimated = [(one.as_of, float(one.estimated_value_usd)) for one in unknown if one.estimated_value_usd is not None]
    parts = [
        (one.as_of, float(one.known_value_usd))
        for one in unknown
        if one.estimated_value_usd is None and one.known_value_usd is not None
    ]
    for marker, marked in (("~", estimated), ("x", parts)):
        if marked:
            figure.scatter([at for at, _ in marked], [value for _, value in marked], marker=marker)
    return str(figure.show())


def worth(point: Mapping[str, object]) -> str:
    """Say what a row of value_chart or current_value is worth: the value, else the estimate with its band.

    Where not even an estimate is known, that is what is said.
    """
    if point["value_usd"] is not None:
        return f"{cell(point['value_usd'])} USD"
    if point.get("estimated_value_usd") is not None:
        band = cell(point["uncertainty_usd"])
        return f"about {cell(point['estimated_value_usd'])} USD, give or take {band} (estimate)"
    return "not known"


def _unbroken(points: Sequence[Point]) -> Iterable[list[tuple[datetime, float]]]:
    """Give the stretches of known totals; nothing is drawn across a gap."""
    stretch: list[tuple[datetime, float]] = []
    for point in points:
        if point.value_usd is not None:
            stretch.append((point.as_of, float(point.value_usd)))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


_WITHHELD = {
    "price_unconfirmed": "a price leapt and is not confirmed yet",
    "receipt_uncovered": "a token stands for a position that nobody read, and has no price",
    "unpriced": "a holding that matters has had no price for too long",
    "nothing_priced": "no holding has a known price",
}


def why_unknown(point: Mapping[str, Any]) -> str:
    """Say in a few words why a row of value_chart or current_value has no value, for a figure's note."""
    if point["missing_cells"]:
        return f"{point['missing_cells']} of {point['cells']} cells are missing"
    return _WITHHELD.get(str(point["reason"]), str(point["reason"]))


def what_is_unknown(point: Mapping[str, Any]) -> str:
    """Name in short the cells that keep the value of such a row from being known; without any, say why it is not."""
    return missing([*point["missing"], *point.get("withheld_cells", ())]) or why_unknown(point)


def missing(named: object) -> str:
    """Say in short which cells are missing, of `account / chain / layer: reason` each: by account and reason.

    One cell of an account is named whole, several are counted; `coverage()` lists them all.
    """
    by_account: dict[tuple[str, str], list[str]] = {}
    for one in named if isinstance(named, list) else ():
        where, _, reason = cell(one).partition(": ")
        account, _, rest = where.partition(" / ")
        by_account.setdefault((account, reason), []).append(rest)
    parts = [
        f"{account} / {cells[0]}: {reason}" if len(cells) == 1 else f"{account}, {len(cells)} cells: {reason}"
        for (account, reason), cells in by_account.items()
    ]
    return "; ".join(parts)


def contracts(answers: Iterable[SqlFile]) -> str:
    """Write what each answer answers, its parameters, and its columns with types and units."""
    parts = []
    for answer in answers:
        lines = [f"{answer.name}: {answer.sentence}"]
        lines += [f"    {name} := {words}" for name, words in answer.parameters.items()]
        lines += [f"    -> {name} {kind}: {words}" for name, (kind, words) in answer.columns.items()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
