"""The report: one self-contained page of a history, written after each run and served. It fetches and sends nothing.

What it shows is asked of answers by report/; here it is put together. Text from outside is escaped by the template,
or stands as JSON that ends no script; a Content-Security-Policy lets only the page's own scripts run.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dagster_project import outside
from dagster_project.disk import put
from dagster_project.errors import DiskError
from dagster_project.faces import text
from dagster_project.faces.report import changes, covered, series, standing
from dagster_project.faces.report.charts import specs
from dagster_project.faces.report.library import library
from dagster_project.faces.report.plain import minutes, script_json
from dagster_project.faces.report.scopes import Scope, scopes_of
from dagster_project.faces.report.spacing import spacing_of, words_of
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.left_out import left_out

Row = dict[str, object]


def write_report(published: Path, report: Path, *, is_simulated: bool) -> bool:
    """Write the report of the published history to `report`, whole or not at all; tell whether there is one.

    Raises:
        UsageError: nothing is published yet.
        DiskError: the disk refused; the report before is untouched.
    """
    with reading(published) as connection:
        page = page_of(Asking(connection), is_simulated=is_simulated)
    if page is None:
        return False
    try:
        put(report, page.encode())
    except OSError as error:
        raise DiskError(f"{report}: cannot be written ({error.strerror}); free space, then run again") from error
    return True


def page_of(asked: Asking, *, is_simulated: bool) -> str | None:
    """Make the page of the history that is asked through; None while no instant was asked yet."""
    points = asked.answer("value_chart").dicts()
    shown = _shown(asked, points) if points else _nothing(asked)
    if shown is None:
        return None
    titled = shown | {"title": "Portfolio (simulated)" if is_simulated else "Portfolio", "is_simulated": is_simulated}
    return _page(titled) if points else _page_of_nothing(titled)


def _nothing(asked: Asking) -> dict[str, Any] | None:
    """Ask why no instant has a value; None where no instant was asked yet."""
    ((count, last),) = asked.query("select count(*), max(as_of) from snapshot").rows
    failures = [row for row in asked.answer("failures").dicts() if row["cells"]]
    return {"instants": count, "last": last, "failures": failures} if count else None


def _shown(asked: Asking, points: list[Row]) -> dict[str, Any]:
    """Ask everything that the page shows; all of it is of one version of the history."""
    instants = [at for point in points if isinstance(at := point["as_of"], datetime)]
    scopes = scopes_of(asked)
    agreement = covered.agreement(asked, scopes[0].members)
    held, more_held = standing.holdings(asked, scopes[0].members)
    gaps, more_gaps = covered.gaps(asked)
    what = outside.title(asked, instants[-1])
    data = _data(asked, scopes, instants) | {"agreement": {"cells": agreement["cells"]}}
    return {
        "left_out": [text.harmless(line) for line in left_out(asked)],
        "first": points[0],
        "last": points[-1],
        "history_days": (instants[-1] - instants[0]).days,
        "years": sorted({day[:4] for day in data["calendar"]["days"]}, reverse=True),
        "scopes": scopes,
        "current": asked.answer("current_value").dicts(),
        "holdings": held,
        "more_holdings": more_held,
        "gaps": gaps,
        "more_gaps": more_gaps,
        "agreement": agreement,
        "outside": [text.harmless(one) for one in outside.sentences(asked, instants[-1])],
        "wallet_only": what,
        "why_unknown": None if points[-1]["value_usd"] is not None else text.why_unknown(points[-1]),
        "complete_words": f"every cell recorded, {what}" if what else "every cell recorded",
        "data": data,
    }


def _data(asked: Asking, scopes: Sequence[Scope], instants: Sequence[datetime]) -> dict[str, Any]:
    """Ask what the page's script draws from."""
    first, last, members = instants[0], instants[-1], scopes[0].members
    every = spacing_of(instants, len(scopes), series.MOST_POINTS)
    shown, figures = [], []
    for scope in scopes:
        points = asked.answer("value_chart", **scope.parameters).dicts()
        shown.append(series.value(asked, scope, every, points))
        figures.append(standing.figures(asked, scope, points))
    return {
        "last": minutes(last),
        "scopes": [_scope(scope, members) for scope in scopes],
        "series": shown,
        "series_words": words_of(every),
        "figures": figures,
        "parts": series.parts(asked, members, instants),
        "changes": changes.changes(asked, scopes, first, last),
        "spreads": standing.spreads(asked, scopes, last),
        "calendar": covered.calendar(asked, scopes),
        "providers": series.providers(asked, set(shown[0]["t"])),
    }


def _scope(scope: Scope, members: Sequence[str]) -> dict[str, Any]:
    return {"name": text.harmless(scope.name), "members": [members.index(one) for one in scope.members]}


def _page_of_nothing(shown: dict[str, Any]) -> str:
    """Put the page together of a history that has no value yet; it needs no script."""
    style = resources.files("dagster_project.faces").joinpath("templates", "report.css").read_text(encoding="utf-8")
    policy = f"default-src 'none'; style-src {_checksum(style)}; base-uri 'none'; form-action 'none'"
    return _environment().get_template("nothing.html").render(**shown, policy=policy, style=style)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dagster_project.faces"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["shown"] = text.cell
    return environment


def _page(shown: dict[str, Any]) -> str:
    """Put the page together; its policy names its scripts and its style by their checksums, and allows nothing else."""
    templates = resources.files("dagster_project.faces") / "templates"
    style, script = (templates.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    vega = library()
    policy = (
        f"default-src 'none'; script-src {_checksum(vega)} {_checksum(script)}; style-src {_checksum(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template("report.html")
        .render(
            **shown,
            policy=policy,
            style=style,
            script=script,
            library=vega,
            plain=script_json(shown["data"]),
            specs=script_json(specs()),
        )
    )


def _checksum(inline: str) -> str:
    """Name an inline script or style as a Content-Security-Policy does."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
