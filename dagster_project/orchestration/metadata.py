"""What Dagster's UI shows of a run: pictures of value and coverage, tables, counts that it draws over time.

The figures are asked of the published file; how they are drawn is faces/. Which columns an asset has is specs.py.
"""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg

from dagster_project.faces import picture, text
from dagster_project.faces.report import covered
from dagster_project.model import TRUSTED, Outcome, utc
from dagster_project.settings.load import Settings
from dagster_project.snapshot.taken import Taken
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.left_out import left_out

Metadata = dict[str, dg.MetadataValue]

MOST_ROWS = 25
"""Of a table in the UI; the answers have all."""

COVERAGE = ("label", "chain_id", "layer", "status", "reason", "provider", "value_usd", "unpriced_count")
ACCOUNTS = ("name", "value_usd", "known_value_usd", "missing_cells", "unpriced_count")
SPREAD = ("name", "value_usd", "share", "debt_usd", "unpriced_count", "reason")
REPORT = (
    "period_as_of", "opening_as_of", "closing_as_of", "opening_usd", "net_flow_usd", "income_usd", "fee_usd",
    "price_effect_usd", "closing_usd", "reason",
)  # fmt: skip
PULLS = ("endpoint", "outcome", "reason", "pulls")
PULLS_OF = (
    "select endpoint, outcome, reason, count(*) as pulls from pull where provider = $name and as_of = $at group by all"
)


TOTALS = "from value_chart(since := $since, until := $until) where reason is distinct from 'missed_tick'"


def of_provider(taken: Taken, provider: str) -> Metadata:
    """Say how a provider's pulls of an instant stand, and how many rows it gave: Dagster draws both over time."""
    counts = taken.counts_of(provider)
    good = sum(counts[outcome] for outcome in TRUSTED)
    rows = sum(one.balance.num_rows for one in taken.slices if one.attempt.plan.provider == provider)
    return {
        "dagster/row_count": dg.MetadataValue.int(rows),
        "pulls": dg.MetadataValue.int(counts.total()),
        "answered": dg.MetadataValue.int(good),
        **{str(outcome): dg.MetadataValue.int(counts[outcome]) for outcome in Outcome if counts[outcome]},
    }


def of_instant(taken: Taken) -> Metadata:
    """Say what an instant added to the store."""
    rows = sum(one.balance.num_rows for one in taken.slices)
    return {
        "dagster/row_count": dg.MetadataValue.int(rows),
        "complete": dg.MetadataValue.bool(taken.is_complete),
        "pulls_now": dg.MetadataValue.int(taken.asked),
    }


def of_total(point: Mapping[str, object]) -> Metadata:
    """Give the total of an instant, and where it is unknown what is missing and why."""
    cells, withheld = (_listed(point[name]) for name in ("missing", "withheld_cells"))
    named = {"missing": cells, "withheld": withheld}
    words = {"reason": text.cell(point["reason"])} | {name: "\n".join(one[:MOST_ROWS]) for name, one in named.items()}
    about = {name: dg.MetadataValue.text(told) for name, told in words.items() if told and point["value_usd"] is None}
    return {**_values(point), **about, "missing_cells": dg.MetadataValue.int(len(cells))}


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def of_history(settings: Settings, as_of: datetime | None = None) -> Metadata:
    """Say how the history stands at `as_of`, by default its last: value, pictures of value and coverage, and tables."""
    with reading(settings.paths.published) as connection:
        asked = Asking(connection)
        chart = asked.answer("value_chart")
        days = covered.by_day(covered.days(asked))
        last = chart.dicts()[-1:]
        at = utc(as_of) if as_of else next((point["as_of"] for point in last), None)
        coverage = asked.answer("coverage", since=at, until=at).dicts()
        accounts = [row for row in asked.answer("current_value").dicts() if row["per"] == "account"]
        spread = asked.answer("allocation").dicts()
        months = asked.answer("overview_report").dicts()
        without = left_out(asked)
    here = [row for row in chart.dicts() if row["as_of"] == at]
    points = picture.value_chart(
        text.points_of(chart), _titled(settings, ", ".join(["Value of the portfolio", *without]))
    )
    calendar = picture.coverage(days, _titled(settings, ", ".join(["Coverage", *without])))
    return {
        **(_values(here[0]) if here else {}),
        "coverage": dg.MetadataValue.md(_markdown(COVERAGE, [[row[name] for name in COVERAGE] for row in coverage])),
        "value_chart": _image("value over time", points) if chart.rows else dg.MetadataValue.text("-"),
        "coverage_calendar": _image("coverage by day", calendar) if days else dg.MetadataValue.text("-"),
        "accounts": _table(ACCOUNTS, accounts),
        "allocation": _table(SPREAD, spread),
        "months": _table(REPORT, reversed(months)),
        "dagster/uri": dg.MetadataValue.path(str(settings.paths.published)),
    }


