"""What a normaliser makes of a body: holdings by cell, positions, allowances, figures, rates, when it is true for."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from dagster_project.model import Cell, Pull, Reason

T = TypeVar("T")


class PriceStatus(StrEnum):
    """What is known of a row's price."""

    PRICED = "priced"
    UNKNOWN = "unknown"
    ZERO = "zero"
    QUARANTINED = "quarantined"


class PriceOrigin(StrEnum):
    """Who made a row's price; where another provider did, its name stands there instead."""

    STATED = "stated"
    IMPLIED = "implied"
    RESIDUAL = "residual"


class Holding(NamedTuple):
    """One row of a provider's answer: an asset in a cell, as stated.

    `amount_raw` is canonical decimal digits in base units, None where the provider gives only a float;
    `amount` is in whole units, None where nobody has said yet how many decimals the asset has; `price_usd` and
    `stated_value_usd` are the provider's doubles, bit for bit; `price_usd` is None where the price is unknown. A
    debt's amount is >= 0, its sign is in the value. A price is `implied` where the provider states the value alone, and
    `residual` where that is what a position's own value leaves for its one leg without a price. Where the amount is a
    share of a vault or lending pool, `shares_raw` are the shares and `rate_raw` what one is worth, both decimal digits,
    the rate in the contract's own fixed point; shares that earn keep their number while their rate rises.
    """

    asset_id: str
    amount: float | None
    price_usd: float | None
    price_status: PriceStatus
    stated_value_usd: float | None
    amount_raw: str | None = None
    decimals: int | None = None
    position_id: str = ""
    is_counted: bool = True
    price_origin: str = PriceOrigin.STATED
    shares_raw: str | None = None
    rate_raw: str | None = None


class Position(NamedTuple):
    """What a provider says of a protocol position: `contract_id` is the asset that stands for it, if held as a token.

    `token_id` is decimal digits, "0" for what is no NFT; `stated_value_usd` is the header's own double, bit for bit.
    """

    position_id: str
    contract_id: str
    token_id: str
    kind: str
    protocol_id: str
    protocol_name: str
    name: str
    stated_value_usd: float | None


class Figure(NamedTuple):
    """One figure that a provider states beside its balances, under its own name `measure`.

    `subject` says what in the answer it is about, empty for the whole; `point_at` is the instant of a point in a
    series over time. A figure is a number, bit for bit, or words; text that holds a number is both.
    """

    subject: str
    measure: str
    number: float | None
    words: str | None = None
    point_at: datetime | None = None


class Asset(NamedTuple):
    """What a provider says of an asset, untrusted text but for the decimals; `group_id` joins it across chains."""

    asset_id: str
    symbol: str
    name: str
    decimals: int
    group_id: str | None = None


class Allowance(NamedTuple):
    """How much of an asset a spender may move, in base units, decimal digits up to 2^256 - 1."""

    spender: str
    asset_id: str
    allowance_raw: str


class Rate(NamedTuple):
    """What one unit of a currency cost when it was last published.

    A unit is `usd_per_base` / `unit_per_base` US dollars exactly, both in the digits of the publisher, whose rates are
    against its own `base_currency`; `usd_per_unit` is the double nearest to that.
    """

    currency: str
    usd_per_unit: float
    base_currency: str
    usd_per_base: str
    unit_per_base: str
    rate_day: date
    published_at: datetime


class Fault(NamedTuple):
    """A part of an answer that could not be read: the path of the field at fault, why, and the cells without a record.

    A part that belongs to no cell, such as one price of many, costs itself alone.
    """

    where: str
    why: str
    cells: tuple[Cell, ...] = ()
    reason: Reason = Reason.UNREADABLE


@dataclass(frozen=True, slots=True)
class Reading:
    """What a normaliser makes of one body: rows by cell, and when the answer is true for.

    `rows` holds one entry a cell that the answer covers, empty where it holds nothing; `stated_usd` the provider's
    own totals of cells where it states them, bit for bit. Positions and allowances stand by account and chain, as the
    wallet cell of both. `unwatched` holds what the answer lists beside the cells that it was asked for: facts, but no
    part of any value; `contracts` the asset that stands for each position there, by chain and position id.
    `unknown_fields` names members that the contract does not know; they are tolerated and reported. `is_proven` says
    that the answer itself shows that nothing changed from `effective_at` to the instant, however long that is. `now`
    are the cells of which it speaks as of the time at which it came, whatever was asked for. `faults` are the parts
    that could not be read; the cells that they cost stand in none of the others.
    """

    effective_at: datetime | None
    rows: Mapping[Cell, tuple[Holding, ...]]
    stated_usd: Mapping[Cell, float] = field(default_factory=dict)
    block_number: int | None = None
    unknown_fields: tuple[str, ...] = ()
    positions: Mapping[Cell, tuple[Position, ...]] = field(default_factory=dict)
    allowances: Mapping[Cell, tuple[Allowance, ...]] = field(default_factory=dict)
    assets: tuple[Asset, ...] = ()
    figures: tuple[Figure, ...] = ()
    rates: tuple[Rate, ...] = ()
    unwatched: Mapping[Cell, tuple[Holding, ...]] = field(default_factory=dict)
    contracts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    is_proven: bool = False
    now: frozenset[Cell] = frozenset()
    faults: tuple[Fault, ...] = ()

    def without(self, cells: Collection[Cell]) -> "Reading":
        """Give it without what it says of these cells."""
        if not cells:
            return self
        return replace(
            self,
            rows=_left(self.rows, cells),
            stated_usd=_left(self.stated_usd, cells),
            positions=_left(self.positions, cells),
            allowances=_left(self.allowances, cells),
            now=self.now.difference(cells),
        )

    @property
    def is_empty(self) -> bool:
        """Tell whether the answer holds nothing at all: no holding, no allowance, no figure, no rate, and no asset.

        What it lists of chains that were not asked for says nothing of those that were.
        """
        beside = (() if self.unwatched else self.assets, self.figures, self.rates)
        return not (any(self.rows.values()) or any(self.allowances.values()) or any(beside))


def _left(by_cell: Mapping[Cell, T], cells: Collection[Cell]) -> dict[Cell, T]:
    return {cell: one for cell, one in by_cell.items() if cell not in cells}


Normalise = Callable[[Pull, bytes], Reading]
"""Bytes in, rows out; raises UnreadableError with the path of the field, and nothing else."""
