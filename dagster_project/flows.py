"""Movements that the owner of an account knows of, as frozen value objects; no I/O, no clock.

How a file of them is read stands in imports/, what they do to the numbers in sql/.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a movement was; deposit and yield come in, withdrawal and fee go out."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    YIELD = "yield"
    FEE = "fee"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Flow:
    """One movement: `amount_exact` is in whole units, canonical decimal digits, above 0; `moved_at` is UTC.

    `is_date_only` says that only the day is known, which `moved_at` is the first instant of.
    """

    account_id: str
    moved_at: datetime
    asset_id: str
    amount_exact: str
    kind: Kind
    note: str | None = None
    is_date_only: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, both inclusive and in UTC, every flow of an account is known."""

    account_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Flows:
    """What one import says: the flows of whole accounts, one span for each of these, and when it was imported."""

    flows: tuple[Flow, ...]
    spans: tuple[Span, ...]
    recorded_at: datetime
