"""The verb status: how the history stands, as lines for people or as one JSON object for programs.

Both show the same things, which are asked once. It imports neither Dagster nor pandas.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from dagster_project import outside
from dagster_project.errors import PortfolioError
from dagster_project.faces import sketch, text
from dagster_project.faces.cli.advice import advice_lines, failed_lines, failures_to_show, gaps_to_show
from dagster_project.faces.cli.form import with_format, write_json
from dagster_project.settings.paths import Paths, locate
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.left_out import left_out
from dagster_project.warehouse.lost import lost_words

CHART = "Draw a small chart, or none; without either where a terminal shows it."
ACCOUNTS = ("name", "value_usd", "estimated_value_usd", "known_value_usd", "missing_cells", "unpriced_count")
CHANGE = ("price_effect_usd", "income_usd", "fee_usd", "flow_usd", "scope_usd", "revaluation_usd", "change_usd")
SPAN = timedelta(days=30)
MOST_INCOMPLETE = 5
"""The newest instants without a value that are shown; `value_chart` lists them all."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that status shows; `points` are the rows of value_chart, none where nothing is recorded."""

    left_out: Sequence[str]
    points: Sequence[Row]
    last_snapshot_as_of: object
    title: str
    outside: Sequence[str]
    accounts: Sequence[Row]
    change: Row | None
    failures: Sequence[Row]
    gaps: Sequence[Row]

    @property
    def complete(self) -> int:
        """How many instants have a value."""
        return sum(point["value_usd"] is not None for point in self.points)

    @property
    def incomplete(self) -> list[Row]:
        """The newest instants without a value."""
        return [point for point in self.points if point["value_usd"] is None][-MOST_INCOMPLETE:]


@click.command()
@with_format
@click.option("--chart/--no-chart", "is_drawn", default=None, help=CHART)
def status(*, form: str, is_drawn: bool | None) -> None:
    """Say how the history stands: value now and by account, what changed, coverage, gaps, files."""
    mode, paths = locate()
    lost = report_lost(paths, form)
    with reading(paths.published) as connection:
        found = _status_of(Asking(connection))
    if form == "json":
        write_json({"published": str(paths.published), "mode": mode, "lost": lost, **_keys(found)})
    else:
        click.echo(f"{paths.published}{' (SIMULATED history)' if mode == 'simulated' else ''}")
        _print(found, is_drawn=is_drawn)
    if lost is not None:
        sys.exit(PortfolioError.exit_code)


def report_lost(paths: Paths, form: str) -> str | None:
    """Say what proves that the store is lost, and the remedy, and give it; JSON keeps standard output to itself."""
    if (words := lost_words(paths.store, paths.published)) is not None:
        click.echo(f"LOST       {words}", err=form == "json")
    return words


def _status_of(asked: Asking) -> Status:
    points = asked.answer("value_chart").dicts()
    ((last_snapshot,),) = asked.query("select max(as_of) from snapshot").rows
    failures = failures_to_show(asked)
    if not points:
        return Status(left_out(asked), points, last_snapshot, "", (), (), None, failures, ())
    last = points[-1]["as_of"]
    current = asked.answer("current_value").dicts()
    return Status(
        left_out=left_out(asked),
        points=points,
        last_snapshot_as_of=last_snapshot,
        title=outside.title(asked, last),
        outside=[*outside.sentences(asked, last), *outside.removed(asked)],
        accounts=[{name: row[name] for name in ACCOUNTS} for row in current if row["per"] == "account"],
        change=_change(asked, last),
        failures=failures,
        gaps=gaps_to_show(asked),
    )


def _change(asked: Asking, last: object) -> Row | None:
    """Give what changed in the last 30 days, as far as the history goes back; None where nothing can be compared."""
    since = last - SPAN if isinstance(last, datetime) else None
    (change,) = asked.answer("value_change", since=since).dicts()
    is_known = change["reason"] is None and change["since_effective"] != change["until_effective"]
    return {name: change[name] for name in ("since_effective", "until_effective", *CHANGE)} if is_known else None


