"""Verbs that ask the published file: ask, check. They import neither Dagster nor pandas.

What the answers say is sql/answers; how rows are written is faces/text. The verb status is status.py.
"""

import sys
from pathlib import Path

import click

from dagster_project import written
from dagster_project.errors import PortfolioError, UsageError
from dagster_project.faces import sketch, text
from dagster_project.faces.cli.form import with_format, write, write_json
from dagster_project.faces.cli.status import CHART, report_lost
from dagster_project.settings.paths import locate
from dagster_project.warehouse import ask as warehouse
from dagster_project.warehouse.ask import Rows
from dagster_project.warehouse.claims import check_claims

FORMATS = ("table", "csv", "json", "parquet")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("question", required=False)
@click.argument("parameters", nargs=-1)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--list", "is_list", is_flag=True, help="Print every answer with its question, parameters and columns.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of the terminal.")
@click.option("--chart/--no-chart", "is_drawn", default=None, help=CHART)
def ask(
    *,
    question: str | None,
    parameters: tuple[str, ...],
    form: str,
    output: Path | None,
    is_list: bool,
    is_drawn: bool | None,
) -> None:
    """Ask an answer by name with its parameters as --name value or name=value, or any SQL that reads.

    Examples: ask value_chart --every month; ask current_value as_of=2026-03-14; ask "from coverage() limit 5".
    """
    if is_list or question is None:
        write(_listed(form), output)
        return
    if question.startswith("-"):
        raise UsageError(f"name the answer first, then its parameters; {question!r} stands in its place")
    published = locate()[1].published
    named = _named(parameters)
    sql = warehouse.call_of(question, named) if question.isidentifier() else question
    if is_drawn and (form != "table" or output is not None):
        raise UsageError("a chart stands under a table on the terminal; leave --chart out, or --format and --output")
    if form == "parquet":
        _write_parquet(published, sql, named, output)
        return
    rows = warehouse.query(published, sql, named)
    write(_formatted(rows, form), output)
    if form == "table" and output is None and sketch.is_wanted(asked=is_drawn):
        drawn = sketch.sketch(rows)
        if drawn is None and is_drawn:
            raise UsageError("there is nothing to draw: a chart needs a value in US dollars, and instants or names")
        write(f"\n{drawn}\n" if drawn else "", None)


def _named(parameters: tuple[str, ...]) -> dict[str, str]:
    """Read `--account-group team`, `--account-group=team` and `account_group=team` alike."""
    named: dict[str, str] = {}
    upcoming = iter(parameters)
    for parameter in upcoming:
        spelled, equals, value = parameter.removeprefix("--").partition("=")
        is_option = parameter.startswith("--")
        name = spelled.replace("-", "_") if is_option else spelled
        if is_option and not equals:
            following = next(upcoming, None)
            if following is None:
                raise UsageError(f"{parameter} lacks its value; write {parameter} VALUE")
            value = following
        elif not equals or not name.isidentifier():
            raise UsageError(f"write parameters as --name value or name=value; {parameter!r} is neither")
        named[name] = value
    return named


def _listed(form: str) -> str:
    """Write what can be asked: every answer's question, parameters and columns."""
    if form == "table":
        return text.contracts(warehouse.contracts()) + "\n"
    if form != "json":
        raise UsageError(f"the list of answers has no form {form}; leave --format out, or write --format json")
    return written.value_as_json([
        {
            "name": one.name,
            "question": one.sentence,
            "parameters": [{"name": name, "meaning": words} for name, words in one.parameters.items()],
            "columns": [
                {"name": name, "type": kind, "meaning": words} for name, (kind, words) in one.columns.items()
            ],
        }
        for one in warehouse.contracts()
    ])  # fmt: skip


def _formatted(rows: Rows, form: str) -> str:
    if form == "csv":
        return text.as_csv(rows)
    if form == "json":
        return text.as_json(rows)
    return text.table(rows.names, rows.rows) + "\n"


def _write_parquet(published: Path, sql: str, named: dict[str, str], output: Path | None) -> None:
    """Write Parquet through Arrow: the read-only connection itself may touch no other file."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - only this format pays for it

    if output is None and sys.stdout.isatty():
        raise UsageError("Parquet is no text; add --output FILE.parquet")
    table = warehouse.arrow(published, sql, named)
    pq.write_table(table, output or sys.stdout.buffer)


@click.command()
@with_format
def check(*, form: str) -> None:
    """Check every claim about the history; exit 1 and show the rows where one does not hold."""
    paths = locate()[1]
    is_lost = report_lost(paths, form) is not None
    checked = check_claims(paths.published)
    if form == "json":
        write_json([
            {"name": one.name, "claim": one.claim, "holds": one.holds, "broken": one.broken.dicts()}
            for one in checked
        ])  # fmt: skip
    else:
        for one in checked:
            click.echo(f"{'ok    ' if one.holds else 'BROKEN'} {one.name}: {one.claim}")
            if not one.holds:
                click.echo(text.table(one.broken.names, one.broken.rows))
    if is_lost or not all(one.holds for one in checked):
        sys.exit(PortfolioError.exit_code)
