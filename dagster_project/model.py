"""The words of the field as frozen value objects, shared by every room; no I/O, no clock, no provider's name.

What a table looks like stands in tables.py; how a provider is asked stands in sources/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dagster_project.accepted import Accepted
from dagster_project.prices import AS_SHIPPED, PricePolicy
from dagster_project.uncovered import Uncovered

AS_OF_FORMAT = "%Y-%m-%dT%H:%M"
"""How an `as_of` is written in keys, file names and messages; always UTC."""

POINT_IN_TIME_WINDOW = timedelta(hours=1)
"""A point-in-time answer is good when as_of - window <= effective_at <= as_of."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far the `Date` of an answer of now may lie from the instant at which it was observed."""


class Layer(StrEnum):
    """What part of an account a cell speaks of."""

    WALLET = "wallet"
    POSITION = "position"
    DEBT = "debt"
    REWARD = "reward"


class Capability(StrEnum):
    """For which instants an endpoint can answer; `published` is what was last published by an instant, however old."""

    NOW = "now"
    TIMESTAMP = "timestamp"
    BLOCK = "block"
    PUBLISHED = "published"


class Outcome(StrEnum):
    """How a pull ended."""

    ANSWERED = "answered"
    EMPTY = "empty"
    FAILED = "failed"
    NOT_AVAILABLE = "not_available"


TRUSTED = (Outcome.ANSWERED, Outcome.EMPTY)
"""Outcomes that give a cell a record."""


class Reason(StrEnum):
    """Why a pull failed or was not available; `failed:<reason>` in what people read."""

    MISSING_KEY = "missing_key"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    BAD_REQUEST = "bad_request"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNEXPECTED_STATUS = "unexpected_status"
    REDIRECTED = "redirected"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    UNREADABLE = "unreadable"
    NOT_POINT_IN_TIME = "not_point_in_time"
    QUOTA = "quota"
    NOW_ONLY = "now_only"
    NOT_ASKED = "not_asked"
    STATE_PRUNED = "state_pruned"
    WRONG_CHAIN = "wrong_chain"
    REFUSED = "refused"
    NODE_BEHIND = "node_behind"


@dataclass(frozen=True, slots=True)
class Account:
    """A wallet on a namespace: `account_id` is the key, `address` the spelling for people, the rest from settings."""

    account_id: str
    address: str
    label: str
    chains: tuple[str, ...]
    groups: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def is_watched_at(self, as_of: datetime) -> bool:
        """Tell whether `as_of` lies within the account's `from` (inclusive) and `until` (exclusive)."""
        return (self.since is None or self.since <= as_of) and (self.until is None or as_of < self.until)


@dataclass(frozen=True, slots=True)
class Rule:
    """What the settings say of an asset; `since` (inclusive) and `until` (exclusive) bound the price alone.

    `treatment` is ignore or keep, a rebasing amount grows by itself; the other ids name assets, or a group of them.
    """

    asset_id: str
    treatment: str | None = None
    group_id: str | None = None
    same_as: str | None = None
    receipt_of: str | None = None
    is_rebasing: bool = False
    price_usd: float | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Account x chain x layer at an `as_of`: the unit of coverage and of record."""

    account_id: str
    chain_id: str
    layer: Layer


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire, without host and key: `template` is the path with its variables unnamed.

    `content` is a JSON text to send or empty, `address` whom to ask where a provider has several, empty for its own.
    `shared_until` is the last instant (Unix seconds) that conversations of a run ask for in common; 0: it is of one.
    """

    template: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    content: str = ""
    address: str = ""
    shared_until: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a provider: for which instants it answers, which layers and chains it covers."""

    name: str
    capability: Capability
    layers: tuple[Layer, ...]
    chains: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pull:
    """One question to one endpoint for an `as_of`; `pull_key` is unique within provider and `as_of`.

    A question without cells adds nothing to the value; `account_id` says whom it is about, empty for nobody. One that
    takes a conversation has what it asks in its request's content, and says how many `requests` that takes.
    """

    provider: str
    endpoint: str
    capability: Capability
    pull_key: str
    cells: tuple[Cell, ...]
    request: Request
    account_id: str = ""
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of one try, good or bad: bytes as answered, or the reason why there are none.

    `reason` speaks of the wire only (timeout, too large, HTTP status); what the body says is judged later.
    `elapsed_ms` is wall time in milliseconds; `headers` holds only those worth keeping.
    """

    observed_at: datetime
    elapsed_ms: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for a snapshot as a whole: its instant, and what the settings said then of all but providers."""

    as_of: datetime
    accounts: tuple[Account, ...]
    cron: str
    start: datetime
    grace_minutes: int
    settings_sha256: str
    rules: tuple[Rule, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    prices: PricePolicy = AS_SHIPPED
    uncovered: tuple[Uncovered, ...] | None = None

    @property
    def grace(self) -> timedelta:
        """How long after `as_of` a now-only answer may still stand for it."""
        return timedelta(minutes=self.grace_minutes)


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """One provider's part of a plan, whole enough to be normalised and judged again without any settings."""

    frame: Frame
    provider: str
    record_rank: int
    pulls: tuple[Pull, ...]

    @property
    def as_of(self) -> datetime:
        """The instant that is asked for."""
        return self.frame.as_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for an instant, by provider in order of record."""

    frame: Frame
    providers: tuple[ProviderPlan, ...]

    @property
    def as_of(self) -> datetime:
        """The instant that is asked for."""
        return self.frame.as_of

    @property
    def pulls(self) -> tuple[Pull, ...]:
        """Every pull of every provider."""
        return tuple(pull for provider in self.providers for pull in provider.pulls)

    @property
    def planned(self) -> "Planned":
        """What the store keeps of it."""
        return Planned(self.frame, len(self.pulls), sum(len(pull.cells) for pull in self.pulls))


@dataclass(frozen=True, slots=True)
class Planned:
    """What the store keeps of a plan: its frame, and how many pulls and cells it holds."""

    frame: Frame
    pulls: int
    cells: int

    @property
    def as_of(self) -> datetime:
        """The instant that is asked for."""
        return self.frame.as_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at a provider's part of an instant: the raw stream that keeps it, and when it began."""

    plan: ProviderPlan
    attempt_id: str
    taken_at: datetime


def utc(instant: datetime | None) -> datetime | None:
    """Give the instant as tables keep it: UTC without a zone."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None)


def format_as_of(as_of: datetime) -> str:
    """Write an `as_of` as partition keys and messages do (`2026-05-01T00:00`, UTC)."""
    return as_of.astimezone(UTC).strftime(AS_OF_FORMAT)


def format_exactly(instant: datetime) -> str:
    """Write an instant that need not be an `as_of`, with seconds where it has some (`2026-05-01T00:00:30`, UTC)."""
    if instant.second or instant.microsecond:
        return instant.astimezone(UTC).replace(tzinfo=None).isoformat()
    return format_as_of(instant)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; without an offset it is UTC.

    Raises:
        ValueError: the text is no ISO date or instant, or one that in UTC lies outside the years 1 to 9999.
    """
    instant = datetime.fromisoformat(text)
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC") from None
