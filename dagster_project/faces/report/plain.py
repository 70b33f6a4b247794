"""Values of answers as the page's script takes them: money in cents, instants in minutes, text that ends no script.

For pictures only: the exact digits are in the answers, and the tables of the page are made of them.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - answers give instants in UTC without a zone
_MINUTE = timedelta(minutes=1)
_WHOLE = 1000


def money(value: object) -> float | None:
    """Give US dollars to the cent, None where they are not known."""
    return round(float(value), 2) if isinstance(value, Decimal) else None


def rough(value: object) -> float | None:
    """Give US dollars for a stack of areas: whole ones from a thousand on, None where they are not known."""
    known = money(value)
    return known if known is None or abs(known) < _WHOLE else round(known)


def minutes(at: object) -> int:
    """Give an instant of an answer in minutes since 1970, UTC."""
    if not isinstance(at, datetime):
        raise TypeError(f"{at!r} is no instant")
    naive = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    return (naive - _EPOCH) // _MINUTE


def script_json(value: object) -> str:
    """Write JSON that can stand inside a script element: no text in it can end the element or begin a comment."""
    shown = msgspec.json.encode(value).decode()
    for letter in "<>&\u2028\u2029":
        shown = shown.replace(letter, f"\\u{ord(letter):04x}")
    return shown
