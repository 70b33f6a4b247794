"""Verbs that keep a history in good order over the years: alert, migrate.

What is alarming is alerts/, what is done to the store is warehouse/.
"""

import sys
from datetime import UTC, datetime

import click

from dagster_project.alerts.watch import look, watch
from dagster_project.errors import PortfolioError
from dagster_project.faces import text
from dagster_project.settings.load import load
from dagster_project.warehouse.store import Store

ALARMING = 3
"""The exit code where something is alarming."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only look: nobody is told, nothing is remembered.")
def alert(*, dry_run: bool) -> None:
    """Say what is alarming now; what is new of it is told to the webhook and the file that [alerts] names.

    Exit 0 where nothing is alarming, 3 where something is. A channel that cannot be told changes neither: it is said,
    and told the next time.
    """
    now = datetime.now(UTC)
    settings = load(now)
    watched = None if dry_run else watch(settings, now)
    alarms = look(settings, now).alarms if watched is None else watched.alarms
    for one in alarms:
        click.echo(f"{one.kind}: {text.harmless(one.words)}")
    if not alarms:
        click.echo("nothing is alarming")
    if watched is not None:
        told = sum(one.state == "resolved" for one in watched.news)
        click.echo(f"{len(watched.news)} new, {told} of them resolved", err=True)
    if alarms:
        sys.exit(ALARMING)


@click.command()
@click.option("--dry-run", is_flag=True, help="Try it on a copy and say what came out; the store stays as it is.")
def migrate(*, dry_run: bool) -> None:
    """Bring the store of an earlier version to this one.

    A copy is migrated, its rows are counted against the store's, every claim is asked of it, and only then does it take
    the store's place. The old store is kept beside it. Exit 1 where a claim breaks; the store is as it was then.
    """
    settings = load(datetime.now(UTC))
    store = Store(settings.paths.store, settings.paths.published, settings.mode)
    done = store.migrate(only_try=dry_run)
    if done is None:
        click.echo(f"{settings.paths.store}: nothing to migrate")
        return
    click.echo(f"{settings.paths.store}: schema {done.from_schema} to {done.to_schema}")
    click.echo(text.table(("table", "rows before", "rows after"), [(name, *rows) for name, rows in done.rows.items()]))
    if done.broken:
        words = "the store is as it was; see `portfolio check`, or go back to the version before until it is mended"
        click.echo(f"BROKEN {', '.join(done.broken)}: {words}", err=True)
        sys.exit(PortfolioError.exit_code)
    if done.kept is None:
        click.echo("only tried: the store is as it was")
        return
    store.publish()
    click.echo(f"migrated and published; the old store is kept as {done.kept}")
