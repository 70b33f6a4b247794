"""The clock of an instant: the wall's, or in simulated mode the instant that is being lived.

What an endpoint can say at a time of it is plan.py.
"""

from datetime import UTC, datetime, timedelta

from dagster_project.settings.load import Settings
from dagster_project.sources.http import Clock

SIMULATED_DELAY = timedelta(minutes=1)
"""How long after its instant a simulated snapshot is lived."""


def clock_for(settings: Settings, as_of: datetime, *, heals: bool) -> Clock:
    """Give the clock of a run at `as_of`; where it `heals` in simulated mode, the grace is over by then."""
    if not settings.is_simulated:
        return lambda: datetime.now(UTC)
    lived_at = as_of + SIMULATED_DELAY + (settings.grace if heals else timedelta())
    return lambda: lived_at
