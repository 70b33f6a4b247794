"""Verbs that bring in what no provider can say: import flows from a file of the user's own, or a whole history.

What a file of flows has to hold is imports/, what a history in files is exchange/; one with a fault changes nothing.
"""

from collections import Counter
from datetime import UTC, datetime, time
from pathlib import Path

import click

from dagster_project.exchange.read import bring
from dagster_project.faces import text
from dagster_project.faces.cli.exporting import told
from dagster_project.faces.cli.take import LastInstant
from dagster_project.model import utc
from dagster_project.settings.load import load
from dagster_project.snapshot.imported import import_flows


class _FlowsOrFolder(click.Group):
    """Takes what is no name of a kind of file for a file of flows where it is a CSV, else for an exported history."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a kind of file by its name; any other word is the file or the folder itself."""
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        if args and args[0].lower().endswith(".csv"):
            return "flows", flows, args
        return "history", history, args


@click.group(
    "import",
    cls=_FlowsOrFolder,
    subcommand_metavar="[flows] FILE.csv | FOLDER",
    context_settings={"ignore_unknown_options": True},  # they are the command's that the file or folder stands for
)
def import_() -> None:
    """Bring in known flows from a CSV of your own, or the whole history that `portfolio export` wrote to FOLDER.

    A history goes into a data folder that has none, FOLDER being that folder or the datapackage.json in it. Every
    file, checksum, column and row is held against the descriptor. What is wrong is said at once, all of it, and
    nothing is imported then. See docs/export.md and docs/flows.md.
    """


@click.command("history")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--accept", "accepted", multiple=True, metavar="CLAIM", help="A claim that rows may break; may be repeated."
)
def history(*, folder: Path, accepted: tuple[str, ...]) -> None:
    """Import the whole history that `portfolio export` wrote to FOLDER, into a data folder that has none.

    Its rows are held against the claims of `portfolio check` before they count. One that breaks a claim is named with
    its file, and nothing is imported, unless --accept names the claim.
    """
    now = datetime.now(UTC)
    settings = load(now)
    done = bring(settings, folder, now, told("imported"), accepted)
    package = done.package
    simulated = " (SIMULATED history)" if package.mode == "simulated" else ""
    click.echo(f"{package.row_count:,} rows of {package.snapshots} snapshots -> {settings.paths.published}{simulated}")
    if done.has_raw:
        click.echo(f"raw answers lie in {settings.paths.raw}; hold them against it with `portfolio verify`")
    else:
        click.echo(
            f"no raw answers lie in {settings.paths.raw}: nothing is lost, but a rebuild is not possible; "
            "copy that folder from where the history was exported, then run `portfolio verify`"
        )


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--complete-until", type=LastInstant(), help="Until when the file holds every flow; default its last one."
)
def flows(*, file: Path, complete_until: datetime | None) -> None:
    """Import the known flows of accounts from FILE, a CSV with a header: at,account,asset,amount,kind,note.

    They take the place of what was imported before of the accounts that FILE names. The file is kept beside the raw
    answers, so that a rebuild has it too. See docs/flows.md.
    """
    now = datetime.now(UTC)
    settings = load(now)
    if complete_until and complete_until.time() == time.max and complete_until.date() == now.date():
        complete_until = now  # of a day that is not over, what is over of it
    imported, gone = import_flows(settings, file, now, complete_until)
    before = f", in place of {gone} imported before" if gone else ""
    click.echo(f"{len(imported.flows)} flows of {len(imported.spans)} accounts{before} -> {settings.paths.published}")
    labels = {account.account_id: account.label for account in settings.accounts}
    counts = Counter(flow.account_id for flow in imported.flows)
    rows = [
        (labels[span.account_id], counts[span.account_id], utc(span.since), utc(span.until)) for span in imported.spans
    ]
    click.echo(text.table(("account", "flows", "covered since", "covered until"), rows))
