"""An independent reckoning of change and profit from recorded cells and their rows, in plain Python.

It follows docs/metrics.md to the letter, in exact fractions, and knows nothing of the SQL answers. Its inputs are read
by recorded.py; index, drawdown and volatility stand in reference_index.py.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

ACCRUING = ("position", "debt")
ZERO = Decimal(0)


class Cell(NamedTuple):
    """Account x chain x layer."""

    account: str
    chain: str
    layer: str


class Row(NamedTuple):
    """What a provider says of one asset: quantity below zero for a debt, value None where no price is believed.

    `stand_in` is what it would be worth at the last believed price then, `is_withheld` that the total waits for it.
    """

    amount: Fraction
    value: Decimal | None
    stand_in: Decimal | None = None
    is_withheld: bool = False

    @property
    def last(self) -> Decimal | None:
        """The value, else that at the last believed price."""
        return self.stand_in if self.value is None else self.value

    @property
    def worth(self) -> Decimal:
        """The booked value, 0 where it has no known price."""
        return ZERO if self.value is None else self.value


Key = tuple[str, str]
"""Position and asset: which row of a cell."""

Rows = Mapping[Key, Row]


@dataclass(frozen=True)
class History:
    """Everything that the reckoning knows.

    `record` holds the cells in scope by instant, None where nothing is of record; `rows` the rows that count of every
    trusted answer by provider, cell and instant; `prices` what each provider prices an asset at, by order of record.
    """

    instants: Sequence[datetime]
    record: Mapping[Cell, Mapping[datetime, str | None]]
    rows: Mapping[tuple[str, Cell, datetime], Rows]
    prices: Mapping[tuple[datetime, str], Mapping[str, Fraction]]
    rebasing: frozenset[str] = frozenset()
    asset_groups: Mapping[str, str] = field(default_factory=dict)

    def of_record(self, cell: Cell, at: datetime) -> Rows:
        """The rows of record of a cell, none where nothing is."""
        provider = self.record[cell].get(at)
        return {} if provider is None else self.rows[provider, cell, at]


class Part(NamedTuple):
    """What one row did from a recorded instant of its cell to the next; `exit` says where an exit price is from."""

    cell: Cell
    position: str
    asset: str
    at: datetime
    price: Decimal = ZERO
    accrual: Decimal = ZERO
    flow: Decimal = ZERO
    scope: Decimal = ZERO
    revaluation: Decimal = ZERO
    exit: str = ""


class Move(NamedTuple):
    """A row over a step that is measured, before what it moved is told into flow and accrual."""

    since: datetime
    part: Part
    moved: Fraction
    rest: Decimal
    can_accrue: bool


def rounded(value: Fraction) -> Decimal:
    """Round to six decimals, half away from zero."""
    size = int(abs(value) * 1_000_000 + Fraction(1, 2))
    return Decimal(-size if value < 0 else size).scaleb(-6)


def parts(history: History) -> list[Part]:
    """Give every part of every change of the history; what is asked for is a selection of them."""
    moves: list[Move] = []
    found: list[Part] = []
    stepped: set[Walk] = set()
    for cell in history.record:
        if cell.layer == "reward":
            continue
        for since, start, at, end in _steps(history, cell):
            if since is None or not end.is_there:
                found += _scope(cell, at, {}, end.rows)
                found += _scope(cell, at, start.rows, {})
                continue
            before = history.rows.get((end.provider, cell, since))
            if start.provider != end.provider:
                found += _scope(cell, at, start.rows, end.rows if before is None else before)
            if before is None:
                continue
            if cell.layer == "wallet":
                stepped.add((cell.account, cell.chain, since, at))
            moves += _moves(history, cell, (since, at), before, end)
    return found + list(_told(moves, stepped))


class _End(NamedTuple):
    provider: str
    rows: Rows
    is_there: bool = True


_NOTHING = _End("", {}, is_there=False)


def _steps(history: History, cell: Cell) -> Iterator[tuple[datetime | None, _End, datetime, _End]]:
    """Go from each recorded instant of a cell to the next; it enters from nothing and leaves to nothing."""
    since: datetime | None = None
    start = _NOTHING
    for at in history.instants:
        if at not in history.record[cell]:
            if since is not None:
                yield since, start, at, _NOTHING
            since, start = None, _NOTHING
            continue
        provider = history.record[cell][at]
        if provider is None:
            continue
        end = _End(provider, history.rows[provider, cell, at])
        yield since, start, at, end
        since, start = at, end


def _scope(cell: Cell, at: datetime, gone: Rows, come: Rows) -> Iterator[Part]:
    for position, asset in gone.keys() | come.keys():
        new, old = come.get((position, asset)), gone.get((position, asset))
        value = (new.worth if new else ZERO) - (old.worth if old else ZERO)
        yield Part(cell, position, asset, at, scope=value)


def _moves(history: History, cell: Cell, step: tuple[datetime, datetime], start: Rows, end: _End) -> Iterator[Move]:
    since, at = step
    lasting = {position for position, _ in start} & {position for position, _ in end.rows}
    for position, asset in sorted(start.keys() | end.rows.keys()):
        old, new = start.get((position, asset)), end.rows.get((position, asset))
        price, revaluation, exit_price = _priced(history, (asset, at, end.provider), old, new)
        part = Part(cell, position, asset, at, price=price, revaluation=revaluation, exit=exit_price)
        moved = (new.amount if new else Fraction(0)) - (old.amount if old else Fraction(0))
        change = (new.worth if new else ZERO) - (old.worth if old else ZERO)
        is_rebasing = asset in history.rebasing and old is not None and new is not None
        can_accrue = is_rebasing or (cell.layer in ACCRUING and position in lasting)
        yield Move(since, part, moved, change - revaluation - price, can_accrue)


def _priced(
    history: History, of: tuple[str, datetime, str], old: Row | None, new: Row | None
) -> tuple[Decimal, Decimal, str]:
    """Give price and revaluation of a row, and where the price of one that is gone was taken from."""
    asset, at, provider = of
    v0, v1 = (row.worth if row else ZERO for row in (old, new))
    w0, w1 = ((row.last or ZERO) if row else ZERO for row in (old, new))
    taken_out = (v1 - w1) - (v0 - w0)
    if old is None:
        return ZERO, taken_out, ""
    if (new is None or not new.amount) and old.last is None:
        return ZERO, ZERO, ""  # the page says q0 * p1 - 0: a gain from nothing, which nobody can have meant
    if new is None or not new.amount:
        known = history.prices.get((at, asset), {})
        exit_price = "provider" if provider in known else "other" if known else "opening"
        if exit_price == "opening":
            return ZERO, taken_out, exit_price  # q0 * v0 / q0 - v0
        each = known[provider] if provider in known else next(iter(known.values()))
        return rounded(old.amount * each - Fraction(w0)), taken_out, exit_price
    if (old.last is None) != (new.last is None):
        return ZERO, w1 - w0 + taken_out, ""
    return rounded(Fraction(w1) * old.amount / new.amount - Fraction(w0)), taken_out, ""


Walk = tuple[str, str, datetime, datetime]
"""Account, chain and both ends of a step."""


def _told(moves: Sequence[Move], stepped: set[Walk]) -> Iterator[Part]:
    """Tell what moved into flow and accrual, by account, asset and step."""
    together: dict[tuple[Walk, str], list[Move]] = defaultdict(list)
    for move in moves:
        cell = move.part.cell
        together[(cell.account, cell.chain, move.since, move.part.at), move.part.asset].append(move)
    for (walk, _), group in together.items():
        can = [move for move in group if move.can_accrue]
        # the page says wallet rows alone; what opened or closed explains as much (a loan repaid out of a supply)
        beside = [move for move in group if not move.can_accrue]
        wallet = sum((move.moved for move in beside), Fraction(0))
        against = sum((move.moved for move in can if move.moved * wallet < 0), Fraction(0))
        for move in group:
            if not move.can_accrue or walk not in stepped:
                yield move.part._replace(flow=move.rest)
                continue
            share = min(Fraction(1), abs(wallet / against)) if move.moved * wallet < 0 else Fraction(0)
            accrual = rounded((1 - share) * Fraction(move.rest))
            yield move.part._replace(accrual=accrual, flow=move.rest - accrual)
