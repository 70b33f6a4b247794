"""The verb that locks reported numbers: close. What is locked is warehouse/closings.py.

What became of them since is an answer, closed_report, and asked as every other.
"""

from datetime import UTC, datetime

import click

from dagster_project.closings.period import Period, parse_period
from dagster_project.errors import UsageError
from dagster_project.faces import text
from dagster_project.settings.load import load
from dagster_project.settings.paths import locate
from dagster_project.snapshot.stores import store_of
from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.closings import Wish
from dagster_project.warehouse.kept_closings import repair

SHOWN = (
    "period", "period_rule", "status", "opening_as_of", "closing_as_of", "value_usd", "missing_cells", "closed_at",
    "note", "fingerprint",
)  # fmt: skip


class PeriodName(click.ParamType[Period]):
    """A month, a quarter, a year or a span of days."""

    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """Read it, or end with what to write instead."""
        if isinstance(value, Period):
            return value
        try:
            return parse_period(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("period", type=PeriodName(), required=False)
@click.option("--note", help="Your own words, kept with the numbers.")
@click.option("--partial", "partial_reason", metavar="REASON", help="Close it although cells are missing, and say why.")
@click.option("--reopen", "reopen_reason", metavar="REASON", help="Close it anew, and say why; the old one stays.")
@click.option("--list", "is_list", is_flag=True, help="List what is closed.")
@click.option("--repair", "is_repair", is_flag=True, help="Write damaged or missing files of closed periods again.")
def close(
    *,
    period: Period | None,
    note: str | None,
    partial_reason: str | None,
    reopen_reason: str | None,
    is_list: bool,
    is_repair: bool,
) -> None:
    """Lock the reported numbers of PERIOD: 2026-03, 2026-Q1, 2026 or 2026-03-10..2026-04-20.

    Later restatements never change them; `portfolio ask closed_report period=PERIOD` lists both side by side.
    """
    if is_list:
        paths = locate()[1]
        rows = answer(paths.published, "closings").dicts()
        click.echo(text.table(SHOWN, [[row[name] for name in SHOWN] for row in rows]))
        return
    if is_repair:
        paths = locate()[1]
        repaired = repair(paths.published, paths.published.with_name("closings"), datetime.now(UTC))
        click.echo("\n".join(f"written again from the history: {path}" for path in repaired) or "every file is whole")
        return
    if period is None:
        raise UsageError("say which period: portfolio close 2026-03; what is closed: portfolio close --list")
    now = datetime.now(UTC)
    settings = load(now)
    paths, store = settings.paths, store_of(settings)
    wish = Wish(period, note or None, partial_reason or None, reopen_reason or None)
    try:
        closing = store.close(wish, now)
    except UsageError:
        store.publish()  # what a run closed that was killed before it published is closed already
        raise
    store.publish()
    click.echo(
        f"{period.name} is closed; fingerprint {closing.lines_sha256} -> {store.closings}/{closing.closing_id}.json"
    )
    names = ("name", "measure", "reported_usd")
    report = answer(paths.published, "closed_report", period=period.name).dicts()
    click.echo(text.table(names, [[row[name] for name in names] for row in report]))
