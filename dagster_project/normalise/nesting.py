"""How deep a body is nested, found without reading it: a bound of our own instead of the interpreter's.

The decoder calls itself for each level. How far it gets depends on the version of Python and on how deep the caller
stands, so that one body could be readable today and not when history is made again from it.
"""

import re

import numpy as np

from dagster_project.errors import UnreadableError

DEEPEST = 64
"""Levels of lists and objects; no contract of a provider has more than ten."""

_OPENING, _CLOSING, _QUOTE = b"[{", b"]}", b'"'
_ALL_ELSE = bytes(set(range(256)) - set(_OPENING + _CLOSING + _QUOTE))
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_STEP = np.zeros(256, np.int8)
_STEP[list(_OPENING)] = 1
_STEP[list(_CLOSING)] = -1


def bounded(body: bytes) -> bytes:
    """Give JSON bytes as they are.

    Up to the first byte that is no JSON the levels are those that a decoder sees; what stands behind it is no matter.

    Raises:
        UnreadableError: somewhere more than 64 lists and objects are open.
    """
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(body) > DEEPEST:
        raise UnreadableError("$", f"is nested more than {DEEPEST} levels deep")
    return body


def _depth(body: bytes) -> int:
    """Give how many lists and objects are open at once, brackets within texts aside."""
    plain = _ESCAPED.sub(b"", body) if b"\\" in body else body
    marks = np.frombuffer(plain.translate(None, _ALL_ELSE), np.uint8)
    is_text = np.cumsum(marks == _QUOTE[0]) % 2 == 1
    return int(np.cumsum(np.where(is_text, 0, _STEP[marks]), dtype=np.int64).max(initial=0))
