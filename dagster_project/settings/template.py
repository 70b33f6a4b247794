"""The settings files that `portfolio init` writes: for real use with the accounts that were named, or simulated.

What each key means to the program is schema.py; the simulated one is portfolio.toml, which ships.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from dagster_project.shipped import shipped
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Source

_HEAD = """\
# What to watch and how often; every key is explained in docs/settings.md.
# Keys of providers are never written here: they are read from the environment, by the name in api_key_env.
mode = "real"

[snapshots]
cron = "0 0 * * *"                       # in UTC; each tick is an as_of
start = "{start}"                     # the first instant of the history; earlier ones can be backfilled from here
grace_minutes = 90                       # how long after as_of a now-only answer may still stand for it
chains = ["eip155:1"]                    # CAIP-2; an account may name its own
"""

_ACCOUNT = """
[[accounts]]
address = "{address}"   # an EVM address in any case, or CAIP-10
label = "{label}"
# groups = ["fund"]
# chains = ["eip155:1", "eip155:8453"]
# from = "2024-01-01"                    # in scope from here on, else from its first record
"""

_PROVIDER = """
[providers.{name}]
enabled = {enabled}
{base_url}
{key}requests_per_second = {pace}
{quota}concurrency = {concurrency}
{hint}"""


_GONE = """\
# base_url = "https://gateway.example.com"   # {gone}: name whatever speaks its API, then enable it"""


def simulated_settings() -> str:
    """Give a whole file of the simulator's own wallets; each run starts a simulator for itself."""
    return shipped("portfolio.toml").read_text(encoding="utf-8")


def real_settings(accounts: Sequence[tuple[str, str]], now: datetime, enabled: Collection[str] | None = None) -> str:
    """Write a whole file: `accounts` are (address, label), the history starts today, `enabled` providers are asked.

    Without `enabled` these are all whose address answers.
    """
    enabled = [name for name, one in PROVIDERS.items() if not one.source.gone] if enabled is None else enabled
    parts = [_HEAD.format(start=f"{now:%Y-%m-%d}")]
    parts += [_ACCOUNT.format(address=address, label=label) for address, label in accounts]
    parts += [_provider(provider.source, name in enabled) for name, provider in PROVIDERS.items()]
    order = ", ".join(f'"{name}"' for name, provider in PROVIDERS.items() if provider.source.covers_cells)
    parts.append(f"\n[record]\norder = [{order}]   # the first that answered completely is of record\n")
    return "".join(parts)


def _provider(source: Source, is_enabled: bool) -> str:  # noqa: FBT001 - private
    quota = f"monthly_quota = {source.monthly_quota}\n" if source.monthly_quota is not None else ""
    key = f'api_key_env = "{source.api_key_env}"\n' if source.api_key_env is not None else ""
    return _PROVIDER.format(
        name=source.name,
        enabled="true" if is_enabled else "false",
        base_url=_GONE.format(gone=source.gone) if source.gone else f'base_url = "{source.base_url}"',
        key=key,
        pace=source.requests_per_second,
        quota=quota,
        concurrency=source.concurrency,
        hint=source.hint,
    )
