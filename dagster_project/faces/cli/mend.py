"""Verbs that look after what is kept: rebuild, verify, compact, prune. What they do is snapshot/ and warehouse/.

Exit codes: 0 all is well, 3 something is named that was stepped over or that heals by itself, 1 the files differ.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from dagster_project.faces import text
from dagster_project.faces.cli.pace import Pace
from dagster_project.model import format_as_of
from dagster_project.settings.load import load
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.prune import prune as prune_raw
from dagster_project.snapshot.rebuild import Rebuilt
from dagster_project.snapshot.rebuild import rebuild as rebuild_store
from dagster_project.snapshot.replay import Heard
from dagster_project.snapshot.verify import said
from dagster_project.snapshot.verify import verify as verify_store
from dagster_project.warehouse.store import Store

MOST_LINES = 20


@click.command()
@click.option("--discard-old", is_flag=True, help="Remove the store before, if the new one lacks nothing of it.")
def rebuild(*, discard_old: bool) -> None:
    """Make the store again from the raw answers alone, and publish it.

    Nothing is asked of any provider. The store before stays beside under the date. A damaged raw stream is named and
    stepped over. See docs/rebuild.md.
    """
    now = datetime.now(UTC)
    settings = load(now)
    rebuilt = rebuild_store(settings, now, _progress("rebuilt"), discard_old=discard_old)
    click.echo(f"{rebuilt.attempts} raw streams -> {settings.paths.store}, published")
    for line in _compared(rebuilt):
        click.echo(line)
    _list(rebuilt.findings)
    if not rebuilt.is_whole:
        sys.exit(3)


def _compared(rebuilt: Rebuilt) -> Sequence[str]:
    lines = [f"taken over from the store before: {count} rows of {table}" for table, count in rebuilt.carried.items()]
    for one in rebuilt.read_otherwise:
        versions = f"version {one.version_now} of the code instead of {one.version_before}"
        lines.append(f"{one.provider}: {one.pulls} pulls are read by {versions}")
    lines += [f"{one.place}: {said(one, 'the new store', 'the store before')}" for one in rebuilt.differences]
    if rebuilt.is_compared and not rebuilt.differences:
        lines.append("equal to the store before, row for row")
    if rebuilt.aside is not None:
        lines.append(f"the store before is kept: {rebuilt.aside}")
    return lines


@click.command()
def verify() -> None:
    """Hold store, raw answers, their checksums and the published file against each other; nothing is changed.

    The raw answers are read anew into a store beside, which takes as long as a rebuild.
    """
    settings = load(datetime.now(UTC))
    findings = verify_store(settings, _progress("read"))
    if not findings:
        click.echo(f"store, raw answers and published file are one: {settings.paths.root}")
        return
    _list(findings)
    sys.exit(3 if all(one.heals for one in findings) else 1)


@click.command()
def compact() -> None:
    """Write the store anew, sorted and smaller, and publish it; nothing is changed unless every row is there again."""
    settings = load(datetime.now(UTC))
    store = Store(settings.paths.store, settings.paths.published, settings.mode)
    done = store.compact()
    sizes = f"{done.bytes_before:,} bytes before, {done.bytes_after:,} after"
    click.echo(f"{sum(done.rows.values()):,} rows in {len(done.rows)} tables, equal by count and checksum; {sizes}")


@click.command()
def prune() -> None:
    """Move raw answers older than [raw].keep_days to [raw].archive_dir; never the only copy, and none is dropped.

    Each is moved only if the store has its answers, and once its copy was read back and found equal.
    """
    now = datetime.now(UTC)
    settings = load(now)
    pace = Pace()

    def heard(moved: int) -> None:
        if pace.is_due:
            pace.say(f"{moved} moved")

    pruned = prune_raw(settings, now, heard)
    click.echo(f"{pruned.streams} raw streams, {pruned.moved_bytes:,} bytes -> {settings.raw.archive_dir}")
    _list(pruned.findings)
    if pruned.findings:
        sys.exit(3)


def _list(findings: Sequence[Finding]) -> None:
    if findings:
        rows = [(one.place, one.words, one.remedy) for one in findings[:MOST_LINES]]
        click.echo(text.table(("where", "what", "remedy"), rows))
    if len(findings) > MOST_LINES:
        click.echo(f"and {len(findings) - MOST_LINES} more")


def _progress(word: str) -> Heard:
    pace = Pace()

    def heard(done: int, known: int, as_of: datetime) -> None:
        if pace.is_due:
            pace.say(f"{word} {done}/{known}  {format_as_of(as_of)}")

    return heard
