"""The verb that fetches what the settings name by its address: token lists.

What is fetched how is snapshot/fetch.py.
"""

import asyncio
import sys
from datetime import UTC, datetime

import click

from dagster_project.errors import PortfolioError
from dagster_project.faces import text
from dagster_project.settings.load import load
from dagster_project.snapshot.fetch import fetch, remote_files


@click.command()
@click.option("--again", is_flag=True, help="Fetch those that are here too.")
def tokens(*, again: bool) -> None:
    """Fetch the token lists that the settings name by their address, and say what each is; exit 1 where one fails."""
    settings = load(datetime.now(UTC))
    named = list(remote_files(settings))
    if not named:
        click.echo("the settings name no token list by its address")
    failed = False
    for one in named:
        if not one.missing and not again:
            click.echo(f"here  {one.url}")
            continue
        fetched = asyncio.run(fetch(settings, one))
        failed = failed or not fetched.is_good
        click.echo(f"{'ok' if fetched.is_good else 'FAIL':<5} {fetched.url}: {text.harmless(fetched.words)}")
    if failed:
        sys.exit(PortfolioError.exit_code)
