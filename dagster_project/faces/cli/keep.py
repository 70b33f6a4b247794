"""Verbs that keep a history in good order over the years: alert, migrate, publish.

What is alarming is alerts/, what is done to the store is warehouse/.
"""

import sys
from datetime import UTC, datetime

import click

from dagster_project.alerts.watch import look, watch
from dagster_project.errors import PortfolioError, UsageError
from dagster_project.faces import text
from dagster_project.faces.cli.form import with_format, write_json
from dagster_project.settings.load import load
from dagster_project.snapshot.stores import store_of

ALARMING = 3
"""The exit code where something is alarming."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only look: nobody is told, nothing is remembered.")
@with_format
def alert(*, dry_run: bool, form: str) -> None:
    """Say what is alarming now; what is new of it is told to the webhook and the file that [alerts] names.

    Exit 0 where nothing is alarming, 3 where something is. A channel that cannot be told changes neither: it is said,
    and told the next time.
    """
    now = datetime.now(UTC)
    settings = load(now)
    watched = None if dry_run else watch(settings, now)
    alarms = look(settings, now).alarms if watched is None else watched.alarms
    if form == "json":
        write_json([{"kind": one.kind, "key": one.key, "words": one.words, "as_of": one.as_of} for one in alarms])
    else:
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

    A copy is migrated, its rows are counted against the store's, every claim about what this program writes is asked of
    it, and only then does it take the store's place. The old store is kept beside it. Exit 1 where a claim breaks; the
    store is as it was then.
    """
    settings = load(datetime.now(UTC))
    store = store_of(settings)
    done = store.migrate(only_try=dry_run)
    if done is None:
        if not dry_run:
            store.publish()  # what a run migrated that was killed before it published
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


@click.command()
@click.option("--replace", "replaces", is_flag=True, help="Also over a file that knows more; that one is kept beside.")
def publish(*, replaces: bool) -> None:
    """Publish the store as it is, unless the published file holds it already; every run does so at its end.

    A published file that knows what the store does not is never replaced, unless --replace says so.
    """
    settings = load(datetime.now(UTC))
    store = store_of(settings)
    if not store.is_there:
        store.refuse_if_lost()
        raise UsageError(f"{settings.paths.store}: nothing is recorded yet; take a snapshot (`portfolio snapshot`)")
    done = store.publish(replaces=replaces)
    words = "published" if done.is_due else "is published as it is: nothing is to be done"
    click.echo(f"{settings.paths.store} -> {settings.paths.published}, {words}")
    if done.aside is not None:
        click.echo(f"the file before is kept: {done.aside}")
