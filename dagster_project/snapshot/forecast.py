"""What a run would ask: requests, time at the provider's pace, and what the month's quota leaves.

A forecast only; what is recorded already and needs no request is not looked up.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dagster_project.model import ProviderPlan
from dagster_project.settings.load import Settings
from dagster_project.snapshot.doors import access_for, converses, limits_for
from dagster_project.snapshot.history import IN_FLIGHT
from dagster_project.snapshot.plan import plan
from dagster_project.snapshot.series import Series, answered_in
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.sqlfiles import statement

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
        parts = [_counted(self.instants, "instant")]
        for one in self.demands:
            left = "" if one.quota_left is None else f", {one.quota_left:,} left of this month's quota"
            warning = "; MORE THAN IS LEFT, the rest will be missing" if one.exceeds_quota else ""
            asked = _counted(one.requests, "request")
            parts.append(f"{one.provider}: at most {asked}, about {one.at_least}{left}{warning}")
        return "; ".join(parts)


def forecast(settings: Settings, instants: Sequence[datetime], now: datetime) -> Forecast:
    """Say what these instants, in order and at least one, would ask.

    Between two instants at which an account begins or ends all plans that ask the same providers for the same kinds of
    answers are alike, so that one of them stands for all.
    """
    assets = known_assets(settings)
    edges = sorted({edge for one in settings.accounts for edge in (one.since, one.until) if edge is not None})
    requests: Counter[str] = Counter()
    alike: dict[tuple[int, frozenset[tuple[str, frozenset[str]]]], list[datetime]] = {}
    series = _SeriesDue(settings, instants)
    for as_of in instants:
        alike.setdefault((bisect_right(edges, as_of), series.at(as_of)), []).append(as_of)
    for (_, due), group in alike.items():
        planned = plan(settings, group[-1], assets=assets, is_every_series_due=True)
        for part in (series.only(one, due) for one in planned.providers):
            source = PROVIDERS[part.provider].source
            alone = sum(pull.requests for pull in part.pulls) * len(group)
            first = source.warm_up * len(part.pulls) * min(IN_FLIGHT, len(group))
            requests[part.provider] += alone - source.shared(part.pulls, len(group)) + first
    return forecast_of(settings, len(instants), requests, now)


class _SeriesDue:
    """Which series the instants of a run ask for: each once a day, week or month, as the first of them is answered."""

    def __init__(self, settings: Settings, instants: Sequence[datetime]) -> None:
        self._providers = tuple(settings.providers)
        self._series = Series(settings)
        self._begun: set[tuple[str, object]] = set()
        span, published = self._series.span(instants), settings.paths.published
        if span is not None and published.exists():
            self._series.note(answered_in(query(published, statement("series"), span.parameters).rows))

    def at(self, as_of: datetime) -> frozenset[tuple[str, frozenset[str]]]:
        """Give the providers whose series the instant asks for, each with those that another instant has answered."""
        begun = {(name, self._series.bucket(name, as_of)) for name in self._providers} - self._begun
        self._begun |= begun
        return frozenset((name, self._series.settled(name, as_of)) for name, _ in begun)

    def only(self, part: ProviderPlan, due: frozenset[tuple[str, frozenset[str]]]) -> ProviderPlan:
        """Give the part with the series that are due."""
        settled = dict(due).get(part.provider)
        left_out = {one.pull_key for one in self._series.of(part) if settled is None or one.pull_key in settled}
        return replace(part, pulls=tuple(pull for pull in part.pulls if pull.pull_key not in left_out))


def forecast_of(settings: Settings, instants: int, requests: Mapping[str, int], now: datetime) -> Forecast:
    """Say what so many requests of each provider take, and what they leave."""
    demands = (_demand(settings, provider, asked, now) for provider, asked in requests.items())
    return Forecast(instants, tuple(demands))


def known_assets(settings: Settings) -> dict[str, int | None]:
    """Give the tokens that the history knows to be held; none where there is no history, or nobody asks for them."""
    published = settings.paths.published
    is_asked_for = converses(settings) and published.exists()
    rows = query(published, statement("known")).rows if is_asked_for else []
    return {str(asset_id): None if decimals is None else int(str(decimals)) for asset_id, decimals in rows}


def _demand(settings: Settings, provider: str, requests: int, now: datetime) -> Demand:
    source, section = PROVIDERS[provider].source, settings.providers[provider]
    limits = limits_for(source, section, settings)
    by_latency = 0.0 if settings.is_simulated else requests * TYPICAL_SECONDS / limits.concurrency
    by_pace = requests / limits.requests_per_second if limits.requests_per_second else 0.0
    left = None
    access = access_for(source, section, settings, simulator=None)
    if access is not None and access.key_state is not None:
        if limits.monthly_quota is not None:
            left = max(0, limits.monthly_quota - access.key_state.spent(now))
        access.key_state.close()
    return Demand(provider, requests, timedelta(seconds=round(max(by_latency, by_pace))), left)


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
