"""The command `portfolio-dagster`, which `make run`, `make ui` and deploy/ call: take what is due, or start the UI.

Nothing is decided here: the step is assets.py, the settings are those of the place.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import dagster as dg

from dagster_project import cadence, outside
from dagster_project.errors import PortfolioError
from dagster_project.faces import text
from dagster_project.model import format_as_of
from dagster_project.orchestration.build import JOB, QUIET, build
from dagster_project.orchestration.home import WORKSPACE, prepare_home
from dagster_project.orchestration.tags import range_tags
from dagster_project.settings.env_file import load_env_file
from dagster_project.settings.load import Settings, load
from dagster_project.settings.paths import CONFIG_VARIABLE, DATA_VARIABLE
from dagster_project.warehouse.ask import Asking, answer, query
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.left_out import left_out


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--env-file", type=click.Path(path_type=Path), help="Variables as NAME=value; no file is read unasked.")
def main(*, env_file: Path | None) -> None:
    """Run the pipeline through Dagster, with the settings of this folder or of PORTFOLIO_CONFIG."""
    if env_file is not None:
        load_env_file(env_file)


@main.command()
def run() -> None:
    """Take every snapshot that is due, as one run of Dagster for each unbroken range, and show the history."""
    now = datetime.now(UTC)
    settings = load(now)
    prepare_home(settings)
    started = time.monotonic()
    succeeded = True
    with dg.DagsterInstance.get() as instance:
        job = build(settings, said=click.echo).resolve_job_def(JOB)
        for first, last in ranges(settings, now):
            click.echo(f"taking {format_as_of(first)} to {format_as_of(last)} through Dagster ...")
            tags = range_tags(format_as_of(first), format_as_of(last))
            result = job.execute_in_process(QUIET, instance=instance, tags=tags, raise_on_error=False)
            succeeded = succeeded and result.success
    click.echo(f"took {time.monotonic() - started:.0f} s\n")
    show(settings)
    if not succeeded:
        sys.exit(1)


@main.command()
def home() -> None:
    """Make Dagster's folder with today's configuration and say where it is: what DAGSTER_HOME has to name."""
    click.echo(prepare_home(load(datetime.now(UTC))))


@main.command()
@click.argument("arguments", nargs=-1)
def ui(arguments: Sequence[str]) -> None:
    """Start Dagster's webserver, daemon and schedule on http://127.0.0.1:3000."""
    settings = load(datetime.now(UTC))
    folder = prepare_home(settings)
    click.echo(f"Dagster's UI for {settings.mode} history, run history in {folder}")
    os.environ[CONFIG_VARIABLE] = str(settings.config)
    os.environ[DATA_VARIABLE] = str(settings.paths.root.parent)
    os.chdir(folder)  # Dagster reads a file .env of the folder that it is started in, and nobody asked for one
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(folder / WORKSPACE), *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - hands this process over, so that signals reach Dagster itself


def ranges(settings: Settings, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the unbroken ranges of due instants; a simulated history breaks where it pretends to have missed one."""
    first: datetime | None = None
    last = settings.snapshots.start
    for tick in cadence.ticks(settings.snapshots.cron, settings.snapshots.start, now):
        if tick not in settings.missed:
            first, last = first or tick, tick
        elif first is not None:
            yield first, last
            first = None
    if first is not None:
        yield first, last


def show(settings: Settings) -> None:
    """Print the value chart, coverage, where everything is, and what to type next."""
    paths = settings.paths
    chart = answer(paths.published, "value_chart")
    months = answer(paths.published, "value_chart", every="month")
    with reading(paths.published) as connection:
        asked, last = Asking(connection), chart.dicts()[-1]["as_of"] if chart.rows else None
        what, beside = (outside.title(asked, last), outside.sentences(asked, last)) if last else ("", [])
        without = left_out(asked)
    names = ("as_of", "value_usd", "estimated_value_usd", "known_value_usd", "missing_cells", "unpriced_count")
    words = ", ".join(one for one in (what, "SIMULATED" if settings.is_simulated else "", *without) if one)
    click.echo(f"value of the portfolio{f' ({words})' if words else ''}, {len(chart.rows)} instants\n")
    click.echo(text.chart(text.points_of(chart)))
    click.echo("\nlast complete instant of each month, US dollars")
    click.echo(text.table(names, [[row[name] for name in names] for row in months.dicts()]))
    counts = query(
        paths.published, "select status, reason, count(*) as cells from coverage() group by all order by cells desc"
    )
    click.echo("\ncoverage")
    click.echo(text.table(counts.names, counts.rows))
    for line in beside:
        click.echo(text.harmless(line))
    for gap in [point for point in chart.dicts() if point["value_usd"] is None]:
        click.echo(f"{text.cell(gap['as_of'])} UTC  {gap['reason']}: {text.what_is_unknown(gap)}")
    click.echo(f"""
the history   {paths.published}   (open it read-only with DuckDB 1.5 or later: from value_chart())
the page      {paths.report}
the UI        make ui, then http://127.0.0.1:3000

next: .venv/bin/portfolio ask "from value_chart(every := 'week')"
      .venv/bin/portfolio status
      .venv/bin/portfolio init 0xYourAddress   (in a folder of your own, for real use)""")


def start() -> None:
    """Run the command; an error that we raise on purpose is one message, not a stack."""
    try:
        main()
    except PortfolioError as error:
        click.echo(f"portfolio: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    start()
