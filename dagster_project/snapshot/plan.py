"""The plan of an instant: every pull that is expected and every cell it covers, from settings alone.

Kept with the snapshot, so that coverage is judged by the plan of that instant and not by today's settings.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dagster_project import cadence
from dagster_project.archive.journal import Heeded
from dagster_project.errors import UsageError
from dagster_project.model import Account, Capability, Cell, Frame, Layer, Plan, ProviderPlan, Pull, format_exactly
from dagster_project.settings.load import Settings
from dagster_project.sources.registry import PROVIDERS, listed_assets
from dagster_project.sources.source import Question, Source
from dagster_project.uncovered import Uncovered


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
        prices=settings.policy,
    )
    watched = tuple(account for account in settings.accounts if account.is_watched_at(as_of))
    stating = due(settings, as_of)
    asked: dict[str, tuple[Pull, ...]] = {}
    for name, section in settings.providers.items():
        is_due = name in stating or (is_every_series_due and section.series_every is not cadence.Every.NEVER)
        question = Question(watched, as_of, blocks or {}, section, is_due, assets or {}, settings.is_simulated)
        asked[name] = tuple(PROVIDERS[name].source.pulls(question))
    frame = replace(frame, uncovered=_uncovered(watched, asked))
    parts = (ProviderPlan(frame, name, rank, pulls) for rank, (name, pulls) in enumerate(asked.items()))
    return Plan(frame, tuple(parts))


def heeded_by(settings: Settings) -> Heeded:
    """Give what the store keeps of the settings for the whole history: accounts, rules, gaps, prices, listed tokens.

    Nothing is said of listed tokens where a list cannot be used, so that what is kept of them stays.
    """
    sections: list[Any] = list(settings.providers.values())  # each is one of source.Options too
    is_known = not any(words for one in sections for words in one.unusable())
    listed = tuple(sorted(listed_assets(sections))) if is_known else None
    return Heeded(settings.accounts, settings.assets, settings.accepted, settings.policy, listed)


def _uncovered(watched: Sequence[Account], asked: Mapping[str, Sequence[Pull]]) -> tuple[Uncovered, ...]:
    """Give the cells of watched accounts that no pull covers; those that all accounts of a chain share are one."""
    covered = {cell for pulls in asked.values() for pull in pulls for cell in pull.cells}
    accounts: dict[str, list[str]] = {}
    lacking: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for account in watched:
        for chain_id in account.chains:
            accounts.setdefault(chain_id, []).append(account.account_id)
            cells = (Cell(account.account_id, chain_id, layer) for layer in Layer)
            if layers := tuple(cell.layer.value for cell in cells if cell not in covered):
                lacking.setdefault((chain_id, layers), []).append(account.account_id)
    return tuple(
        Uncovered(chain_id, alike, could_ask, () if len(members) == len(accounts[chain_id]) else tuple(members))
        for (chain_id, layers), members in sorted(lacking.items())
        for could_ask, alike in _by_provider(chain_id, layers, asked)
    )


def _by_provider(
    chain_id: str, layers: Sequence[str], enabled: Collection[str]
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give layers of a chain by the providers that would cover them, were they enabled."""
    found: dict[tuple[str, ...], list[str]] = {}
    for layer in layers:
        sources = (one.source for name, one in PROVIDERS.items() if name not in enabled)
        could_ask = tuple(source.name for source in sources if _covers(source, chain_id, Layer(layer)))
        found.setdefault(could_ask, []).append(layer)
    return [(could_ask, tuple(alike)) for could_ask, alike in found.items()]


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
