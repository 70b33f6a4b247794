"""How much of what moved is accrual, decided for an account, an asset group and a step, in plain Python."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tests.metrics.reference_moves import DUST, MAX_APR, NEAR, WEEK, YEAR, ZERO, Move, Place, booked

OfGroup = tuple[str, datetime, datetime, str]
"""Account, both ends of the step, and asset group."""


@dataclass
class Together:
    """What an account moved of an asset group in a step."""

    key: OfGroup
    moves: list[Move]
    claimed: float
    taken: str | None = None
    accrual: float = 0.0
    ambiguous: float = 0.0

    @property
    def can(self) -> list[Move]:
        """The rows that can accrue."""
        return [move for move in self.moves if move.can_accrue]

    @property
    def accruing(self) -> list[Move]:
        """Those of them that held something before."""
        return [move for move in self.can if move.held != 0]

    @property
    def own(self) -> float:
        """What the rows that can accrue show."""
        return math.fsum(move.moved for move in self.can)

    @property
    def net(self) -> float:
        """That with what the account moved beside them, less what was claimed."""
        return self.own + math.fsum(move.moved for move in self.moves if not move.can_accrue) - self.claimed

    @property
    def whole(self) -> float:
        """What moved, claims aside."""
        return math.fsum(move.moved for move in self.moves)

    @property
    def is_wallet_known(self) -> bool:
        """Whether the wallets on their chains were measured over the same step."""
        return all(move.is_wallet_known for move in self.can)

    @property
    def tolerance(self) -> float:
        """What doubles may be off by."""
        return NEAR * math.fsum(max(abs(move.held), abs(move.end)) for move in self.moves)

    def bounds(self) -> tuple[float, float]:
        """Give the least and the most that may be accrual."""
        each = [move.bounds() for move in self.accruing]
        return math.fsum(low for low, _ in each), math.fsum(high for _, high in each)

    def expected(self) -> float | None:
        """Give how much is expected, None where no rate is known."""
        known = [one for move in self.accruing if (one := move.expected()) is not None]
        return math.fsum(known) if known else None

    def is_inside(self, quantity: float, other: "tuple[float, float]" = (0.0, 0.0)) -> bool:
        """Tell whether a quantity lies inside the bounds, with those of another account."""
        low, high = self.bounds()
        return low + other[0] - self.tolerance <= quantity <= high + other[1] + self.tolerance

    def rest(self) -> float:
        """What is left of what moved once accrual is known; all of it before."""
        return self.whole - {"own": self.own, "net": self.net}.get(self.taken or "", 0.0)


def rate(moves: Sequence[Move], together: Mapping[OfGroup, Together]) -> None:
    """Tell each row that can accrue how fast it grew in the week before, and since when its quantity is the same."""
    rows: dict[Place, list[Move]] = defaultdict(list)
    for move in sorted(moves, key=lambda one: one.at):
        if move.can_accrue:
            rows[move.place].append(move)
    for row in rows.values():
        for number, move in enumerate(row):
            before = [one for one in row[:number] if move.at - WEEK <= one.at]
            changed = [one.at for one in before if one.has_moved]
            since = max(changed) if changed else min([one.since for one in before] + [move.since])
            move.years = (move.at - since) / YEAR
            move.rates = [rate for one in before for rate in (one.own_rate, one.net_rate) if rate is not None]
            if move.has_moved and move.held != 0 and not move.is_traded:
                of_group = together[move.of_group]
                move.own_rate = _rate_of(move.end / move.held, move.years)
                if len(of_group.accruing) == 1 and of_group.is_wallet_known:
                    ratio = 1 + of_group.net / move.held
                    move.net_rate = _rate_of(ratio, move.years) if ratio > 1 + DUST else None


def _rate_of(ratio: float, years: float) -> float | None:
    if ratio <= 1:
        return None
    rate = math.log(ratio) / years
    return rate if rate <= math.log(1 + MAX_APR) * (1 + NEAR) else None


def accrue(together: Mapping[OfGroup, Together]) -> None:
    """Decide each group, alone first, then with other own accounts, and share it among its rows."""
    deciding = [one for one in together.values() if one.accruing]
    for one in deciding:
        _choose(one)
    undecided = [one for one in deciding if one.taken is None]
    found: list[tuple[Together, float]] = []
    for one in undecided:
        low, high = one.bounds()
        best: tuple[float, str, float] | None = None
        for other in together.values():
            is_beside = other.key[1:] == one.key[1:] and other.key[0] != one.key[0]
            if not is_beside or one.net * other.rest() >= 0:
                continue
            is_open = bool(other.accruing) and other.taken is None
            other_low, other_high = other.bounds() if is_open else (0.0, 0.0)
            whole = one.net + other.rest()
            if not one.is_inside(whole, (other_low, other_high)):
                continue
            width = high - low + other_high - other_low
            off = abs(whole - (one.expected() or 0.0) - ((other.expected() or 0.0) if is_open else 0.0))
            best = min(filter(None, (best, (off, other.key[0], whole * (high - low) / width if width > 0 else 0.0))))
        if best is not None:
            found.append((one, best[2]))
    for one, share in found:
        one.taken, one.accrual = "opposite", share
    for one in deciding:
        if one.taken is None:
            low, high = one.bounds()
            expected = one.expected()
            one.taken = "none" if expected is None else "expected"
            one.ambiguous = high - low
        _share(one)


def _choose(one: Together) -> None:
    low, high = one.bounds()
    is_own, is_net = one.is_inside(one.own), one.is_wallet_known and one.is_inside(one.net)
    apart = abs(one.own - one.net)
    if is_own and is_net:
        expected = one.expected() or 0.0
        own_first = (abs(one.own - expected), abs(one.own)) <= (abs(one.net - expected), abs(one.net))
        one.taken = "own" if apart <= one.tolerance or own_first else "net"
    elif is_own or is_net:
        one.taken = "own" if is_own else "net"
    if one.taken is not None:
        one.accrual = one.own if one.taken == "own" else one.net
        one.ambiguous = min(apart, high - low) if is_own is not is_net else apart
        if not one.is_wallet_known:
            one.ambiguous = abs(one.own)


def _share(one: Together) -> None:
    """Share the accrual of a group among its rows: what lies inside its own bound keeps what it shows."""
    inside = [move for move in one.can if move.held != 0 and _is_inside(move)]
    outside = [move for move in one.can if move not in inside]
    widths = {id(move): (_width(move) if move.held != 0 else 0.0) for move in one.can}
    outside_width = math.fsum(widths[id(move)] for move in outside)
    kept = math.fsum(move.moved for move in inside)
    for move in one.can:
        if one.taken in ("expected", "none"):
            quantity = move.moved if move in inside else (move.expected() or 0.0)
        elif outside_width > 0:
            quantity = move.moved if move in inside else (one.accrual - kept) * widths[id(move)] / outside_width
        elif one.taken == "own" and not any(move.moved for move in outside):
            quantity = move.moved
        else:
            quantity = one.accrual * _weight(one, move, widths)
        move.accrual = _worth(move, quantity)
    first = max(one.can, key=lambda move: widths[id(move)])
    if first.closing_price is not None:
        first.ambiguous += abs(booked(one.ambiguous * first.closing_price))


def _weight(one: Together, move: Move, widths: dict[int, float]) -> float:
    expected = {id(each): abs(each.expected() or 0.0) for each in one.can}
    is_known = all(each.expected() is not None or each.held == 0 for each in one.can)
    weights = expected if is_known and math.fsum(expected.values()) > 0 else widths
    whole = math.fsum(weights.values())
    return weights[id(move)] / whole if whole > 0 else 0.0


def _is_inside(move: Move) -> bool:
    low, high = move.bounds()
    return low - NEAR * abs(move.held) <= move.moved <= high + NEAR * abs(move.held)


def _width(move: Move) -> float:
    low, high = move.bounds()
    return high - low


def _worth(move: Move, quantity: float) -> Decimal:
    if quantity == 0:
        return ZERO
    if abs(quantity - move.moved) <= DUST * abs(move.moved):
        return move.rest
    return ZERO if move.closing_price is None else booked(quantity * move.closing_price)
