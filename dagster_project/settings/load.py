"""Read the settings file once: typed, frozen, every fault at once with its line and the remedy.

The shape of each key is schema.py; a provider's key is read from the environment by keys.py, never here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import msgspec

from dagster_project import cadence
from dagster_project.accepted import Accepted
from dagster_project.errors import SettingsError
from dagster_project.model import Account, Rule, format_exactly
from dagster_project.prices import PricePolicy
from dagster_project.settings import schema
from dagster_project.settings.accepted import read_accepted
from dagster_project.settings.accounts import read_accounts
from dagster_project.settings.assets import read_assets
from dagster_project.settings.faults import Faults
from dagster_project.settings.lines import Place
from dagster_project.settings.paths import Paths, config_path, paths_for, read_mode, read_toml
from dagster_project.settings.reading import read_table
from dagster_project.sources.address import is_loopback
from dagster_project.sources.registry import PROVIDERS

MOST_INSTANTS = 100_000
"""Dagster's own advice for the partitions of one asset; beyond it the pages of its UI stop being usable."""

OF_RECORD = tuple(name for name, provider in PROVIDERS.items() if provider.source.covers_cells)
"""Providers that can be of record; the others say nothing of accounts."""

TOP_LEVEL = (
    "mode",
    "snapshots",
    "accounts",
    "assets",
    "accept_missing",
    "providers",
    "record",
    "prices",
    "accrual",
    "alerts",
    "serve",
    "runs",
    "raw",
    "published",
    "simulated",
)


@dataclass(frozen=True, slots=True)
class RawKeeping:
    """How long raw answers stay where they were written, None for ever, and the folder that they move to then."""

    keep: timedelta | None
    archive_dir: Path | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the pipeline is told, ready to use.

    `providers` holds the enabled ones in order of record, and behind them those that cover no cells.
    """

    config: Path
    mode: str
    paths: Paths
    snapshots: schema.Snapshots
    accounts: tuple[Account, ...]
    assets: tuple[Rule, ...]
    accepted: tuple[Accepted, ...]
    providers: Mapping[str, schema.ProviderSection]
    policy: PricePolicy
    alerts: schema.Alerts
    serve: schema.Serve
    runs: schema.Runs
    missed: tuple[datetime, ...]
    sha256: str
    raw: RawKeeping
    published: schema.Published

    @property
    def grace(self) -> timedelta:
        """How long after an `as_of` a now-only answer may still stand for it."""
        return timedelta(minutes=self.snapshots.grace_minutes)

    @property
    def is_simulated(self) -> bool:
        """Tell whether the history is a made-up one."""
        return self.mode == "simulated"


def load(now: datetime, config: Path | None = None) -> Settings:
    """Read and judge the settings file at `config`, else where `config_path` says.

    Raises:
        SettingsError: with every fault of the file in one message.
    """
    config = config or config_path()
    plain, text = read_toml(config)
    faults = Faults(text)
    for name in plain.keys() - set(TOP_LEVEL):
        faults.unknown_name((), name, TOP_LEVEL)
    mode = read_mode(plain, faults)
    snapshots, good = read_table(schema.Snapshots, plain.get("snapshots", {}), ("snapshots",), faults)
    _check_cadence(good, now, faults)
    accounts = read_accounts(plain.get("accounts"), good.get("chains"), faults)
    assets = read_assets(plain.get("assets", []), faults)
    accepted = read_accepted(plain.get("accept_missing", []), accounts, faults)
    providers = _providers(plain.get("providers", {}), mode, config, faults)
    order = _order(plain.get("record", {}), providers, faults)
    raw = _raw(plain.get("raw", {}), config, faults)
    missed = _missed(plain.get("simulated", {}), mode, good.get("cron"), faults)
    prices, _ = read_table(schema.Prices, plain.get("prices", {}), ("prices",), faults)
    accrual, _ = read_table(schema.Accrual, plain.get("accrual", {}), ("accrual",), faults)
    alerts, _ = read_table(schema.Alerts, plain.get("alerts", {}), ("alerts",), faults)
    serve = _serve(plain.get("serve", {}), faults)
    runs, _ = read_table(schema.Runs, plain.get("runs", {}), ("runs",), faults)
    published, _ = read_table(schema.Published, plain.get("published", {}), ("published",), faults)
    if faults or not (mode and snapshots and prices and accrual and alerts and serve and runs and published):
        raise SettingsError(config, list(faults))
    fingerprint = hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()
    enabled = MappingProxyType({name: providers[name] for name in order})
    return Settings(
        config,
        mode,
        paths_for(mode, config),
        snapshots,
        accounts,
        assets,
        accepted,
        enabled,
        PricePolicy(prices.carry_hours, prices.stablecoins, accrual.max_apr),
        alerts,
        serve,
        runs,
        missed,
        fingerprint,
        raw,
        published,
    )


def _providers(plain: object, mode: str | None, config: Path, faults: Faults) -> dict[str, schema.ProviderSection]:
    """Read the sections of the providers that are enabled."""
    if not isinstance(plain, dict):
        faults.add(("providers",), "write a table [providers.<name>] for each provider")
        return {}
    found, beside = {}, 0
    for name, value in plain.items():
        place = ("providers", name)
        if name not in schema.PROVIDER_SECTIONS:
            faults.unknown_name(("providers",), name, schema.PROVIDER_SECTIONS)
            continue
        section, good = read_table(schema.PROVIDER_SECTIONS[name], value, place, faults)
        is_off = good.get("enabled") is False
        beside += is_off or name not in OF_RECORD
        if is_off:
            continue
        if good.get("api_key_env") and PROVIDERS[name].source.api_key_env is None:
            faults.add((*place, "api_key_env"), "asks for no key; take the line out")
        if mode == "simulated" and (url := good.get("base_url")) and not is_loopback(url):
            why = "a simulated history never asks a real provider; leave it out, or name a simulator on this machine"
            faults.add((*place, "base_url"), why)
        if section is not None:
            found[name] = _beside(section, mode, config, place, faults)
    if beside == len(plain):
        faults.add(("providers",), f"enable at least one provider: {', '.join(OF_RECORD)}")
    return found


def _beside(
    section: schema.ProviderSection, mode: str | None, config: Path, place: Place, faults: Faults
) -> schema.ProviderSection:
    """Read the files that a section names, and judge the further addresses that it has."""
    options: Any = section  # every section is one of source.Options too, see schema.PROVIDER_SECTIONS
    if mode == "simulated" and not all(is_loopback(one.url) for one in options.addresses()):
        why = "a simulated history never asks a real node; leave it out, or name nodes on this machine"
        faults.add((*place, "endpoints"), why)
    if mode == "simulated" and not all(is_loopback(one.url) for one in options.remote_files()):
        why = "a simulated history never asks for a real list; name a file, or an address on this machine"
        faults.add((*place, "token_lists"), why)
    read = options.read_beside(config.parent, paths_for(mode, config).fetched if mode else None)
    return cast("schema.ProviderSection", read)


def _order(plain: object, providers: Mapping[str, object], faults: Faults) -> list[str]:
    """Give the enabled providers in order of record: those that the file lists first, the others behind.

    Last come those that cover no cells and are never of record.
    """
    _, good = read_table(schema.Record, plain, ("record",), faults)
    listed: tuple[str, ...] = good.get("order", ())
    for index, name in enumerate(listed):
        if name in PROVIDERS and name not in OF_RECORD:
            why = f"{name!r} says nothing of accounts, so it is never of record; take it out"
            faults.add(("record", "order", index), why)
        elif name not in OF_RECORD:
            faults.add(("record", "order", index), f"unknown provider {name!r}; known: {', '.join(OF_RECORD)}")
        elif name in listed[:index]:
            faults.add(("record", "order", index), f"{name!r} is listed twice; leave one")
    ordered = [name for name in [*listed, *(name for name in providers if name not in listed)] if name in providers]
    return sorted(ordered, key=lambda name: name not in OF_RECORD)


def _raw(plain: object, config: Path, faults: Faults) -> RawKeeping:
    """Read how long raw answers stay; a folder is meant from the settings file's own on."""
    _, good = read_table(schema.Raw, plain, ("raw",), faults)
    days, folder = good.get("keep_days"), good.get("archive_dir")
    if days is not None and folder is None:
        why = "needs archive_dir beside it: raw answers are moved there, never dropped"
        faults.add(("raw", "keep_days"), why)
    keep = None if days is None else timedelta(days=days)
    return RawKeeping(keep, None if folder is None else (config.parent / folder).absolute())


