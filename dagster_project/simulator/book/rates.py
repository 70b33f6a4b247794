"""What a euro is worth in other currencies on the days on which a reference rate is fixed: no weekend, no holiday.

A rate exists or it does not; how a provider writes either is the dialect's matter.
"""

import functools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.window import BEGIN_AT

FRANKFURT = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2025, 5, 19)
"""Two weeks before the book begins, so that its first instants have a rate too."""

_LAST_DAY = date(2028, 12, 29)
_FIXED_AT = time(14, 15, tzinfo=FRANKFURT)
_PUBLISHED_AT = time(16, tzinfo=FRANKFURT)

_EVERY_YEAR = ((1, 1), (5, 1), (12, 25), (12, 26))
_GOOD_FRIDAYS = (date(2026, 4, 3), date(2027, 3, 26), date(2028, 4, 14))
_CLOSED = frozenset(day + timedelta(after) for day in _GOOD_FRIDAYS for after in (0, 3))

_WALKS = {"CHF": (0.9370, 4), "GBP": (0.8420, 5), "JPY": (162.80, 2), "PLN": (4.2470, 4), "SEK": (10.90, 4)}
"""Units for a euro at the beginning, and how many decimals are published; the US dollar is what a EURC costs."""

CURRENCIES = ("USD", *_WALKS)


def is_fixed_on(day: date) -> bool:
    """Whether rates are fixed on a day, by the calendar of the TARGET system."""
    is_closed = day.weekday() >= 5 or (day.month, day.day) in _EVERY_YEAR or day in _CLOSED
    return FIRST_DAY <= day <= _LAST_DAY and not is_closed


def is_published_by(day: date, at: int) -> bool:
    """Whether the rates of a day are out at an instant (unix seconds)."""
    return datetime.combine(day, _PUBLISHED_AT).timestamp() <= at


def rate(currency: str, day: date) -> float:
    """Units of a currency for a euro, rounded as they are published.

    Raises:
        KeyError: there is no such currency, or no rate on that day.
    """
    if currency != "USD":
        return _walk(currency)[day]
    at = int(datetime.combine(day, _FIXED_AT).timestamp())
    price = price_usd(ASSET_BY_KEY["EURC"].id, max(at, BEGIN_AT))
    if price is None or not is_fixed_on(day):
        raise KeyError(currency, day)
    return round(price, 4)


@functools.cache
def _walk(currency: str) -> dict[date, float]:
    """A walk from day to day, a third of a percent at a time and always a little back to where it began."""
    start, digits = _WALKS[currency]
    draw = seeded(f"rate/{currency}").random
    value, told = start, {}
    for after in range((_LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(after)
        if is_fixed_on(day):
            value = value * (1.0 + 0.0033 * (draw() + draw() + draw() - 1.5)) + 0.01 * (start - value)
            told[day] = round(value, digits)
    return told


def today(at: int) -> date:
    """The day in Frankfurt at an instant (unix seconds)."""
    return datetime.fromtimestamp(at, UTC).astimezone(FRANKFURT).date()
