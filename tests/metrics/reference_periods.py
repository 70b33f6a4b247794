"""Periods by the calendar, from the complete instants that reference_change.py finds.

Plain Python again; nothing here knows the SQL answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tests.metrics.reference import History
from tests.metrics.reference_change import Holds, complete, everything


def _first_of(day: datetime, months: int) -> datetime:
    """Give the first day of the month, quarter or year (so many months) that a day lies in."""
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


BEGINS: Mapping[str, Callable[[datetime], datetime]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: _first_of(day, 1),
    "quarter": lambda day: _first_of(day, 3),
    "year": lambda day: _first_of(day, 12),
}
"""The begin of the period that a midnight lies in."""


@dataclass(frozen=True)
class Period:
    """From begin to end; the instants at which it opens and closes, None where none of its instants is complete."""

    begin: datetime
    end: datetime
    opening: datetime | None
    closing: datetime | None
    instants: int


def bounds(every: str, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give begin and end of each period from the one that holds `first` to the one that holds `last`."""
    day, begins = BEGINS[every](first.replace(hour=0, minute=0, second=0, microsecond=0)), list[datetime]()
    while not begins or begins[-1] <= last:
        begins += [day] if BEGINS[every](day) == day else []
        day += timedelta(days=1)
    yield from pairwise(begins)


def periods(history: History, every: str, holds: Holds = everything) -> list[Period]:
    """Give every period in which the scope has an instant, each opening where the one before closed."""
    known = complete(history, holds)
    if not known:
        return []
    first, last = min(known), max(known)
    whole = [at for at, is_complete in known.items() if is_complete]
    found = []
    for begin, end in bounds(every, first, last):
        inside = [at for at in known if begin < at <= end or at == first == begin]
        if not inside:
            continue
        before = [at for at in whole if at <= begin]
        closing = max((at for at in inside if known[at]), default=None)
        opening = before[-1] if before else min((at for at in inside if known[at]), default=None)
        found.append(Period(begin, end, opening, closing, len(inside)))
    return found
