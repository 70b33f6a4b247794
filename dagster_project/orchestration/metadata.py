"""What Dagster's UI shows of a run: coverage as a table, the value chart as a picture, columns with their sentences.

The figures are asked of the published file; how they are drawn is faces/.
"""

import base64
import re
from collections.abc import Mapping
from datetime import datetime

import dagster as dg

from dagster_project.columns import Table
from dagster_project.faces import picture, text
from dagster_project.model import TRUSTED, Outcome, format_as_of
from dagster_project.settings.load import Settings
from dagster_project.snapshot.history import Taken
from dagster_project.warehouse.ask import answer

Metadata = Mapping[str, dg.MetadataValue]


def of_provider(taken: Taken, provider: str) -> Metadata:
    """Say how a provider's pulls of an instant stand."""
    counts = taken.counts_of(provider)
    good = sum(counts[outcome] for outcome in TRUSTED)
    return {
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


def of_history(settings: Settings, as_of: datetime) -> Metadata:
    """Say how the history stands at `as_of`: value, coverage as a table, the value chart as a picture."""
    published = settings.paths.published
    chart = answer(published, "value_chart")
    at = answer(published, "value_chart", since=format_as_of(as_of), until=format_as_of(as_of)).dicts()
    coverage = answer(published, "coverage", since=format_as_of(as_of), until=format_as_of(as_of))
    shown = ("label", "chain_id", "layer", "status", "reason", "provider", "value_usd", "unpriced_count")
    rows = [[row[name] for name in shown] for row in coverage.dicts()]
    values = (
        {name: dg.MetadataValue.text(text.cell(at[0][name])) for name in ("value_usd", "known_value_usd")} if at else {}
    )
    return {
        **values,
        "coverage": dg.MetadataValue.md(_markdown(shown, rows)),
        "value_chart": dg.MetadataValue.md(_image(chart_png(settings))) if chart.rows else dg.MetadataValue.text("-"),
        "dagster/uri": dg.MetadataValue.path(str(published)),
    }


def chart_png(settings: Settings) -> bytes:
    """Draw the value chart of the published history."""
    title = "Value of the portfolio (simulated)" if settings.is_simulated else "Value of the portfolio"
    points = text.points_of(answer(settings.paths.published, "value_chart"))
    return picture.as_png(picture.value_chart(points, title))


def columns_of(table: Table) -> dg.MetadataValue:
    """Give the columns of a table with types and sentences, for the asset's page."""
    return dg.MetadataValue.table_schema(
        dg.TableSchema([
            dg.TableColumn(field.name, str(field.type), field.metadata[b"comment"].decode()) for field in table.schema
        ])
    )  # fmt: skip


def _markdown(names: tuple[str, ...], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_plain(text.cell(value)) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _plain(words: str) -> str:
    """Keep Markdown and HTML from reading anything into words: a name is no link, no picture and no tag."""
    return _MARKS.sub(r"\\\g<0>", words).replace("&", "&amp;").replace("<", "&lt;")


_MARKS = re.compile(r"[\\`*_\[\]|~!]")


def _image(png: bytes) -> str:
    return f"![value over time](data:image/png;base64,{base64.b64encode(png).decode()})"
