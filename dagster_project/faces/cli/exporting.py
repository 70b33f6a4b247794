"""The verb that takes a history out into files that anything reads: export. What they are is exchange/.

It reads the published file alone, so that it disturbs no run and needs no key.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from dagster_project.exchange.files import FORMS
from dagster_project.exchange.write import Heard
from dagster_project.exchange.write import export as write_export
from dagster_project.faces.cli.pace import Pace
from dagster_project.model import format_as_of
from dagster_project.settings.paths import locate


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(tuple(FORMS)), default="parquet", show_default=True)
def export(*, folder: Path, form: str) -> None:
    """Export every fact of the history into files of a new FOLDER, for anything to read, and to import again.

    It is a Data Package: datapackage.json describes each table, column and file, with checksums. Parquet and CSV are
    what they are called, json is a file of lines of JSON; one file a table and month. See docs/export.md.
    """
    mode, paths = locate()
    done = write_export(paths.published, folder, form, datetime.now(UTC), told("exported"))
    package = done.package
    last = "" if package.last_as_of is None else f", the last of {format_as_of(package.last_as_of)} UTC"
    simulated = " (SIMULATED history)" if mode == "simulated" else ""
    click.echo(f"{paths.published}{simulated}, as published {package.published_at:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"{package.snapshots} snapshots{last}")
    sizes = f"{package.row_count:,} rows of {len(package.tables)} tables in {len(package.files)} files"
    click.echo(f"{sizes}, {package.byte_count:,} bytes, read back and equal -> {folder}")
    if done.left_out:
        click.echo(f"left out, because this program did not make it: {', '.join(map(repr, done.left_out))}")
    click.echo(f"raw answers are files already and not in it; for a rebuild elsewhere take {paths.raw} along")


def told(word: str) -> Heard:
    """Say on standard error, now and then, which table was done last and how many rows that makes in all."""
    pace, rows = Pace(), 0

    def heard(table: str, count: int) -> None:
        nonlocal rows
        rows += count
        if pace.is_due:
            pace.say(f"{word} {rows:,} rows  {table}")

    return heard
