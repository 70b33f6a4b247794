"""Verbs before the first snapshot: init, doctor, plan, simulate.

What doctor looks at is examine.py; what a run would ask is snapshot/forecast.
"""

import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import click

from dagster_project.disk import put
from dagster_project.errors import DiskError, LostStoreError, PortfolioError, UsageError
from dagster_project.faces import text
from dagster_project.faces.cli.examine import examine
from dagster_project.faces.cli.form import with_format, write_json
from dagster_project.faces.cli.take import Instant, LastInstant
from dagster_project.settings.accounts import parse_watched
from dagster_project.settings.keys import read_key
from dagster_project.settings.load import load
from dagster_project.settings.paths import Paths, config_path, paths_for
from dagster_project.settings.template import real_settings, simulated_settings
from dagster_project.snapshot.forecast import Forecast, forecast
from dagster_project.snapshot.instants import due_between
from dagster_project.snapshot.plan import plan as plan_of
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.lost import lost_words

CELL = ("provider", "endpoint", "capability", "account_id", "chain_id", "layer")
"""What `plan --format json` says of each cell."""

EXAMPLE = "0x0000000000000000000000000000000000000000"


@click.command()
@click.argument("addresses", nargs=-1)
@click.option("--onchain", "keyless", is_flag=True, help="Ask the chains themselves: no key, no account anywhere.")
@click.option("--simulated", is_flag=True, help="Made-up wallets that a simulator on this machine answers for.")
def init(addresses: tuple[str, ...], *, keyless: bool, simulated: bool) -> None:
    """Write a settings file for real use, watching ADDRESSES; an existing file is never overwritten."""
    if simulated and (addresses or keyless):
        raise UsageError("--simulated watches the simulator's own wallets; leave addresses and --onchain out")
    watched = _watched(addresses)
    path = config_path()
    if path.exists():
        raise UsageError(f"{path} is there already; move it away, or point PORTFOLIO_CONFIG at another file")
    if simulated:
        _write(path, simulated_settings())
    else:
        _write(path, real_settings(watched, datetime.now(UTC), _that_would_answer(keyless=keyless)))
    paths = paths_for("simulated" if simulated else "real", path)
    if (words := lost_words(paths.store, paths.published)) is not None:
        raise LostStoreError(words)
    if simulated:
        _print_simulated(paths)
        return
    if not addresses:
        click.echo("next: put your addresses into it")
    keys = "" if keyless else "set the keys it names in the environment, then "
    click.echo(f"next: {keys}`portfolio doctor` and `portfolio snapshot`")


def _watched(addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    """Give (address, label) of the wallets that were named; without any, one that is nobody's."""
    accounts: dict[str, tuple[str, str]] = {}
    for number, address in enumerate(addresses or (EXAMPLE,), start=1):
        try:
            account_id, spelled, chain = parse_watched(address)
        except ValueError as error:
            raise UsageError(str(error)) from error
        if account_id in accounts:
            raise UsageError(f"{spelled} is named twice; name each wallet once, and list its chains in the file")
        accounts[account_id] = (f"{chain}:{spelled}" if chain else spelled, f"wallet {number}")
    return list(accounts.values())


def _write(path: Path, words: str) -> None:
    try:
        put(path, words.encode())
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); mend the folder, then run again") from error
    click.echo(f"wrote {path}")


def _print_simulated(paths: Paths) -> None:
    click.echo(
        f"SIMULATED: made-up wallets on a made-up market; their history stays in {paths.root}, apart from a real one"
    )
    click.echo("next: `portfolio backfill` takes more than 400 days in minutes; `portfolio snapshot` the latest alone")
    click.echo("then: `portfolio status`, `portfolio ask \"from value_chart(every := 'month')\"`, `portfolio page`")


def _that_would_answer(*, keyless: bool) -> Collection[str] | None:
    """Name the providers whose key is in the environment, and those of rates; None where there is no key at all.

    `keyless` names those that say what accounts hold without a key as well, and never one whose key is not there.
    A provider that is gone is never named.
    """
    sources = [provider.source for provider in PROVIDERS.values()]
    keyed = [one for one in sources if one.api_key_env and read_key(one.api_key_env, is_simulated=False)]
    for one in keyed:
        if one.gone:
            click.echo(f"{one.name} stays off though {one.api_key_env} is set: {one.gone}", err=True)
    with_a_key = {one.name for one in keyed if not one.gone}
    without = {one.name for one in sources if one.api_key_env is None and (keyless or not one.covers_cells)}
    return with_a_key | without if with_a_key or keyless else None


@click.command()
@with_format
def doctor(*, form: str) -> None:
    """Look at everything a snapshot needs; exit 1 where something would fail, 2 where the settings are at fault."""
    settings = load(datetime.now(UTC))
    found = []
    for finding in examine(settings):
        found.append(finding)
        if form == "table":
            click.echo(f"{finding.level:<5} {finding.subject}: {text.harmless(finding.words)}")
    if form == "json":
        write_json([{"level": one.level, "subject": one.subject, "words": one.words} for one in found])
    if any(finding.level == "FAIL" for finding in found):
        sys.exit(PortfolioError.exit_code)


@click.command()
@click.option("--since", type=Instant(), help="First instant; default the latest tick alone.")
@click.option("--until", type=LastInstant(), help="Last instant or day, inclusive; default the latest tick.")
@with_format
def plan(*, since: datetime | None, until: datetime | None, form: str) -> None:
    """Say what a snapshot, or with --since a backfill, would ask at most; nothing is asked."""
    now = datetime.now(UTC)
    settings = load(now)
    instants = due_between(settings, since, until, now)
    if since is None:
        instants = instants[-1:]
    asked = forecast(settings, instants, now)
    rows = [
        (part.provider, pull.endpoint, pull.capability, cell.account_id, cell.chain_id, cell.layer)
        for part in plan_of(settings, instants[-1]).providers
        for pull in part.pulls
        for cell in pull.cells
    ]
    if form == "json":
        cells = [dict(zip(CELL, row, strict=True)) for row in rows]
        write_json({"instants": asked.instants, "demands": _demands(asked), "cells": cells})
        return
    click.echo(asked.words())
    click.echo(text.table(("provider", "endpoint", "answers for", "account", "chain", "layer"), rows))


def _demands(asked: Forecast) -> list[dict[str, object]]:
    return [
        {
            "provider": one.provider,
            "requests": one.requests,
            "at_least_seconds": int(one.at_least.total_seconds()),
            "quota_left": one.quota_left,
            "exceeds_quota": one.exceeds_quota,
        }
        for one in asked.demands
    ]


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
