"""The shape of the settings file: every key with its type and limits; what they mean together is load.py.

Only shapes: nothing here reads a file or the environment, and no key is ever a value in it.
"""

from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Annotated, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from dagster_project import cadence, caip, chains
from dagster_project.model import parse_instant
from dagster_project.sources.registry import PROVIDERS


def _instant(value: object) -> datetime:
    if isinstance(value, str):
        return parse_instant(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ValueError("write an ISO 8601 date or instant, for example 2026-05-01 or 2026-05-01T12:00:00Z")


def _cron(text: str) -> str:
    if not cadence.is_cron(text):
        raise ValueError(f'{text!r} is no cron expression of five fields in UTC, for example "0 0 * * *"')
    return text


def _chain(text: str) -> str:
    if text in chains.CHAINS:
        return text
    if not caip.is_chain_id(text):
        raise ValueError(f"{text!r} is no CAIP-2 chain id, for example eip155:1")
    raise ValueError(f"unknown chain {text!r}; known: {', '.join(chains.CHAINS)}")


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write a plain address such as https://gateway.example.com, without query or fragment")
    if parts.username or parts.password:
        raise ValueError("an address must not carry a user or a key; keys come from the environment only")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("http is refused but for this machine itself, a key would travel in the open; write https")
    return url.rstrip("/")


Instant = Annotated[datetime, BeforeValidator(_instant)]
Cron = Annotated[str, AfterValidator(_cron)]
ChainId = Annotated[str, AfterValidator(_chain)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Section(BaseModel):
    """A part of the file: unknown keys are faults, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Snapshots(Section):
    """When snapshots are due: `cron` in UTC from `start` on, and how late a now-only answer may be."""

    cron: Cron = "0 0 * * *"
    start: Instant
    grace_minutes: int = Field(default=90, ge=0)
    chains: tuple[ChainId, ...] = Field(default=("eip155:1",), min_length=1)


class WatchedAccount(Section):
    """One wallet: an EVM address in any case, CAIP-10, or solana:<address>."""

    address: str
    label: str | None = Field(default=None, min_length=1, max_length=60)
    groups: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()
    chains: tuple[ChainId, ...] | None = Field(default=None, min_length=1)
    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None


class ProviderSection(Section):
    """What every provider can be told; what is left out comes from the provider's own limits."""

    enabled: bool = True
    base_url: BaseUrl | None = None
    api_key_env: VariableName | None = None
    requests_per_second: float | None = Field(default=None, gt=0, le=10_000)
    monthly_quota: int | None = Field(default=None, ge=0)
    concurrency: int | None = Field(default=None, ge=1, le=512)


class Record(Section):
    """Whose answer counts where several providers cover a cell: the first that answered completely."""

    order: tuple[str, ...] = ()


class Simulated(Section):
    """Only in simulated mode: ticks at which the scheduler is pretended to have been down."""

    missed: tuple[Instant, ...] = ()


def _bases(options: type[BaseModel]) -> tuple[type[ProviderSection], ...]:
    return (ProviderSection, cast("type[ProviderSection]", options))


PROVIDER_SECTIONS: dict[str, type[ProviderSection]] = {
    name: create_model(f"{name}_section", __base__=_bases(provider.source.options))
    for name, provider in PROVIDERS.items()
}
"""What each provider can be told: the common keys and its own."""
