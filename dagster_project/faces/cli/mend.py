"""Verbs that look after what is kept: rebuild, restore, verify, compact, prune. The work is in other rooms.

Exit codes: 0 all is well, 3 something is named that was stepped over or that heals by itself, 1 the files differ.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from dagster_project.errors import UsageError
from dagster_project.faces import text
from dagster_project.faces.cli.form import with_format, write_json
from dagster_project.faces.cli.pace import Pace
from dagster_project.model import format_as_of
from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.fetch import remote_files
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.prune import prune as prune_raw
from dagster_project.snapshot.rebuild import Rebuilt
from dagster_project.snapshot.rebuild import rebuild as rebuild_store
from dagster_project.snapshot.replay import Heard
from dagster_project.snapshot.restore import restore as restore_store
from dagster_project.snapshot.stores import store_of
from dagster_project.snapshot.verify import said
from dagster_project.snapshot.verify import verify as verify_store

MOST_LINES = 20


@click.command()
@click.option("--discard-old", is_flag=True, help="Remove the store before, if the new one lacks nothing of it.")
@click.option("--drop-future", is_flag=True, help="Leave out instants later than now, which a clock ahead has left.")
def rebuild(*, discard_old: bool, drop_future: bool) -> None:
    """Make the store again from the raw answers alone, and publish it.

    Nothing is asked of any provider. The store before stays beside under the date. A damaged raw stream is named and
    stepped over. With --drop-future raw streams of instants still to come move to future/. See docs/rebuild.md.
    """
    now = datetime.now(UTC)
    settings = load(now)
    rebuilt = rebuild_store(settings, now, _progress("rebuilt"), discard_old=discard_old, drops_future=drop_future)
    click.echo(f"{rebuilt.attempts} raw streams -> {settings.paths.store}, published")
    for line in (*_compared(rebuilt), *_not_listed(settings)):
        click.echo(line)
    _list(rebuilt.findings)
    if not rebuilt.is_whole:
        sys.exit(3)


def _not_listed(settings: Settings) -> Iterator[str]:
    """Name each fetched token list that cannot be read: the new store lists only those tokens that the journal has."""
    for one in remote_files(settings):
        if one.missing:
            remedy = "run `portfolio tokens`, then `portfolio rebuild` again"
            yield f"the token list at {one.url} {one.missing}, so tokens are listed as the journal has them; {remedy}"


def _compared(rebuilt: Rebuilt) -> Sequence[str]:
    before = "the store before" if rebuilt.is_compared else "the published file"
    lines = [f"taken over from {before}: {count} rows of {table}" for table, count in rebuilt.carried.items()]
    for one in rebuilt.read_otherwise:
        versions = f"version {one.version_now} of the code instead of {one.version_before}"
        lines.append(f"{one.provider}: {one.pulls} pulls are read by {versions}")
    lines += [f"{one.place}: {said(one, 'the new store', 'the store before')}" for one in rebuilt.differences]
    if rebuilt.is_compared and not rebuilt.differences:
        lines.append("equal to the store before, row for row")
    if rebuilt.aside is not None:
        lines.append(f"the store before is kept: {rebuilt.aside}")
    if rebuilt.published_aside is not None:
        lines.append(f"the published file before knew more than the new store: it is kept as {rebuilt.published_aside}")
        lines.append(f"to go on with what it holds: portfolio restore {rebuilt.published_aside}")
    return lines


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def restore(*, file: Path | None) -> None:
    """Make a lost or damaged store again from the published file, or from FILE, a copy of one, and publish it.

    Raw answers that the file does not know are added; nothing is asked of any provider. A store that was there stays
    beside under the date. What cannot be added is named. See docs/rebuild.md.
    """
    now = datetime.now(UTC)
    settings = load(now)
    try:
        done = restore_store(settings, file, now, _progress("added"))
    except UsageError:
        if settings.paths.store.exists():
            store_of(settings).publish()  # what a run restored that was killed before it published is whole already
        raise
    origin = done.origin
    until = "" if origin.last_as_of is None else f" until {format_as_of(origin.last_as_of)} UTC"
    click.echo(f"{origin.instants} instants{until} -> {settings.paths.store}, published")
    if done.added:
        click.echo(f"added from raw answers: {done.added} attempts")
    if done.closings:
        click.echo(f"written back: {done.closings} closed periods -> {settings.paths.published.with_name('closings')}")
    if origin.left_out:
        click.echo(f"left out, because this program did not make it: {', '.join(map(repr, origin.left_out))}")
    if done.aside is not None:
        click.echo(f"the store before is kept: {done.aside}")
    _list(done.findings)
    if done.findings:
        sys.exit(3)


@click.command()
@with_format
def verify(*, form: str) -> None:
    """Hold store, raw answers, their checksums and the published file against each other; nothing is changed.

    The raw answers are read anew into a store beside, which takes as long as a rebuild.
    """
    settings = load(datetime.now(UTC))
    findings = verify_store(settings, _progress("read"))
    if form == "json":
        write_json([
            {"place": one.place, "words": one.words, "remedy": one.remedy, "heals": one.heals} for one in findings
        ])  # fmt: skip
    elif not findings:
        click.echo(f"store, raw answers and published file are one: {settings.paths.root}")
    else:
        _list(findings)
    if not findings:
        return
    sys.exit(3 if all(one.heals for one in findings) else 1)


@click.command()
def compact() -> None:
    """Write the store anew, sorted and smaller, and publish it; nothing is changed unless every row is there again."""
    settings = load(datetime.now(UTC))
    done = store_of(settings).compact()
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
