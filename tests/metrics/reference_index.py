"""Returns, index, drawdown and volatility by docs/metrics.md, from the parts that reference.py reckons.

Plain Python again; nothing here knows the SQL answers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from tests.metrics.reference import ZERO, Cell, History, Part, parts
from tests.metrics.reference_change import (
    Change,
    Group,
    Holds,
    change,
    complete,
    ends,
    entries,
    everything,
    flows,
    held,
)

DAY = timedelta(days=1)
ALMOST_NOTHING = Fraction(5, 100)
MOVED_IN_A_GAP = Fraction(5, 100)
LARGE = Fraction(10, 100)
LEAST_RETURNS = 20


@dataclass(frozen=True)
class Point:
    """One complete instant of the index: a return is None where a segment begins."""

    at: datetime
    previous: datetime | None
    segment: int
    spans_gap: bool
    return_price: float | None
    return_total: float | None
    index_price: float
    index_total: float
    drawdown: float


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of the index within a segment: from its peak to the trough and back, if it came back."""

    depth: float
    start: datetime | None = None
    trough: datetime | None = None
    recovery: datetime | None = None


@dataclass(frozen=True)
class Gain:
    """What was gained on what was put in; what is not available is None."""

    change: Change
    since: datetime
    until: datetime
    inflow: Decimal
    outflow: Decimal
    roi: float | None
    modified_dietz: float | None
    weighted_apr: float | None

    @property
    def days(self) -> float:
        """How long it took."""
        return (self.until - self.since) / DAY


_UNIT = timedelta(microseconds=1)


def gains(
    history: History,
    holds: Holds = everything,
    group: Group = lambda *_: "all",
    bounds: Sequence[datetime] | None = None,
) -> dict[str, Gain]:
    """Reckon what `returns` and the metrics of tokens and positions say; empty where there is no opening value.

    `bounds` are the complete instants from the opening to the closing, where they are not those of the whole history.
    """
    span = ends(history, holds, None, None) if bounds is None else bounds
    if not span:
        return {}
    mine = [part for part in parts(history) if holds(part.cell) and span[0] < part.at <= span[-1]]
    of_group: dict[str, list[Part]] = {}
    for part in mine:
        of_group.setdefault(group(part.cell, (part.position, part.asset)), []).append(part)
    changes = change(history, holds, group, bounds=span) or {"all": Change()}
    return {name: _gain(one, of_group.get(name, []), span[0], span[-1]) for name, one in changes.items()}


