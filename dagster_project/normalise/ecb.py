"""ECB euro foreign exchange reference rates: what a euro cost on working days, read as US dollars for a unit.

How they are asked for is sources/ecb.py, limits and quirks are docs/sources/ecb.md. When a day's rates count as
published is said here, once for both.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Rate, Reading
from dagster_project.model import Pull
from dagster_project.normalise.csv_rows import read_csv
from dagster_project.normalise.fitting import LONGEST_NAME
from dagster_project.normalise.reading import MOST_UNKNOWN_FIELDS

VERSION = 1
"""Raised when the same bytes would give other rows."""

PUBLISHED = time(16)
"""At the seat of the ECB, in its winter or summer time: the hour that the publisher names, give or take minutes."""

EURO, DOLLAR = "EUR", "USD"
_SERIES = {"FREQ": "D", "CURRENCY_DENOM": EURO, "EXR_TYPE": "SP00", "EXR_SUFFIX": "A"}
"""Daily, against the euro, spot, average: the reference rates. Other series have other words here."""

_NEEDED = (*_SERIES, "CURRENCY", "TIME_PERIOD", "OBS_VALUE")
_KNOWN = frozenset({"KEY", *_NEEDED})
_NO_RATE = ("", "NaN")
"""What stands in the place of a rate on a day that has none."""

_RATE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Told = Mapping[date, str]
"""Units of one currency for a euro by day, in the publisher's digits."""


@cache
def _seat() -> ZoneInfo:
    """Give the zone of Frankfurt, which is read from the machine when it is first needed."""
    return ZoneInfo("Europe/Berlin")


def published_at(day: date) -> datetime:
    """Give the instant from which the rates of a day count as published."""
    return datetime.combine(day, PUBLISHED, _seat()).astimezone(UTC)


def last_published(as_of: datetime) -> date:
    """Give the last day whose rates were published by `as_of`, if it was a working day."""
    today = as_of.astimezone(_seat()).date()
    return today if published_at(today) <= as_of else today - timedelta(days=1)


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read the last rate of each currency that was asked for, and of the euro itself.

    All of it is true for the instant at which the newest was published. A currency without any rate has no row.

    Raises:
        UnreadableError: it is no CSV of these series, or says nothing of the US dollar, through which all others go.
    """
    asked = pull.pull_key.rpartition("/")[2].split(".")[1].split("+")
    told: dict[str, dict[date, str]] = {currency: {} for currency in asked}
    unknown: tuple[str, ...] = ()
    for where, row in _rows(body):
        unknown = unknown or tuple(name[:LONGEST_NAME] for name in row if name not in _KNOWN)
        day, rate = _day(row["TIME_PERIOD"], where), row["OBS_VALUE"]
        if row["CURRENCY"] not in told:
            raise UnreadableError(f"{where}.CURRENCY", "is none that was asked for")
        if rate in _NO_RATE:
            continue
        if _RATE.fullmatch(rate) is None or not Fraction(rate):
            raise UnreadableError(f"{where}.OBS_VALUE", "is no rate: decimal digits above 0")
        if told[row["CURRENCY"]].setdefault(day, rate) != rate:
            raise UnreadableError(f"{where}.OBS_VALUE", "differs from what the same answer says of this day elsewhere")
    dollars = told[DOLLAR]
    if not dollars:
        raise UnreadableError("$", "holds no rate of the US dollar, through which all others go")
    told[EURO] = dict.fromkeys(dollars, "1")
    rates = [rate for currency in sorted(told.keys() - {DOLLAR}) for rate in _last(currency, told[currency], dollars)]
    newest = published_at(max(max(days) for days in told.values() if days))
    return Reading(newest, {}, unknown_fields=unknown[:MOST_UNKNOWN_FIELDS], rates=tuple(rates))


def _rows(body: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    for where, row in read_csv(body):
        for name in _NEEDED:
            if name not in row:
                raise UnreadableError(f"row 0.{name}", "is not there")
        for name, wanted in _SERIES.items():
            if row[name] != wanted:
                raise UnreadableError(f"{where}.{name}", f"is of another series than {wanted}")
        yield where, row


def _day(text: str, where: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the thirtieth of February
    raise UnreadableError(f"{where}.TIME_PERIOD", "is no day, as in 2026-05-04")


def _last(currency: str, told: Told, dollars: Told) -> Iterator[Rate]:
    """Give the rate of the last day that has one both for the currency and for the US dollar."""
    days = told.keys() & dollars.keys()
    if days:
        day = max(days)
        usd, unit = dollars[day], told[day]
        yield Rate(currency, float(Fraction(usd) / Fraction(unit)), EURO, usd, unit, day, published_at(day))
