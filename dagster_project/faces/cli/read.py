"""Verbs that only read the published file: status, ask, check. They import neither Dagster nor pandas.

What the answers say is sql/answers; how rows are written is faces/text.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from dagster_project import outside
from dagster_project.errors import UsageError
from dagster_project.faces import sketch, text
from dagster_project.faces.cli.advice import advice, failed_lines
from dagster_project.settings.paths import locate
from dagster_project.warehouse import ask as warehouse
from dagster_project.warehouse.ask import Asking, Rows
from dagster_project.warehouse.claims import check_claims
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.left_out import left_out

FORMATS = ("table", "csv", "json", "parquet")


CHART = "Draw a small chart, or none; without either where a terminal shows it."
ACCOUNTS = ("name", "value_usd", "estimated_value_usd", "known_value_usd", "missing_cells", "unpriced_count")
CHANGE = ("price_effect_usd", "accrual_usd", "flow_usd", "scope_usd", "revaluation_usd", "change_usd")
SPAN = timedelta(days=30)


@click.command()
@click.option("--chart/--no-chart", "is_drawn", default=None, help=CHART)
def status(*, is_drawn: bool | None) -> None:
    """Say how the history stands: value now and by account, what changed, coverage, gaps, files."""
    mode, paths = locate()
    with reading(paths.published) as connection:
        asked = Asking(connection)
        chart = asked.answer("value_chart")
        click.echo(f"{paths.published}{' (SIMULATED history)' if mode == 'simulated' else ''}")
        for line in left_out(asked):
            click.echo(f"left out   {text.harmless(line)}")
        if not chart.rows:
            _say_nothing_is_recorded(asked)
            return
        points = chart.dicts()
        _stand(points, outside.title(asked, points[-1]["as_of"]))
        for line in [*outside.sentences(asked, points[-1]["as_of"]), *outside.removed(asked)]:
            click.echo(text.harmless(line))
        if sketch.is_wanted(asked=is_drawn):
            click.echo(f"\n{text.chart(text.points_of(chart), sketch.width())}")
        _tell_accounts_and_change(asked, points[-1]["as_of"])
        failed = failed_lines(asked)
    for point in [point for point in points if point["value_usd"] is None][-5:]:
        click.echo(f"{text.cell(point['as_of'])} UTC  {point['reason']}: {text.what_is_unknown(point)}")
    for line in failed:
        click.echo(line)
    for line in advice(paths.published):
        click.echo(line)


def _say_nothing_is_recorded(asked: Asking) -> None:
    """Say that no instant has a value, and why the last one that was asked has none."""
    ((last,),) = asked.query("select max(as_of) from snapshot").rows
    if last is None:
        click.echo("no snapshot is recorded yet; take one with `portfolio snapshot`")
        return
    click.echo(f"nothing is recorded yet, the last snapshot is of {text.cell(last)} UTC, because")
    for line in failed_lines(asked):
        click.echo(f"  {line}")
    click.echo("then run `portfolio snapshot` again; `portfolio doctor` looks at every provider and node first")


def _stand(points: Sequence[Mapping[str, object]], what: str) -> None:
    last, complete = points[-1], [point for point in points if point["value_usd"] is not None]
    click.echo(f"instants   {len(points)} from {text.cell(points[0]['as_of'])} to {text.cell(last['as_of'])} UTC")
    click.echo(f"complete   {len(complete)}; without a total: {len(points) - len(complete)}")
    click.echo(f"value      {_value(last)}{f' ({what})' if what else ''}")
    if last["unpriced_count"] is not None:
        click.echo(f"unpriced   {last['unpriced_count']} holdings have no known price and are in no total")
    if last.get("suspect_usd"):  # a file that an earlier version published has neither
        gone = text.cell(last["suspect_usd"])
        click.echo(f"suspect    {gone} USD left without a counterpart; the next answer settles it")
    if last.get("stale_count"):
        held = f"{last['stale_count']} holdings worth {text.cell(last['stale_priced_usd'])} USD"
        click.echo(f"stale      {held} have their last believed price")


def _tell_accounts_and_change(asked: Asking, last: object) -> None:
    """Print what each account is worth, and what changed in the last 30 days as far as the history goes back."""
    current = asked.answer("current_value").dicts()
    accounts = [[row[name] for name in ACCOUNTS] for row in current if row["per"] == "account"]
    click.echo(f"\n{text.table(('account', *ACCOUNTS[1:]), accounts)}")
    since = last - SPAN if isinstance(last, datetime) else None
    (change,) = asked.answer("value_change", since=since).dicts()
    if change["reason"] is None and change["since_effective"] != change["until_effective"]:
        click.echo(f"\nsince {text.cell(change['since_effective'])} UTC, US dollars")
        click.echo(text.table(CHANGE, [[change[name] for name in CHANGE]]))
    click.echo()


def _value(point: Mapping[str, object]) -> str:
    if point["value_usd"] is not None:
        return text.worth(point)
    known, complete = point["known_value_usd"], point["last_complete_as_of"]
    parts = [
        f"{text.worth(point)}: {text.why_unknown(point)}",
        "no part of it is known" if known is None else f"known {text.cell(known)} USD",
        "no instant is complete yet" if complete is None else f"last complete {text.cell(complete)}",
    ]
    return "; ".join(parts)


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
        click.echo(text.contracts(warehouse.contracts()))
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
    _write(_formatted(rows, form), output)
    if form == "table" and output is None and sketch.is_wanted(asked=is_drawn):
        drawn = sketch.sketch(rows)
        if drawn is None and is_drawn:
            raise UsageError("there is nothing to draw: a chart needs a value in US dollars, and instants or names")
        _write(f"\n{drawn}\n" if drawn else "", None)


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


def _formatted(rows: Rows, form: str) -> str:
    if form == "csv":
        return text.as_csv(rows)
    if form == "json":
        return text.as_json(rows)
    return text.table(rows.names, rows.rows) + "\n"


def _write(words: str, output: Path | None) -> None:
    """Write whole and exact to a file or a pipe; a terminal is never commanded by what came from outside."""
    if output is not None:
        output.write_text(words, encoding="utf-8")
    elif sys.stdout.isatty():
        click.echo("\n".join(text.harmless(line) for line in words.split("\n")), nl=False)
    else:
        sys.stdout.write(words)


def _write_parquet(published: Path, sql: str, named: dict[str, str], output: Path | None) -> None:
    """Write Parquet through Arrow: the read-only connection itself may touch no other file."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - only this format pays for it

    if output is None and sys.stdout.isatty():
        raise UsageError("Parquet is no text; add --output FILE.parquet")
    table = warehouse.arrow(published, sql, named)
    pq.write_table(table, output or sys.stdout.buffer)


@click.command()
def check() -> None:
    """Check every claim about the history; exit 1 and show the rows where one does not hold."""
    checked = check_claims(locate()[1].published)
    for one in checked:
        click.echo(f"{'ok    ' if one.holds else 'BROKEN'} {one.name}: {one.claim}")
        if not one.holds:
            click.echo(text.table(one.broken.names, one.broken.rows))
    if not all(one.holds for one in checked):
        sys.exit(1)
