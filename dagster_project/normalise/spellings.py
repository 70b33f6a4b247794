"""Spellings of numbers that lose nothing: in quotes, whole with a fraction of zero, digits where text is due.

Anything else is given back as it is, so that the decoder says what is wrong with it.
"""

import re

EXACT_BELOW = 1 << 53
"""Whole numbers below this are exact in every JSON writer, also in those that know nothing but doubles."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,77})", re.ASCII)
_LONGEST_NUMBER = 400


def spelled(value: object, shape: object) -> object:
    """Give a number that is written as text, or a text of digits that is written as a number, where nothing is lost."""
    if isinstance(value, str) and shape is float and len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, str) and shape is int and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, float) and shape is int and value.is_integer() and abs(value) < EXACT_BELOW:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and shape is str and 0 <= value < EXACT_BELOW:
        return str(value)
    return value
