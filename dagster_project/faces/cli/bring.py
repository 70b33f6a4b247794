"""Verbs that bring in what no provider can say, from files of the user's own: import flows.

What such a file has to hold is imports/; a file with a fault changes nothing.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from dagster_project.faces import text
from dagster_project.faces.cli.take import Instant
from dagster_project.model import utc
from dagster_project.settings.load import load
from dagster_project.snapshot.imported import import_flows


@click.group("import")
def import_() -> None:
    """Bring in what no provider can say, from a file of your own.

    What is wrong with the file is said at once, line by line, and nothing is imported then.
    """


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--complete-until", type=Instant(), help="Until when the file holds every flow; default its last one.")
def flows(*, file: Path, complete_until: datetime | None) -> None:
    """Import the known flows of accounts from FILE, a CSV with a header: at,account,asset,amount,kind,note.

    They take the place of what was imported before of the accounts that FILE names. The file is kept beside the raw
    answers, so that a rebuild has it too. See docs/flows.md.
    """
    now = datetime.now(UTC)
    settings = load(now)
    imported, gone = import_flows(settings, file, now, complete_until)
    before = f", in place of {gone} imported before" if gone else ""
    click.echo(f"{len(imported.flows)} flows of {len(imported.spans)} accounts{before} -> {settings.paths.published}")
    labels = {account.account_id: account.label for account in settings.accounts}
    counts = Counter(flow.account_id for flow in imported.flows)
    rows = [
        (labels[span.account_id], counts[span.account_id], utc(span.since), utc(span.until)) for span in imported.spans
    ]
    click.echo(text.table(("account", "flows", "covered since", "covered until"), rows))
