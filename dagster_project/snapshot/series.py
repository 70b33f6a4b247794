"""Which series are due: what providers state beside balances is asked once a day, week or month, until it is answered.

The calendar says which ticks belong together, the store says what was answered there; nothing is asked here.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dagster_project import cadence
from dagster_project.cadence import Every
from dagster_project.model import ProviderPlan, Pull, utc
from dagster_project.settings.load import Settings
from dagster_project.snapshot.doors import converses
from dagster_project.snapshot.plan import is_available
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.known import Wanted

Answered = tuple[datetime, str, str]
"""A pull that was answered: instant, provider and pull key."""

_REACH = {Every.DAY: timedelta(days=1), Every.WEEK: timedelta(days=7), Every.MONTH: timedelta(days=31)}
"""Beyond this time around an instant lies no tick of its day, week or month."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which answers have to be known to decide: from when to when, and of which endpoints."""

    since: datetime
    until: datetime
    endpoints: tuple[str, ...]

    @property
    def parameters(self) -> dict[str, object]:
        """Give it as sql/store/series.sql takes it."""
        return {"since": utc(self.since), "until": utc(self.until), "endpoints": list(self.endpoints)}


def answered_in(rows: Iterable[Sequence[object]]) -> list[Answered]:
    """Read the rows of sql/store/series.sql."""
    return [
        (as_of.replace(tzinfo=UTC), str(name), str(key)) for as_of, name, key in rows if isinstance(as_of, datetime)
    ]


class Series:
    """What is known of the series of a run; `note` adds what the run itself was answered."""

    def __init__(self, settings: Settings) -> None:
        """Know nothing yet."""
        self._snapshots = settings.snapshots
        self._has_talks = converses(settings)
        self._every = {
            name: section.series_every
            for name, section in settings.providers.items()
            if PROVIDERS[name].source.series and section.series_every in _REACH
        }
        self._endpoints = {name: {one.name for one in PROVIDERS[name].source.series} for name in self._every}
        self._answered: defaultdict[tuple[str, object], dict[str, set[datetime]]] = defaultdict(dict)
        self._turns: defaultdict[tuple[str, object], asyncio.Lock] = defaultdict(asyncio.Lock)

    def span(self, instants: Sequence[datetime]) -> Span | None:
        """Say which answers have to be known for these instants; None where no series spans several ticks."""
        if not self._every:
            return None
        reach = max(_REACH[every] for every in self._every.values())
        endpoints = (f"{name} {endpoint}" for name, listed in self._endpoints.items() for endpoint in sorted(listed))
        return Span(min(instants) - reach, max(instants) + reach, tuple(endpoints))

    def wanted(self, instants: Sequence[datetime]) -> Wanted | None:
        """Say what a run over these instants has to know of the store; None where there is no instant."""
        if not instants:
            return None
        span = self.span(instants)
        return Wanted(min(instants), max(instants), None if span is None else span.parameters, self._has_talks)

    def note(self, answered: Iterable[Answered]) -> None:
        """Take in what was answered."""
        for as_of, provider, pull_key in answered:
            if provider in self._every:
                self._answered[self._bucket(provider, as_of)].setdefault(pull_key, set()).add(as_of)

    def note_part(self, part: ProviderPlan, pull_keys: Iterable[str]) -> None:
        """Take in which pulls of a provider's part were answered."""
        keys = set(pull_keys)
        self.note((part.as_of, part.provider, one.pull_key) for one in self.of(part) if one.pull_key in keys)

    def of(self, part: ProviderPlan) -> list[Pull]:
        """Give the pulls of a part that are series, due more rarely than a tick."""
        endpoints = self._endpoints.get(part.provider, set())
        return [pull for pull in part.pulls if pull.endpoint in endpoints and not pull.cells]

    def settled(self, provider: str, as_of: datetime) -> frozenset[str]:
        """Give the series pulls that another tick of the same day, week or month was answered, and this one was not."""
        if provider not in self._every:
            return frozenset()
        answered = self._answered[self._bucket(provider, as_of)]
        return frozenset(key for key, instants in answered.items() if as_of not in instants)

    def due(self, part: ProviderPlan, now: datetime) -> ProviderPlan:
        """Give the part without the series that are settled.

        What can no longer be asked stands in the plan of the first tick alone, where it is noted once.
        """
        settled = self.settled(part.provider, part.as_of)
        left_out = {
            pull.pull_key
            for pull in self.of(part)
            if pull.pull_key in settled
            or not (is_available(pull, part.as_of, now, part.frame.grace) or self._is_first(part))
        }
        return replace(part, pulls=tuple(pull for pull in part.pulls if pull.pull_key not in left_out))

    def turn(self, part: ProviderPlan) -> asyncio.Lock | None:
        """Give the lock of the part's day, week or month: one tick at a time asks for its series; None without any."""
        settled = self.settled(part.provider, part.as_of)
        is_open = any(pull.pull_key not in settled for pull in self.of(part))
        return self._turns[self._bucket(part.provider, part.as_of)] if is_open else None

    def _is_first(self, part: ProviderPlan) -> bool:
        snapshots = self._snapshots
        return cadence.begins(snapshots.cron, snapshots.start, part.as_of, self._every[part.provider])

    def bucket(self, provider: str, as_of: datetime) -> object:
        """Name the day, week or month whose series a provider is asked for at an instant; the instant where at each."""
        every = self._every.get(provider)
        return as_of if every is None else cadence.bucket(as_of, every)

    def _bucket(self, provider: str, as_of: datetime) -> tuple[str, object]:
        return provider, self.bucket(provider, as_of)
