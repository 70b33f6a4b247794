"""The shape of the settings file: every key with its type and limits; what they mean together is load.py.

Only shapes: nothing here reads a file or the environment, and no key is ever a value in it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    StrictInt,
    ValidationInfo,
    create_model,
    field_validator,
)

from dagster_project import cadence, caip, chains
from dagster_project.model import parse_instant
from dagster_project.prices import CARRY_HOURS, MAX_APR
from dagster_project.sources.address import plain_address
from dagster_project.sources.registry import PROVIDERS

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_GRACE_MINUTES = 90


def _instant(value: object) -> datetime:
    try:
        instant = _in_utc(value)
    except (ValueError, OverflowError):
        example = "for example 2026-05-01 or 2026-05-01T12:00:00Z"
        raise ValueError(f"write an ISO 8601 date or instant, {example}") from None
    if instant < _EARLIEST:
        raise ValueError("lies before 1970, when there was nothing to hold; write a later date or instant")
    return instant


def _in_utc(value: object) -> datetime:
    if isinstance(value, str):
        return parse_instant(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ValueError("neither text nor TOML's own date")


def _cron(text: str) -> str:
    if not cadence.is_cron(text):
        raise ValueError(f'{text!r} is no cron expression of five fields in UTC, for example "0 0 * * *"')
    return text


def known_chain(text: str) -> str:
    """Give back a chain id that is known.

    Raises:
        ValueError: it is not, with the chains that are.
    """
    if text in chains.CHAINS:
        return text
    if not caip.is_chain_id(text):
        raise ValueError(f"{text!r} is no CAIP-2 chain id, for example eip155:1")
    raise ValueError(f"unknown chain {text!r}; known: {', '.join(chains.CHAINS)}")


def _some(listed: tuple[str, ...]) -> tuple[str, ...]:
    if not listed:
        raise ValueError('names no chain; write at least one, as in ["eip155:1"], or leave the key out')
    return listed


def _variable(name: str) -> str:
    if _VARIABLE.fullmatch(name) is None:
        raise ValueError("write the name of the environment variable that holds the key, for example MY_API_KEY")
    return name


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Instant = Annotated[datetime, BeforeValidator(_instant)]
Cron = Annotated[str, AfterValidator(_cron)]
ChainId = Annotated[str, AfterValidator(known_chain)]
ChainIds = Annotated[tuple[ChainId, ...], AfterValidator(_some)]
AssetId = Annotated[str, AfterValidator(chains.parse_asset)]
BaseUrl = Annotated[str, AfterValidator(plain_address)]
VariableName = Annotated[str, AfterValidator(_variable)]
Number = Annotated[float, Strict()]


class Section(BaseModel):
    """A part of the file: unknown keys are faults, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @field_validator("*")
    @classmethod
    def _keep(cls, value: object, info: ValidationInfo) -> object:
        """Put each good value into the context: a table with a fault has no other way to give the rest of itself."""
        if info.context is not None:
            info.context[info.field_name] = value
        return value


def _usual_grace(data: Mapping[str, Any]) -> int:
    """Give the grace that is not written, in minutes: half of a quick cadence's gap, so that it never reaches over."""
    half = cadence.shortest_gap(data["cron"]) / 2
    return min(_LONGEST_GRACE_MINUTES, half // timedelta(minutes=1))


class Snapshots(Section):
    """When snapshots are due: `cron` in UTC from `start` on, and how late a now-only answer may be."""

    cron: Cron = "0 0 * * *"
    start: Instant
    grace_minutes: StrictInt = Field(default_factory=_usual_grace, ge=0)
    chains: ChainIds = ("eip155:1",)


class WatchedAccount(Section):
    """One wallet: an EVM address in any case, CAIP-10, or solana:<address>."""

    address: str
    label: str | None = Field(default=None, min_length=1, max_length=60)
    groups: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()
    chains: ChainIds | None = None
    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None


class WatchedAsset(Section):
    """What holds for one asset: whether it counts, where it belongs, what it stands for, what it costs."""

    id: AssetId
    treat: Literal["ignore", "keep"] | None = None
    group: str | None = Field(default=None, min_length=1, max_length=60)
    same_as: AssetId | None = None
    receipt_of: AssetId | None = None
    rebasing: StrictBool = False
    price_usd: Number | None = Field(default=None, ge=0, le=1e12, allow_inf_nan=False)
    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None


class AcceptMissing(Section):
    """Part of an account that may be missing: it is left out of the value then, and every title says so."""

    account: str = Field(min_length=1)
    chain: ChainId | None = None
    layer: Literal["wallet", "position", "debt", "reward"] | None = None
    since: Instant
    until: Instant | None = None
    reason: str = Field(min_length=1, max_length=200)


class ProviderSection(Section):
    """What every provider can be told; what is left out comes from the provider's own limits."""

    enabled: StrictBool = True
    base_url: BaseUrl | None = None
    api_key_env: VariableName | None = None
    requests_per_second: Number | None = Field(default=None, gt=0, le=10_000)
    monthly_quota: StrictInt | None = Field(default=None, ge=0)
    concurrency: StrictInt | None = Field(default=None, ge=1, le=512)
    series_every: cadence.Every = cadence.Every.WEEK


class Record(Section):
    """Whose answer counts where several providers cover a cell: the first that answered completely."""

    order: tuple[str, ...] = ()


class Prices(Section):
    """How prices are believed: for how long the last one stands in, and which further coins are worth a fixed sum."""

    carry_hours: StrictInt = Field(default=CARRY_HOURS, ge=0, le=8784)
    stablecoins: tuple[AssetId, ...] = ()


class Accrual(Section):
    """What may be interest: the most that a holding without history earns or owes in a year, compounded."""

    max_apr: Number = Field(default=MAX_APR, gt=0, le=100, allow_inf_nan=False)


class Alerts(Section):
    """What is alarming, and who is told; nobody is where neither a webhook nor a file is named."""

    webhook_url_env: VariableName | None = None
    file: str | None = Field(default=None, min_length=1)
    coverage_below: Number = Field(default=0.95, ge=0, le=1)
    value_jump: Number = Field(default=0.2, gt=0, allow_inf_nan=False)
    stale_after_hours: Number | None = Field(default=None, gt=0, allow_inf_nan=False)


class Serve(Section):
    """How `portfolio serve` serves: where, to whom, how often, and what of a number that is not complete."""

    host: str = Field(default="127.0.0.1", min_length=1, max_length=253)
    port: StrictInt = Field(default=8646, ge=0, le=65_535)
    api_key_env: VariableName | None = None
    requests_per_minute: StrictInt = Field(default=600, ge=1, le=1_000_000)
    connections_per_client: StrictInt = Field(default=100, ge=1, le=500)
    incomplete: Literal["refuse", "known"] = "refuse"


class Published(Section):
    """Who may write to the file that users open: by `read_only` nobody, not even its owner."""

    read_only: StrictBool = False


class Runs(Section):
    """How long Dagster's own record of a run is kept, in days."""

    keep_days: StrictInt = Field(default=90, ge=1)


class Raw(Section):
    """How long raw answers stay beside the store, and where they are moved to then; without an end by default."""

    keep_days: StrictInt | None = Field(default=None, ge=1)
    archive_dir: str | None = Field(default=None, min_length=1)


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