def _serve(plain: object, faults: Faults) -> schema.Serve | None:
    """Read how the history is served; other machines are let in by a key alone."""
    serve, good = read_table(schema.Serve, plain, ("serve",), faults)
    host = good.get("host", "")
    if (
        host
        and not good.get("api_key_env")
        and not is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}")
    ):
        faults.add(("serve", "host"), "lets other machines in; name the variable of a key beside it (api_key_env)")
    return serve


def _missed(plain: object, mode: str | None, cron: str | None, faults: Faults) -> tuple[datetime, ...]:
    """Read the ticks that a simulated history pretends to have missed."""
    _, good = read_table(schema.Simulated, plain, ("simulated",), faults)
    if plain and mode == "real":
        faults.add(("simulated",), "belongs to simulated mode; take the table out")
    missed: tuple[datetime, ...] = good.get("missed", ())
    for index, instant in enumerate(missed):
        if cron and not cadence.is_tick(cron, instant):
            faults.add(("simulated", "missed", index), f"{format_exactly(instant)} is no tick of {cron!r}")
    return missed


def _check_cadence(good: Mapping[str, Any], now: datetime, faults: Faults) -> None:
    """Judge what is good of [snapshots] together."""
    cron, start, grace_minutes = (good.get(name) for name in ("cron", "start", "grace_minutes"))
    if start and start > now:
        faults.add(("snapshots", "start"), f"{start:%Y-%m-%d} lies in the future; no tick would ever be due")
    elif start and cron and next(islice(cadence.ticks(cron, start, now), MOST_INSTANTS, None), None) is not None:
        why = f"gives more than {MOST_INSTANTS:,} instants from start until now; use a slower cron or a later start"
        faults.add(("snapshots", "cron"), why)
    if cron and grace_minutes and grace_minutes >= cadence.shortest_gap(cron) / timedelta(minutes=1):
        why = "reaches into the next tick; write fewer minutes than lie between two ticks"
        faults.add(("snapshots", "grace_minutes"), why)
