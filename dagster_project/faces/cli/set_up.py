"""Verbs before the first snapshot: init, doctor, plan, simulate.

What doctor looks at is examine.py; what a run would ask is snapshot/forecast.
"""

import sys
from collections.abc import Collection
from datetime import UTC, datetime

import click

from dagster_project.errors import DiskError, PortfolioError, UsageError
from dagster_project.faces import text
from dagster_project.faces.cli.examine import examine
from dagster_project.faces.cli.take import Instant, LastInstant
from dagster_project.settings.accounts import parse_watched
from dagster_project.settings.keys import read_key
from dagster_project.settings.load import load
from dagster_project.settings.paths import config_path
from dagster_project.settings.template import real_settings
from dagster_project.snapshot.forecast import forecast
from dagster_project.snapshot.instants import due_between
from dagster_project.snapshot.plan import plan as plan_of
from dagster_project.sources.registry import PROVIDERS

EXAMPLE = "0x0000000000000000000000000000000000000000"


@click.command()
@click.argument("addresses", nargs=-1)
@click.option("--onchain", "keyless", is_flag=True, help="Ask the chains themselves: no key, no account anywhere.")
def init(addresses: tuple[str, ...], *, keyless: bool) -> None:
    """Write a settings file for real use, watching ADDRESSES; an existing file is never overwritten."""
    accounts: dict[str, tuple[str, str]] = {}
    for number, address in enumerate(addresses or (EXAMPLE,), start=1):
        try:
            account_id, spelled, chain = parse_watched(address)
        except ValueError as error:
            raise UsageError(str(error)) from error
        if account_id in accounts:
            raise UsageError(f"{spelled} is named twice; name each wallet once, and list its chains in the file")
        accounts[account_id] = (f"{chain}:{spelled}" if chain else spelled, f"wallet {number}")
    path = config_path()
    try:
        with path.open("x", encoding="utf-8") as file:
            enabled = _that_would_answer(keyless=keyless)
            file.write(real_settings(list(accounts.values()), datetime.now(UTC), enabled))
    except FileExistsError:
        raise UsageError(f"{path} is there already; move it away, or point PORTFOLIO_CONFIG at another file") from None
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); mend the folder, then run again") from error
    click.echo(f"wrote {path}")
    if not addresses:
        click.echo("next: put your addresses into it")
    keys = "" if keyless else "set the keys it names in the environment, then "
    click.echo(f"next: {keys}`portfolio doctor` and `portfolio snapshot`")


def _that_would_answer(*, keyless: bool) -> Collection[str]:
    """Name the providers whose key is in the environment, and those of rates; all, where there is no key at all.

    `keyless` names those that say what accounts hold without a key as well, and never one whose key is not there.
    """
    sources = [provider.source for provider in PROVIDERS.values()]
    with_a_key = {one.name for one in sources if one.api_key_env and read_key(one.api_key_env, is_simulated=False)}
    without = {one.name for one in sources if one.api_key_env is None and (keyless or not one.covers_cells)}
    return with_a_key | without if with_a_key or keyless else PROVIDERS


@click.command()
def doctor() -> None:
    """Look at everything a snapshot needs; exit 1 where something would fail, 2 where the settings are at fault."""
    settings = load(datetime.now(UTC))
    click.echo(f"ok    settings: {settings.config}, {settings.mode}, {len(settings.accounts)} accounts")
    failed = False
    for finding in examine(settings):
        failed = failed or finding.level == "FAIL"
        click.echo(f"{finding.level:<5} {finding.subject}: {text.harmless(finding.words)}")
    if failed:
        sys.exit(PortfolioError.exit_code)


@click.command()
@click.option("--since", type=Instant(), help="First instant; default the latest tick alone.")
@click.option("--until", type=LastInstant(), help="Last instant or day, inclusive; default the latest tick.")
def plan(*, since: datetime | None, until: datetime | None) -> None:
    """Say what a snapshot, or with --since a backfill, would ask at most; nothing is asked."""
    now = datetime.now(UTC)
    settings = load(now)
    instants = due_between(settings, since, until, now)
    if since is None:
        instants = instants[-1:]
    click.echo(forecast(settings, instants, now).words())
    rows = [
        (part.provider, pull.endpoint, pull.capability, cell.account_id, cell.chain_id, cell.layer)
        for part in plan_of(settings, instants[-1]).providers
        for pull in part.pulls
        for cell in pull.cells
    ]
    click.echo(text.table(("provider", "endpoint", "answers for", "account", "chain", "layer"), rows))


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Anything else lets other machines in.")
def simulate(*, port: int, host: str) -> None:
    """Serve the simulator: every provider's dialect from one made-up book, until Ctrl-C."""
    from dagster_project.simulator.server import serve  # noqa: PLC0415 - only this verb needs a web server

    try:
        serve(host, port)
    except OSError as error:
        raise DiskError(f"{host}:{port} cannot be bound ({error.strerror}); try another --port") from error
