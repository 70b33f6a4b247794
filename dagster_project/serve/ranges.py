"""Which bytes of an answer a Range header asks for (RFC 9110, 14): one range of bytes, or the whole.

What conditions a range has is conditions.py. Several ranges are answered with the whole, as the RFC allows.
"""

import re
from dataclasses import dataclass

_RANGES = re.compile(r"bytes=\s*((?:\d+-\d*|-\d+)(?:\s*,\s*(?:\d+-\d*|-\d+))*)\s*", re.IGNORECASE | re.ASCII)
_BEYOND = 10**18
"""More bytes than any answer has: what a longer number stands for, so that no number is too long to read."""


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `first` to `last`, both inclusive, of `length`."""

    first: int
    last: int
    length: int

    @property
    def content_range(self) -> str:
        """The part as the header Content-Range writes it."""
        return f"bytes {self.first}-{self.last}/{self.length}"


class BeyondError(Exception):
    """No byte of the answer lies in any of the ranges that are asked for."""


def part_of(header: str | None, length: int) -> Part | None:
    """Give the part that a Range header asks for; None for the whole.

    A header that is no list of ranges of bytes, or whose range ends before it begins, is ignored.

    Raises:
        BeyondError: every range lies behind the end.
    """
    found = _RANGES.fullmatch(header or "")
    if found is None:
        return None
    asked = [one.strip().partition("-") for one in found[1].split(",")]
    if any(first and last and _number(last) < _number(first) for first, _, last in asked):
        return None
    parts = [part for first, _, last in asked if (part := _part(first, last, length)) is not None]
    if not parts:
        raise BeyondError
    return parts[0] if len(asked) == 1 else None


def _part(first: str, last: str, length: int) -> Part | None:
    """Give one range, cut off at the end; without a first byte it is counted from the end."""
    begin = _number(first) if first else max(0, length - _number(last))
    end = min(_number(last), length - 1) if first and last else length - 1
    return Part(begin, end, length) if begin <= end else None


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= 18 else _BEYOND
