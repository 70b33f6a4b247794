"""Ask again for what failed in the last seven days, as far as somebody can still answer for those instants.

Each scheduled snapshot does it once it is stored, so that a passing fault leaves no gap for ever. What is further back,
and ticks that nobody took, are the business of a backfill and of missed.py.
"""

from datetime import datetime, timedelta

from dagster_project.settings.load import Settings
from dagster_project.snapshot.heal import find_missing, plan_healing
from dagster_project.snapshot.history import Job, Watch, take_history

SPAN = timedelta(days=7)
"""How far back a scheduled snapshot asks again."""


def failed_lately(settings: Settings, as_of: datetime) -> tuple[datetime, ...]:
    """Give the instants of the seven days before `as_of` with a failed cell that somebody can be asked for, in order.

    A cell that failed at `as_of` too is left alone: who does not answer now is not asked for the past as well.

    Raises:
        PortfolioError: the published history cannot be read.
    """
    failed = [one for one in find_missing(settings, as_of - SPAN, as_of) if one.cause.startswith("failed:")]
    still_failing = {one.cell for one in failed if one.as_of == as_of}
    before = [one for one in failed if one.as_of < as_of and one.cell not in still_failing]
    return plan_healing(settings, before).instants


def ask_again(settings: Settings, as_of: datetime, watch: Watch | None = None) -> tuple[datetime, ...]:
    """Take what failed lately once more, and give the instants that were asked for; `watch` is told of each.

    Raises:
        PortfolioError: the published history cannot be read, or the disk or the store refused.
    """
    instants = failed_lately(settings, as_of)
    if instants:
        take_history(settings, Job(instants, heals=True), watch)
    return instants
