"""Verbs that keep a history in good order over the years: migrate.

What they do to the store is warehouse/.
"""

import sys
from datetime import UTC, datetime

import click

from dagster_project.errors import PortfolioError
from dagster_project.faces import text
from dagster_project.settings.load import load
from dagster_project.warehouse.store import Store


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
