"""Verbs that take snapshots: snapshot, backfill. What they do is snapshot/, how it went they say in the exit code.

0 complete, 3 partial, 1 nothing at all was answered, 130 and 143 stopped by Ctrl-C and by SIGTERM.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from dagster_project import cadence, chains, outside
from dagster_project.errors import UsageError
from dagster_project.faces import text
from dagster_project.faces.cli.advice import advice
from dagster_project.faces.cli.heal import fill_gaps
from dagster_project.faces.cli.progress import progress
from dagster_project.faces.cli.stopping import stoppable
from dagster_project.model import format_as_of, parse_instant
from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.failures import failures_of
from dagster_project.snapshot.forecast import forecast
from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.instants import due_between, latest_due, require_tick
from dagster_project.snapshot.missed import missed_instants
from dagster_project.snapshot.recent import ask_again
from dagster_project.snapshot.taken import Taken
from dagster_project.warehouse.ask import Asking, answer
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.left_out import left_out


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date or instant; UTC unless it says otherwise."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or end with what to write instead."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except ValueError:
            self.fail(f"{value!r} is no ISO 8601 date or instant, for example 2026-05-01T12:00", param, ctx)


class LastInstant(Instant):
    """The end of a range that includes it: an instant, or a date alone, of which every instant is included."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or end with what to write instead."""
        instant = super().convert(value, param, ctx)
        return instant + cadence.WHOLE_DAY if cadence.is_date(str(value)) else instant


class Block(click.ParamType[tuple[str, int]]):
    """A chain pinned to a block, `eip155:1=17564213`."""

    name = "chain=number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Read it, or end with what to write instead."""
        chain, _, number = str(value).partition("=")
        if chain not in chains.CHAINS or not number.isdecimal():
            self.fail(f"{value!r} is no known chain and block, for example eip155:1=17564213", param, ctx)
        return chain, int(number)


@click.command()
@click.option("--at", type=Instant(), help="An earlier tick instead of the latest one.")
@click.option("--again", is_flag=True, help="Pull what is recorded too; what differs is kept as an earlier belief.")
@click.option("--block", "blocks", type=Block(), multiple=True, help="Pin a chain to a block instead of the instant.")
@click.option("--catch-up", is_flag=True, help="Then take, once, what was missed since the instant before: for cron.")
def snapshot(*, at: datetime | None, again: bool, blocks: tuple[tuple[str, int], ...], catch_up: bool) -> None:
    """Take the snapshot of the latest tick, or of the tick given with --at; only what is missing is pulled."""
    now = datetime.now(UTC)
    settings = load(now)
    as_of = require_tick(settings, at, now) if at else latest_due(settings, now)
    is_latest = as_of == cadence.latest_tick(settings.snapshots.cron, now)
    job = Job((as_of,), again=again, blocks=dict(blocks), is_live=is_latest)
    with progress(1) as (watch, taken), stoppable(taken):
        take_history(settings, job, watch)
        if catch_up and (missed := missed_instants(settings, as_of)):
            click.echo(f"catching up {len(missed)} instants from {format_as_of(missed[0])} UTC on", err=True)
            take_history(settings, Job(missed), watch)
        if job.is_live and settings.paths.published.exists():
            again_at = ask_again(settings, as_of)
            if again_at:
                span = f"{format_as_of(again_at[0])} to {format_as_of(again_at[-1])}"
                click.echo(f"asked again for {len(again_at)} instants that failed lately, {span} UTC", err=True)
    _report(settings, taken)
    rows = answer(settings.paths.published, "current_value", as_of=format_as_of(as_of))
    names = ("per", "name", "value_usd", "estimated_value_usd", "stated_value_usd", "missing_cells", "unpriced_count")
    click.echo(text.table(names, [[row[name] for name in names] for row in rows.dicts()]))
    _end(taken)


@click.command()
@click.option("--since", type=Instant(), help="First instant; default the start in the settings.")
@click.option("--until", type=LastInstant(), help="Last instant or day, inclusive; default the latest tick.")
@click.option("--again", is_flag=True, help="Pull what is recorded too; what differs is kept as an earlier belief.")
@click.option("--gaps", is_flag=True, help="Only what gaps() lists and somebody can still be asked for.")
def backfill(*, since: datetime | None, until: datetime | None, again: bool, gaps: bool) -> None:
    """Take every snapshot of a range; what is recorded already is not asked for again."""
    now = datetime.now(UTC)
    settings = load(now)
    if gaps and again:
        raise UsageError("--gaps fills what is missing, --again pulls what is there; choose one of them")
    if gaps:
        fill_gaps(settings, since, until, now)
        return
    instants = due_between(settings, since, until, now)
    click.echo(forecast(settings, instants, now).words(), err=True)
    with progress(len(instants)) as (watch, taken), stoppable(taken):
        take_history(settings, Job(tuple(instants), again=again), watch)
    _report(settings, taken)
    _end(taken)


def _report(settings: Settings, taken: Sequence[Taken]) -> None:
    asked = sum(one.asked for one in taken)
    partial = [one for one in taken if not one.is_complete]
    click.echo(f"{len(taken)} instants, {asked} pulls, {len(partial)} partial -> {settings.paths.published}")
    for one in partial[-5:]:
        click.echo(f"  {one.words()}")
    for failure in failures_of(settings, taken):
        for line in failure.lines():
            click.echo(f"  {text.harmless(line)}")
    with reading(settings.paths.published) as connection:
        asking = Asking(connection)
        beside = outside.sentences(asking, max(one.plan.as_of for one in taken)) if taken else []
        for line in [*left_out(asking), *beside]:
            click.echo(f"  {text.harmless(line)}")
    if partial:
        click.echo("  what is missing, and why: portfolio ask \"from coverage() where status = 'missing'\"")
        instants = [one.plan.as_of for one in partial]
        for line in advice(settings.paths.published, is_all=True, since=min(instants), until=max(instants)):
            click.echo(f"  {line}")


def _end(taken: Sequence[Taken]) -> None:
    if any(not one.is_complete for one in taken):
        sys.exit(3 if any(one.has_answer for one in taken) else 1)