def totals(settings: Settings, since: datetime, until: datetime) -> Mapping[datetime, Mapping[str, object]]:
    """Give the total of each published instant of a span, inclusive, with what is missing where it is unknown."""
    if not settings.paths.published.exists():
        return {}
    with reading(settings.paths.published) as connection:
        points = Asking(connection).query(TOTALS, {"since": utc(since), "until": utc(until)}).dicts()
    return {at.replace(tzinfo=UTC): point for point in points if isinstance(at := point["as_of"], datetime)}


def of_report(report: Path) -> Metadata:
    """Say where the page is and how large."""
    return {
        "path": dg.MetadataValue.path(str(report)),
        "open": dg.MetadataValue.url(report.resolve().as_uri()),
        "bytes": dg.MetadataValue.int(report.stat().st_size),
    }


def of_provider_history(settings: Settings, taken: Taken, provider: str) -> Metadata:
    """Say what a provider answered at an instant, by endpoint and reason, and draw what it says on its own over time.

    One that was asked about no cell, as a publisher of rates, says nothing of a value and has no picture.
    """
    with reading(settings.paths.published) as connection:
        asked = Asking(connection)
        pulls = asked.query(PULLS_OF, {"name": provider, "at": taken.plan.as_of}).dicts()
        chart = asked.answer("provider_chart", provider=provider) if taken.outcomes[provider] else None
    shown: dict[str, dg.MetadataValue] = {"pulls_by_endpoint": _table(PULLS, pulls)}
    if chart is not None and chart.rows:
        points = picture.value_chart(text.points_of(chart), _titled(settings, f"Value by {provider} alone"))
        shown["value_chart"] = _image("value by this provider alone", points)
    return shown


def _titled(settings: Settings, title: str) -> str:
    return f"{title} (simulated)" if settings.is_simulated else title


def _values(point: Mapping[str, object]) -> dict[str, dg.MetadataValue]:
    """Give the value as words that are exact to the cent, and where it is known as a number, to draw."""
    words: dict[str, dg.MetadataValue] = {
        name: dg.MetadataValue.text(text.cell(point[name])) for name in ("value_usd", "known_value_usd")
    }
    value = point["value_usd"]
    return {**words, "value": dg.MetadataValue.float(float(value))} if isinstance(value, Decimal) else words


def _table(names: Sequence[str], rows: Iterable[Mapping[str, object]]) -> dg.MetadataValue:
    """Give rows as a table of Dagster's, in words: money to the cent, a dash where nothing is known."""
    records = [dg.TableRecord({name: text.cell(row[name]) for name in names}) for row in rows][:MOST_ROWS]
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in names])
    return dg.MetadataValue.table(records, schema)


def _markdown(names: tuple[str, ...], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_plain(text.cell(value)) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _plain(words: str) -> str:
    """Keep Markdown and HTML from reading anything into words: a name is no link, no picture and no tag."""
    return _MARKS.sub(r"\\\g<0>", words).replace("&", "&amp;").replace("<", "&lt;")


_MARKS = re.compile(r"[\\`*_\[\]|~!]")


def _image(words: str, specification: dict[str, object]) -> dg.MetadataValue:
    png = base64.b64encode(picture.as_png(specification)).decode()
    return dg.MetadataValue.md(f"![{words}](data:image/png;base64,{png})")