def _keys(found: Status) -> dict[str, object]:
    """Give what programs read, by its documented keys."""
    points = found.points
    return {
        "last_snapshot_as_of": found.last_snapshot_as_of,
        "instants": len(points),
        "complete_instants": found.complete,
        "first_as_of": points[0]["as_of"] if points else None,
        "last_as_of": points[-1]["as_of"] if points else None,
        "last": points[-1] if points else None,
        "covers": found.title or None,
        "left_out": found.left_out,
        "outside": found.outside,
        "accounts": found.accounts,
        "change": found.change,
        "incomplete": found.incomplete,
        "failures": found.failures,
        "gaps": found.gaps,
    }


def _print(found: Status, *, is_drawn: bool | None) -> None:
    for line in found.left_out:
        click.echo(f"left out   {text.harmless(line)}")
    if not found.points:
        _say_nothing_is_recorded(found)
        return
    _print_value(found)
    for line in found.outside:
        click.echo(text.harmless(line))
    if sketch.is_wanted(asked=is_drawn):
        points = [text.Point(*(point[name] for name in text.POINT)) for point in found.points]
        click.echo(f"\n{text.chart(points, sketch.width())}")
    _print_accounts_and_change(found)
    for point in found.incomplete:
        click.echo(f"{text.cell(point['as_of'])} UTC  {point['reason']}: {text.what_is_unknown(point)}")
    for line in (*failed_lines(found.failures), *advice_lines(found.gaps)):
        click.echo(line)


def _say_nothing_is_recorded(found: Status) -> None:
    """Say that no instant has a value, and why the last one that was asked has none."""
    if found.last_snapshot_as_of is None:
        click.echo("no snapshot is recorded yet; take one with `portfolio snapshot`")
        return
    last = text.cell(found.last_snapshot_as_of)
    click.echo(f"nothing is recorded yet, the last snapshot is of {last} UTC, because")
    for line in failed_lines(found.failures):
        click.echo(f"  {line}")
    click.echo("then run `portfolio snapshot` again; `portfolio doctor` looks at every provider and node first")


def _print_value(found: Status) -> None:
    first, last = found.points[0], found.points[-1]
    click.echo(f"instants   {len(found.points)} from {text.cell(first['as_of'])} to {text.cell(last['as_of'])} UTC")
    click.echo(f"complete   {found.complete}; without a total: {len(found.points) - found.complete}")
    click.echo(f"value      {_value(last)}{f' ({found.title})' if found.title else ''}")
    if last["unpriced_count"] is not None:
        click.echo(f"unpriced   {last['unpriced_count']} holdings have no known price and are in no total")
    if last.get("suspect_usd"):  # a file that an earlier version published has neither
        gone = text.cell(last["suspect_usd"])
        click.echo(f"suspect    {gone} USD left without a counterpart; the next answer settles it")
    if last.get("stale_count"):
        held = f"{last['stale_count']} holdings worth {text.cell(last['stale_priced_usd'])} USD"
        click.echo(f"stale      {held} have their last believed price")


def _print_accounts_and_change(found: Status) -> None:
    """Print what each account is worth, and what changed in the last 30 days as far as the history goes back."""
    rows = [list(row.values()) for row in found.accounts]
    click.echo(f"\n{text.table(('account', *ACCOUNTS[1:]), rows)}")
    if found.change is not None:
        click.echo(f"\nsince {text.cell(found.change['since_effective'])} UTC, US dollars")
        click.echo(text.table(CHANGE, [[found.change[name] for name in CHANGE]]))
    click.echo()


def _value(point: Row) -> str:
    if point["value_usd"] is not None:
        return text.worth(point)
    known, complete = point["known_value_usd"], point["last_complete_as_of"]
    parts = [
        f"{text.worth(point)}: {text.why_unknown(point)}",
        "no part of it is known" if known is None else f"known {text.cell(known)} USD",
        "no instant is complete yet" if complete is None else f"last complete {text.cell(complete)}",
    ]
    return "; ".join(parts)
