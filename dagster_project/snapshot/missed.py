"""Which instants were missed while nobody was running: the latest gap of whole ticks, to be caught up once.

What is missing within an instant, and gaps further back, are the business of a backfill.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile

from dagster_project import cadence
from dagster_project.model import Capability
from dagster_project.settings.load import Settings
from dagster_project.snapshot.plan import plan
from dagster_project.warehouse.ask import query

LONGEST = timedelta(days=31)
"""A gap that reaches further back is no machine that was down but a history that nobody asked for yet."""


def missed_instants(settings: Settings, until: datetime) -> tuple[datetime, ...]:
    """Give the ticks of the latest gap up to `until`, in order, that somebody can still be asked for.

    A gap lies behind an instant that was taken: what is before the first one is no gap. An instant for which anything
    was asked is taken, however it ended, so that a gap is caught up once and what stays missing is seen.

    Raises:
        PortfolioError: the published history cannot be read.
    """
    if not settings.paths.published.exists():
        return ()
    taken = _taken(settings)
    if not taken:
        return ()
    ticks = list(cadence.ticks(settings.snapshots.cron, max(settings.snapshots.start, min(taken)), until))
    behind = dropwhile(lambda tick: tick in taken, reversed(ticks))
    gap = tuple(takewhile(lambda tick: tick not in taken, behind))
    if not gap or gap[-1] < until - LONGEST:
        return ()
    return tuple(tick for tick in reversed(gap) if can_be_asked(settings, tick))


def can_be_asked(settings: Settings, as_of: datetime) -> bool:
    """Tell whether any endpoint can still answer for a past instant."""
    return any(pull.capability is not Capability.NOW for pull in plan(settings, as_of).pulls)


def _taken(settings: Settings) -> Collection[datetime]:
    """Give the instants that were taken, and those that a simulated history pretends to have missed."""
    found = query(settings.paths.published, "select as_of from snapshot").rows
    aware = (value.replace(tzinfo=UTC) for (value,) in found if isinstance(value, datetime))
    return {*aware, *settings.missed} if found else ()
