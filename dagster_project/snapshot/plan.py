"""The plan of an instant: every pull that is expected and every cell it covers, from settings alone.

Kept with the snapshot, so that coverage is judged by the plan of that instant and not by today's settings.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from dagster_project import cadence
from dagster_project.archive.journal import Heeded
from dagster_project.errors import UsageError
from dagster_project.model import Capability, Cell, Frame, Layer, Plan, ProviderPlan, Pull, format_exactly
from dagster_project.settings.load import Settings
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Question, Source


def plan(
    settings: Settings,
    as_of: datetime,
    blocks: Mapping[str, int] | None = None,
    assets: Mapping[str, int | None] | None = None,
    *,
    is_every_series_due: bool = False,
) -> Plan:
    """Plan the snapshot of `as_of`; `blocks` pins chains (CAIP-2) to a block instead of the instant.

    `assets` are tokens that the store knows to be held (CAIP-19) with their decimals, if known.

    Series are due by the calendar alone, at the first tick of their day, week or month; with `is_every_series_due` at
    each tick, and series.py leaves out what is answered already.

    Raises:
        UsageError: `as_of` is no tick of the settings' cadence or lies before its start.
    """
    snapshots = settings.snapshots
    if as_of < snapshots.start or not cadence.is_tick(snapshots.cron, as_of):
        raise UsageError(
            f"{format_exactly(as_of)} is no instant of this portfolio: ticks are {snapshots.cron!r} in UTC "
            f"from {format_exactly(snapshots.start)} on; see [snapshots] in {settings.config}"
        )
    frame = Frame(
        as_of=as_of,
        accounts=settings.accounts,
        cron=snapshots.cron,
        start=snapshots.start,
        grace_minutes=snapshots.grace_minutes,
        settings_sha256=settings.sha256,
        rules=settings.assets,
        accepted=settings.accepted,
    )
    watched = tuple(account for account in settings.accounts if account.is_watched_at(as_of))
    stating = due(settings, as_of)
    parts = []
    for rank, (name, section) in enumerate(settings.providers.items()):
        is_due = name in stating or (is_every_series_due and section.series_every is not cadence.Every.NEVER)
        question = Question(watched, as_of, blocks or {}, section, is_due, assets or {}, settings.is_simulated)
        asked = PROVIDERS[name].source.pulls(question)
        parts.append(ProviderPlan(frame, name, rank, tuple(asked)))
    return Plan(frame, tuple(parts))


def heeded_by(settings: Settings) -> Heeded:
    """Give what the store keeps of the settings for the whole history: accounts, asset rules, accepted gaps."""
    return Heeded(settings.accounts, settings.assets, settings.accepted)


def due(settings: Settings, as_of: datetime) -> frozenset[str]:
    """Name the providers that are asked at `as_of` what they state beside their balances."""
    snapshots = settings.snapshots
    return frozenset(
        name
        for name, section in settings.providers.items()
        if cadence.begins(snapshots.cron, snapshots.start, as_of, section.series_every)
    )


def is_available(pull: Pull, as_of: datetime, now: datetime, grace: timedelta) -> bool:
    """Tell whether the endpoint can speak of `as_of` at all: a now-only one only within the grace after it."""
    return pull.capability is not Capability.NOW or as_of <= now <= as_of + grace


def uncovered(settings: Settings) -> list[Cell]:
    """List account x chain x layer that no enabled provider covers, so that nobody takes them for empty."""
    sources = [PROVIDERS[name].source for name in settings.providers]
    return [
        Cell(account.account_id, chain_id, layer)
        for account in settings.accounts
        for chain_id in account.chains
        for layer in Layer
        if not any(_covers(source, chain_id, layer) for source in sources)
    ]


def _covers(source: Source, chain_id: str, layer: Layer) -> bool:
    return any(chain_id in endpoint.chains and layer in endpoint.layers for endpoint in source.endpoints)
