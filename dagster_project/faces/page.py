"""The report: one self-contained page of a history, written after each run. No script, nothing fetched.

Every text from outside is escaped by the template; the picture is picture.py, the figures are answers.
"""

import os
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dagster_project.errors import DiskError
from dagster_project.faces import picture, text
from dagster_project.warehouse.ask import answer

MOST_GAPS = 50


def write_report(published: Path, report: Path, *, is_simulated: bool) -> None:
    """Write the report of the published history to `report`, whole or not at all.

    Raises:
        UsageError: nothing is published yet.
        DiskError: the disk refused; the report before is untouched.
    """
    chart = answer(published, "value_chart")
    points = chart.dicts()
    if not points:
        return
    title = "Portfolio (simulated)" if is_simulated else "Portfolio"
    gaps = [point for point in points if point["value_usd"] is None]
    environment = Environment(
        loader=PackageLoader("dagster_project.faces"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["shown"] = text.cell
    environment.filters["missing"] = text.missing
    page = environment.get_template("report.html").render(
        title=title,
        is_simulated=is_simulated,
        first=points[0],
        last=points[-1],
        current=answer(published, "current_value").dicts(),
        gaps=gaps[-MOST_GAPS:],
        chart=picture.as_svg(picture.value_chart(text.points_of(chart), title)),
    )
    temporary = report.with_name(f".{report.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(report)
    except OSError as error:
        raise DiskError(f"{report}: cannot be written ({error.strerror}); free space, then run again") from error
    finally:
        temporary.unlink(missing_ok=True)