def _gain(whole: Change, mine: Sequence[Part], opening: datetime, closing: datetime) -> Gain:
    by_step, entered_by_step = flows(mine), entries(mine)
    inflow = sum((max(flow, ZERO) for flow in by_step.values()), ZERO)
    entered = sum((max(entry, ZERO) for entry in entered_by_step.values()), ZERO)
    weighted = (
        Fraction(amount) * ((closing - at) // _UNIT) / ((closing - opening) // _UNIT)
        for moved in (by_step, entered_by_step)
        for at, amount in moved.items()
    )
    capital = Fraction(whole.opening) + sum(weighted, Fraction(0))
    dietz = float(Fraction(whole.profit) / capital) if capital > 0 else None
    days = (closing - opening) / DAY
    return Gain(
        change=whole,
        since=opening,
        until=closing,
        inflow=inflow,
        outflow=sum((max(-flow, ZERO) for flow in by_step.values()), ZERO),
        roi=float(Fraction(whole.profit) / Fraction(put_in))
        if (put_in := whole.opening + inflow + entered) > 0
        else None,
        modified_dietz=dietz,
        weighted_apr=dietz * 365 / days if dietz is not None and days >= 1 else None,
    )


def held_since(
    history: History, holds: Holds, group: Group, name: str, closing: datetime
) -> tuple[datetime, bool] | None:
    """Give the instant at which the present holding of a group of rows began, and whether its cell began with it.

    A cell without a record goes on holding what it held. None where the group is not held at the closing.
    """
    holding: dict[Cell, bool] = {}
    began: datetime | None = None
    at_least = False
    for at in [one for one in history.instants if one <= closing]:
        for cell, of_cell in history.record.items():
            if at not in of_cell or not holds(cell):
                holding.pop(cell, None)
            elif of_cell[at] is not None:
                rows = history.of_record(cell, at)
                now = any(group(cell, key) == name and row.amount for key, row in rows.items())
                is_first = cell not in holding
                if now and began is None:
                    at_least = False
                at_least = at_least or (now and is_first and began in (None, at))
                began = at if now and began is None else began
                holding[cell] = now
        if not any(holding.values()):
            began, at_least = None, False
    return None if began is None else (began, at_least)


def index(
    history: History, holds: Holds = everything, since: datetime | None = None, until: datetime | None = None
) -> list[Point]:
    """Reckon the index from one complete instant to the next; a new segment begins where a return would say nothing."""
    span = ends(history, holds, since, until)
    if not span:
        return []
    known = complete(history, holds)
    mine = [part for part in parts(history) if holds(part.cell)]
    points = [Point(span[0], None, 1, spans_gap=False, return_price=None, return_total=None,
                    index_price=1.0, index_total=1.0, drawdown=0.0)]  # fmt: skip
    highest = 1.0
    for before, at in pairwise(span):
        step = [part for part in mine if before < part.at <= at]
        values = [row.worth for _, _, row in held(history, before, holds)]
        net = Fraction(sum(values, ZERO))
        gross = Fraction(sum((value for value in values if value > 0), ZERO))
        spans_gap = any(before < one < at for one in known)
        last = points[-1]
        added = sum((max(one, ZERO) for moved in (flows(step), entries(step)) for one in moved.values()), ZERO)
        moved_in_gap = spans_gap and sum((abs(one) for one in flows(step).values()), ZERO) >= MOVED_IN_A_GAP * net
        if net <= ALMOST_NOTHING * gross or moved_in_gap or last.return_total == -1:
            points.append(Point(at, before, last.segment + 1, spans_gap, None, None, 1.0, 1.0, 0.0))
            highest = 1.0
            continue
        capital = net + (Fraction(added) if added > LARGE * net else 0)
        price = Fraction(sum((part.price for part in step), ZERO))
        earned = Fraction(sum((part.income + part.fee for part in step), ZERO))
        r_price, r_total = (max(float(one / capital), -1.0) for one in (price, price + earned))
        index_total = last.index_total * (1 + r_total)
        highest = max(highest, index_total)
        points.append(
            Point(at, before, last.segment, spans_gap, r_price, r_total,
                  last.index_price * (1 + r_price), index_total, index_total / highest - 1)
        )  # fmt: skip
    return points


def deepest(points: Sequence[Point]) -> Drawdown:
    """Find the deepest drawdown of any segment, the first of those that are equally deep."""
    if not points or (trough := min(points, key=lambda point: point.drawdown)).drawdown == 0:
        return Drawdown(0.0)
    segment = [point for point in points if point.segment == trough.segment]
    before = [point for point in segment if point.at <= trough.at]
    peak = max(point.index_total for point in before)
    start = max(point.at for point in before if point.index_total == peak)
    back = [point.at for point in segment if point.at > trough.at and point.index_total >= peak]
    return Drawdown(trough.drawdown, start, trough.at, min(back, default=None))


def daily_logs(points: Sequence[Point]) -> list[float]:
    """Give the logarithmic returns of consecutive UTC days, none across a gap or a new segment."""
    last_of_day = {point.at.astimezone(UTC).date(): place for place, point in enumerate(points)}
    found = []
    for day, place in last_of_day.items():
        earlier = last_of_day.get(day - DAY)
        if earlier is None or points[earlier].segment != points[place].segment:
            continue
        if any(point.spans_gap for point in points[earlier + 1 : place + 1]):
            continue
        grown = points[place].index_total / points[earlier].index_total if points[earlier].index_total > 0 else 0.0
        if grown > 0:  # the page does not say what the logarithm of a total loss is
            found.append(math.log(grown))
    return found


def volatility(logs: Sequence[float]) -> float | None:
    """Give the annual volatility of daily returns, None below twenty of them."""
    if len(logs) < LEAST_RETURNS:
        return None
    mean = math.fsum(logs) / len(logs)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in logs) / (len(logs) - 1) * 365)
