"""What a run would ask: requests, time at the provider's pace, and what the month's quota leaves.

A forecast only; what is recorded already and needs no request is not looked up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dagster_project.settings.load import Settings
from dagster_project.snapshot.doors import access_for
from dagster_project.snapshot.plan import plan
from dagster_project.sources.registry import PROVIDERS

TYPICAL_SECONDS = 0.5
"""Of one request, where no pace bounds it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one provider would be asked: requests in all, the time they take at least, what the quota leaves."""

    provider: str
    requests: int
    at_least: timedelta
    quota_left: int | None

    @property
    def exceeds_quota(self) -> bool:
        """Tell whether the month's quota is too small."""
        return self.quota_left is not None and self.requests > self.quota_left


@dataclass(frozen=True, slots=True)
class Forecast:
    """The demand of a run by provider."""

    instants: int
    demands: tuple[Demand, ...]

    def words(self) -> str:
        """Say it in a line a provider."""
        lines = [f"{self.instants} instants"]
        for one in self.demands:
            left = "" if one.quota_left is None else f", {one.quota_left:,} left of this month's quota"
            warning = "; MORE THAN IS LEFT, the rest will be missing" if one.exceeds_quota else ""
            lines.append(f"{one.provider}: at most {one.requests:,} requests, about {one.at_least}{left}{warning}")
        return "; ".join(lines)


def forecast(settings: Settings, instants: Sequence[datetime], now: datetime) -> Forecast:
    """Say what these instants would ask; there is at least one, and the plan of the last stands for all."""
    planned = plan(settings, instants[-1])
    count = len(instants)
    demands = (_demand(settings, part.provider, len(part.pulls) * count, now) for part in planned.providers)
    return Forecast(count, tuple(demands))


def _demand(settings: Settings, provider: str, requests: int, now: datetime) -> Demand:
    access = access_for(PROVIDERS[provider].source, settings.providers[provider], settings, simulator=None)
    if access is None:
        return Demand(provider, requests, timedelta(), None)
    by_latency = requests * TYPICAL_SECONDS / access.concurrency if not settings.is_simulated else 0.0
    by_pace = requests / access.requests_per_second if access.requests_per_second else 0.0
    left = None
    if access.key_state is not None:
        if access.monthly_quota is not None:
            left = max(0, access.monthly_quota - access.key_state.spent(now))
        access.key_state.close()
    return Demand(provider, requests, timedelta(seconds=round(max(by_latency, by_pace))), left)
