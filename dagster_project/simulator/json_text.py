"""JSON as the providers' servers write it: compact, members in the order given, numbers as JavaScript's.

What is written is the dialects' matter; reading JSON does not belong here.
"""

import functools
import math
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from typing import Any

_PLAIN_DIGITS = 21
"""JavaScript writes numbers below 10**21 without an exponent."""
_LEADING_ZEROS = 6
"""And fractions with at most this many digits of nought before the first other one."""


class Verbatim(str):
    """Text that goes into the document as it stands, for numbers that no honest writer would write."""

    __slots__ = ()


def encode(value: object) -> bytes:
    """The value as UTF-8 JSON.

    Args:
        value: Dicts with text keys, lists, tuples, text, int, float, bool, None and `Verbatim`, nested.

    Raises:
        ValueError: A number is not finite.
        TypeError: Something else is inside.
    """
    return _text(value).encode()


def number(value: float) -> str:
    """The shortest digits that read back as the same double, spelled as JavaScript spells them.

    Integral values have no point (`250`), an exponent begins at 1e21 and below 1e-6 (`7.9e-8`).

    Raises:
        ValueError: The number is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"JSON has no word for {value}")
    text = repr(value)
    if "e" not in text and (value >= 1 or value <= -1):
        return text.removesuffix(".0")
    if value == 0:
        return "0"
    return _spell(text)


def _spell(text: str) -> str:
    """Python's spelling of a double, turned into JavaScript's."""
    sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if len(digits) <= point <= _PLAIN_DIGITS:
        return sign + digits.ljust(point, "0")
    if 0 < point <= _PLAIN_DIGITS:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -_LEADING_ZEROS < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _text(value: object) -> str:
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise TypeError(f"JSON has no word for {type(value).__name__}")
    return writer(value)


@functools.cache
def _name(member: str) -> str:
    return encode_basestring(member) + ":"


def _object(members: dict[str, object]) -> str:
    return "{" + ",".join([_name(member) + _text(value) for member, value in members.items()]) + "}"


def _array(items: Sequence[object]) -> str:
    return "[" + ",".join([_text(item) for item in items]) + "]"


# Found by the exact type: a chain of questions about it took most of the time of an answer.
_WRITERS: dict[type, Callable[[Any], str]] = {
    float: number,
    str: encode_basestring,
    dict: _object,
    list: _array,
    tuple: _array,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    Verbatim: str,
}
