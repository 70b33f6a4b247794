"""The verb that writes the page: page. What the page shows is faces/page.py.

Dagster writes it after each run by itself; this is for whoever runs without it.
"""

from pathlib import Path

import click

from dagster_project.settings.paths import locate


@click.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it here, not beside the history."
)
def page(*, output: Path | None) -> None:
    """Write the page of the history as it is published now: one file that needs nothing else and loads nothing."""
    from dagster_project.faces.page import write_report  # noqa: PLC0415 - only this verb draws

    mode, paths = locate()
    report = output or paths.report
    is_simulated = mode == "simulated"
    if write_report(paths.published, report, is_simulated=is_simulated):
        click.echo(f"{report}{' (SIMULATED history)' if is_simulated else ''}")
    else:
        click.echo("no snapshot is recorded yet, so there is no page; take one with `portfolio snapshot`")
