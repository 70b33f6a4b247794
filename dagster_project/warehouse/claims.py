"""Run the checks under sql/checks: each is a query that returns the rows that break its claim.

The same files serve the command line, Dagster's asset checks and the tests.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.model import utc
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Rows
from dagster_project.warehouse.connect import reading

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim, and the first rows that break it; none means that it holds."""

    name: str
    claim: str
    broken: Rows

    @property
    def holds(self) -> bool:
        """Tell whether no row breaks the claim."""
        return not self.broken.rows


def check_claims(published: Path, since: datetime | None = None, until: datetime | None = None) -> list[Checked]:
    """Run every check over the instants from `since` to `until`, both inclusive, or over all of them."""
    span = {"since": utc(since) or datetime.min, "until": utc(until) or datetime.max}  # noqa: DTZ901 - as stored, no zone
    found = []
    with reading(published) as connection:
        for file in sqlfiles.checks():
            cursor = connection.execute(f"from ({file.statement}) limit {MOST_ROWS}", span)
            columns = cursor.description or []
            names = tuple(str(column[0]) for column in columns)
            rows = Rows(names, tuple(str(column[1]) for column in columns), cursor.fetchall())
            found.append(Checked(file.name, file.sentence, rows))
    return found
