"""How gaps are filled from the command line: the forecast, the run, and what was filled and what stays missing why.

Which gaps can be filled is decided by snapshot/heal.py; the option is that of backfill in take.py.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import click

from dagster_project.faces import text
from dagster_project.faces.cli.progress import progress
from dagster_project.faces.cli.stopping import stoppable
from dagster_project.model import Cell
from dagster_project.settings.load import Settings
from dagster_project.snapshot.failures import failures_of
from dagster_project.snapshot.forecast import forecast_of
from dagster_project.snapshot.heal import Healing, Missing, Why, find_missing, plan_healing, refuse_unrecorded
from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.taken import Taken


def fill_gaps(settings: Settings, since: datetime | None, until: datetime | None, now: datetime) -> None:
    """Fill every gap of the span that can be filled, and say what was, what was not, and why; ends with the exit code.

    0: nothing is missing that somebody could fill; 3: some of it still is; 1: nobody answered at all.
    """
    refuse_unrecorded(settings, since)
    before = find_missing(settings, since, until)
    healing = plan_healing(settings, before)
    click.echo(_intention(before, healing))
    taken = list[Taken]()
    if healing.instants:
        click.echo(forecast_of(settings, len(healing.instants), healing.requests, now).words(), err=True)
        with progress(len(healing.instants)) as (watch, taken), stoppable(taken):
            take_history(settings, Job(healing.instants, heals=True), watch)
    after = {(one.as_of, one.cell): one for one in find_missing(settings, since, until)} if taken else {}
    failed = [after[key] for one in before if one not in healing.hopeless and (key := (one.as_of, one.cell)) in after]
    if taken:
        filled = len(before) - len(healing.hopeless) - len(failed)
        click.echo(f"filled {filled} of them -> {settings.paths.published}")
        if believed := sum(_is_believed(one, healing, after) for one in before):
            click.echo(f"{believed} of these were in doubt, and are believed now")
    for failure in failures_of(settings, taken):
        for line in failure.lines():
            click.echo(f"  {text.harmless(line)}")
    if left := {**healing.hopeless, **{one: _why(after[one.as_of, one.cell]) for one in failed}}:
        click.echo(f"still missing: {len(left)} cells; they stay listed in gaps()")
        click.echo(text.table(("first", "last", "account", "chain", "cells", "cause", "why"), _grouped(left)))
    if failed:
        sys.exit(3 if any(one.has_answer for one in taken) else 1)


def _why(still: Missing) -> Why:
    """Say why a cell is still missing after it was asked for."""
    return Why.UNSETTLED if still.cause == "suspect:vanished" else Why.FAILED


def _is_believed(one: Missing, healing: Healing, after: Collection[tuple[datetime, Cell]]) -> bool:
    """Tell whether a cell that was in doubt is not missing any more."""
    return one.cause.startswith("suspect:") and one not in healing.hopeless and (one.as_of, one.cell) not in after


def _intention(gaps: Sequence[Missing], healing: Healing) -> str:
    if not gaps:
        return "no gaps: every cell in scope has a record"
    fillable = len(gaps) - len(healing.hopeless)
    instants = len({one.as_of for one in gaps})
    return f"{len(gaps)} cells are missing at {instants} instants; {fillable} of them can be asked for"


def _grouped(left: Mapping[Missing, Why]) -> list[tuple[object, ...]]:
    """Give a row for each reason, account, chain and cause: from when to when, and how many cells."""
    groups: dict[tuple[str, str, str, str], list[datetime]] = {}
    for one, why in left.items():
        groups.setdefault((one.label, one.cell.chain_id, one.cause, str(why)), []).append(one.as_of)
    rows = [
        (min(instants), max(instants), label, chain_id, len(instants), cause, why)
        for (label, chain_id, cause, why), instants in groups.items()
    ]
    return sorted(rows, key=lambda row: row[:4])
