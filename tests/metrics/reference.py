"""An independent reckoning of change and profit from recorded cells and their rows, in plain Python.

It follows docs/metrics.md to the letter, in exact fractions, and knows nothing of the SQL answers. Its inputs are read
by recorded.py; how a move is divided stands in reference_rules.py, index and drawdown in reference_index.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tests.metrics.reference_moves import Claim, Move, Place, booked
from tests.metrics.reference_rules import divide

ZERO = Decimal(0)


class Cell(NamedTuple):
    """Account x chain x layer."""

    account: str
    chain: str
    layer: str


class Row(NamedTuple):
    """What a provider says of one asset: quantity below zero for a debt, value None where no price is believed.

    `stand_in` is what it would be worth at the last believed price then, `is_withheld` that the total waits for it.
    `price` is the row's own, US dollars a whole unit, None where it states none.
    """

    amount: Fraction
    value: Decimal | None
    price: float | None = None
    stand_in: Decimal | None = None
    is_withheld: bool = False

    @property
    def last(self) -> Decimal | None:
        """The value, else that at the last believed price."""
        return self.stand_in if self.value is None else self.value

    @property
    def own_price(self) -> float | None:
        """The price that the row has, else the one that its value implies."""
        if self.value is not None and self.price is not None:
            return self.price
        return None if self.last is None or not self.amount else float(abs(self.last)) / abs(float(self.amount))

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
    protocols: Mapping[tuple[datetime, str, str, str, str], str] = field(default_factory=dict)
    """By instant, provider, account, chain and position."""

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
    income: Decimal = ZERO
    fee: Decimal = ZERO
    flow: Decimal = ZERO
    scope: Decimal = ZERO
    entry: Decimal = ZERO
    revaluation: Decimal = ZERO
    ambiguous: Decimal = ZERO
    exit: str = ""


def parts(history: History) -> list[Part]:
    """Give every part of every change of the history; what is asked for is a selection of them."""
    found: list[Part] = []
    measured: list[tuple[Move, Decimal, str]] = []
    rewards: list[Move] = []
    wallets: set[Walk] = set()
    for cell in history.record:
        for since, start, at, end in () if cell.layer == "reward" else _steps(history, cell):
            found += _entered(history, cell, (since, start, at, end))
            if since is None or not end.is_there or (before := history.rows.get((end.provider, cell, since))) is None:
                continue
            if cell.layer == "wallet":
                wallets.add((cell.account, cell.chain, since, at))
            measured += _moves(history, cell, (since, at), before, end)
            if cell.layer == "position" and start.provider == end.provider:
                rewards += _rewards(history, cell, since, at, end.provider)
    moves = [*(move for move, _, _ in measured), *rewards]
    for move in moves:
        move.is_wallet_known = (move.place.account, move.place.chain, move.since, move.at) in wallets
    found += [_of_claim(claim) for claim in divide(moves)]
    return found + [_of_move(*one) for one in measured]


def _of_claim(claim: Claim) -> Part:
    account, chain, layer, position, asset = claim.move.place
    part = Part(Cell(account, chain, layer), position, asset, claim.move.at)
    return part._replace(income=claim.usd, flow=-claim.usd, ambiguous=claim.ambiguous)


def _of_move(move: Move, revaluation: Decimal, exit_price: str) -> Part:
    account, chain, layer, position, asset = move.place
    part = Part(Cell(account, chain, layer), position, asset, move.at, move.price, move.accrual, move.accrual)
    part = part._replace(fee=move.fee, flow=move.flow, revaluation=revaluation)
    return part._replace(ambiguous=move.ambiguous, exit=exit_price)


def _entered(history: History, cell: Cell, step: "tuple[datetime | None, _End, datetime, _End]") -> Iterator[Part]:
    """Give what came into scope, went out of it, or changed with the provider of record."""
    since, start, at, end = step
    if since is None or not end.is_there:
        yield from _scope(cell, at, {}, end.rows, is_entry=since is None)
        yield from _scope(cell, at, start.rows, {}, is_entry=not end.is_there)
    elif start.provider != end.provider:
        before = history.rows.get((end.provider, cell, since))
        yield from _scope(cell, at, start.rows, end.rows if before is None else before, is_entry=False)


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


def _scope(cell: Cell, at: datetime, gone: Rows, come: Rows, *, is_entry: bool) -> Iterator[Part]:
    for position, asset in gone.keys() | come.keys():
        new, old = come.get((position, asset)), gone.get((position, asset))
        value = (new.worth if new else ZERO) - (old.worth if old else ZERO)
        yield Part(cell, position, asset, at, scope=value, entry=value if is_entry else ZERO)


def _moves(
    history: History, cell: Cell, step: tuple[datetime, datetime], start: Rows, end: _End
) -> Iterator[tuple[Move, Decimal, str]]:
    at = step[1]
    for position, asset in sorted(start.keys() | end.rows.keys()):
        old, new = start.get((position, asset)), end.rows.get((position, asset))
        known = history.prices.get((at, asset), {})
        exit_price = float(known.get(end.provider, next(iter(known.values()), Fraction(0)))) if known else None
        move = _move(history, (cell, position, asset), step, (old, new), (end.provider, exit_price))
        v0, v1 = (row.worth if row else ZERO for row in (old, new if move.is_there else None))
        w0, w1 = move.worth
        revaluation = (v1 - w1) - (v0 - w0)
        move.price, first = _priced(move, old, new)
        move.rest = w1 - w0 - move.price - first
        gone = old is not None and not move.is_there and old.last is not None
        source = ("provider" if end.provider in known else "other" if known else "opening") if gone else ""
        yield move, revaluation + first, source


def _move(
    history: History,
    of: tuple[Cell, str, str],
    step: tuple[datetime, datetime],
    rows: tuple[Row | None, Row | None],
    priced: tuple[str, float | None],
) -> Move:
    (cell, position, asset), (old, new), (since, at), (provider, exit_price) = of, rows, step, priced
    is_there = new is not None and bool(new.amount)
    opening = old.own_price if old else None
    closing = new.own_price if new is not None and is_there else exit_price if exit_price is not None else opening
    places = [(when, provider, cell.account, cell.chain, position) for when in (at, since)] if position else []
    return Move(
        place=Place(*cell, position, asset), since=since, at=at, group=history.asset_groups.get(asset, asset),
        protocol=next((history.protocols[one] for one in places if one in history.protocols), None),
        held=float(old.amount) if old else 0.0, end=float(new.amount) if new is not None and is_there else 0.0,
        opening_price=opening, closing_price=closing if old is not None or is_there else None, rest=ZERO, price=ZERO,
        worth=((old.last or ZERO) if old else ZERO, (new.last or ZERO) if new is not None and is_there else ZERO),
        was_there=old is not None, is_there=is_there, is_rebasing=asset in history.rebasing, is_wallet_known=False,
    )  # fmt: skip


def _priced(move: Move, old: Row | None, new: Row | None) -> tuple[Decimal, Decimal]:
    """Give what the price made of what was held, and a first or last price, which is revaluation."""
    first, last = move.worth
    if old is None or old.last is None:
        return ZERO, (
            last - first
        ) if old is not None and move.is_there and new is not None and new.last is not None else ZERO
    if move.is_there and (new is None or new.last is None):
        return ZERO, last - first
    if move.is_there and move.held == move.end:
        return last - first, ZERO
    if move.opening_price is None or move.closing_price is None:
        return ZERO, (last - first) if move.is_there else ZERO
    return booked(move.held * (move.closing_price - move.opening_price)), ZERO


def _rewards(history: History, cell: Cell, since: datetime, at: datetime, provider: str) -> Iterator[Move]:
    """Give what unclaimed rewards did over a step of the positions that earn them."""
    own = cell._replace(layer="reward")
    if any(history.record.get(own, {}).get(when) != provider for when in (since, at)):
        return
    start, end = history.rows[provider, own, since], history.rows[provider, own, at]
    earlier_at = _earlier(history, cell, since, provider)
    before = history.rows.get((provider, own, earlier_at)) if earlier_at else None
    for key in sorted(start.keys() | end.keys()):
        known = history.prices.get((at, key[1]), {})
        exit_price = float(known.get(provider, next(iter(known.values()), Fraction(0)))) if known else None
        ends = start.get(key), end.get(key)
        move = _move(history, (own, *key), (since, at), ends, (provider, exit_price))
        if earlier_at and before is not None:
            move.earlier = (float(before[key].amount) if key in before else 0.0), earlier_at
        yield move


def _earlier(history: History, cell: Cell, since: datetime, provider: str) -> datetime | None:
    """Give the begin of the step that ends where this one begins, if the same provider is of record at both."""
    steps = [(first, start, end) for first, start, at, end in _steps(history, cell) if at == since and end.is_there]
    first, start, end = steps[0] if steps else (None, _NOTHING, _NOTHING)
    return first if first is not None and start.provider == end.provider == provider else None


Walk = tuple[str, str, datetime, datetime]
"""Account, chain and both ends of a step."""
