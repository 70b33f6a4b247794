"""A row over a step, as plain numbers: what it held, what it may have grown by, and what becomes of its move."""

import math
import statistics
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
WEEK = timedelta(days=7)
YEAR = timedelta(days=365)
MAX_APR = 1.0
DUST = 1e-12
NEAR = 1e-9


Step = tuple[str, datetime, datetime]
"""An account and both ends."""


class Place(NamedTuple):
    """Which row it is: account, chain, layer, position, asset."""

    account: str
    chain: str
    layer: str
    position: str
    asset: str


@dataclass
class Move:
    """A row over a step that is measured: what it held at both ends, its price at both, and what is to be divided."""

    place: Place
    since: datetime
    at: datetime
    group: str
    protocol: str | None
    held: float
    end: float
    opening_price: float | None
    closing_price: float | None
    rest: Decimal
    price: Decimal
    worth: tuple[Decimal, Decimal]
    was_there: bool
    is_there: bool
    is_rebasing: bool
    is_wallet_known: bool
    is_traded: bool = False
    earlier: tuple[float, datetime] | None = None
    accrual: Decimal = ZERO
    fee: Decimal = ZERO
    flow: Decimal = ZERO
    ambiguous: Decimal = ZERO
    rates: list[float] = field(default_factory=list)
    own_rate: float | None = None
    net_rate: float | None = None
    years: float = 0.0

    @property
    def moved(self) -> float:
        """How much more of it is there."""
        return self.end - self.held

    @property
    def has_moved(self) -> bool:
        """Whether that is more than the rounding of a double."""
        return self.moved != 0 and abs(self.moved) > DUST * max(abs(self.held), abs(self.end))

    @property
    def can_accrue(self) -> bool:
        """Whether the row may grow by itself."""
        return self.place.layer in ("position", "debt") or (self.is_rebasing and self.place.layer != "reward")

    @property
    def step(self) -> Step:
        """The account and both ends."""
        return self.place.account, self.since, self.at

    @property
    def of_group(self) -> tuple[str, datetime, datetime, str]:
        """What is decided together."""
        return *self.step, self.group

    def expected(self) -> float | None:
        """How much it is expected to have grown, None without a rate."""
        if not self.rates:
            return None
        return self.held * (math.exp(statistics.median(self.rates) * self.years) - 1)

    def bounds(self) -> tuple[float, float]:
        """The least and the most that may be accrual."""
        rate = 4 * statistics.median(self.rates) if self.rates else math.log(1 + MAX_APR)
        most = self.held * (math.exp(rate * self.years) - 1)
        least = -0.05 * self.held if self.place.layer not in ("position", "debt") else 0.0
        return min(least, most), max(least, most)


class Claim(NamedTuple):
    """A reward that was claimed in a step."""

    move: Move
    quantity: float
    usd: Decimal
    ambiguous: Decimal


def booked(value: float) -> Decimal:
    """Book a double as the database does: six decimals, half away from zero."""
    size = math.floor(abs(value) * 1e6 + 0.5)
    return Decimal(-size if value < 0 else size).scaleb(-6)
