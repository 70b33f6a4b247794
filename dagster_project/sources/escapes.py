"""Take away escapes as JSON, URLs and HTML write them, layer by layer, and know where each byte stood before.

What is looked for in the text is redaction.py.
"""

import bisect
import html
import re
from collections.abc import Iterator
from functools import cached_property

MOST_ROUNDS = 6
"""How many layers of escapes are taken away: JSON in JSON in a URL has three."""

LONGEST_ESCAPE = 12
"""Bytes, of one letter in one layer."""

_ESCAPES = (
    (b"\\", re.compile(rb"""\\(?:[uU][0-9a-fA-F]{4}|[xX][0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,6}\}|["'/\\])""")),
    (b"%", re.compile(rb"%(?:[0-9a-fA-F]{2}|[uU][0-9a-fA-F]{4})")),
    (b"&", re.compile(rb"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[a-zA-Z]{2,8});?")),
)
"""Of JSON and JavaScript, of URLs, of HTML: the byte that an escape begins with, and the whole of it."""

_TORN = re.compile(
    rb"(?:\\+(?:[uU]\{?[0-9a-fA-F]{0,5}|[xX][0-9a-fA-F]?)?"
    rb"|%(?:25)*(?:[uU][0-9a-fA-F]{0,3}|[0-9a-fA-F])?|&[#a-zA-Z0-9]{0,8})\Z"
)
_HEX = re.compile(rb"[0-9a-fA-F]+")


class _Layer:
    """One kind of escape, taken away from a text."""

    def __init__(self, escaped: bytes, pattern: re.Pattern[bytes]) -> None:
        self.escaped = escaped
        self._pattern = pattern
        self._known: dict[bytes, bytes] = {}
        self.text = pattern.sub(self._meaning, escaped)

    def _meaning(self, found: re.Match[bytes]) -> bytes:
        escape = found[0]
        meaning = self._known.get(escape)
        if meaning is None:
            meaning = self._known[escape] = _meaning_of(escape)
        return meaning

    @cached_property
    def _escapes(self) -> tuple[list[int], list[tuple[int, int, int]]]:
        """Where each escape stands: its begin in the text, and its end there, its begin and end in what was escaped."""
        begins, places, shorter = [], [], 0
        for found in self._pattern.finditer(self.escaped):
            begin = found.start() - shorter
            shorter += found.end() - found.start() - len(self._meaning(found))
            begins.append(begin)
            places.append((found.end() - shorter, found.start(), found.end()))
        return begins, places

    def before(self, begin: int, end: int) -> tuple[int, int]:
        """Give the place in what was escaped of a place in the text; of an escape always the whole."""
        return self._before(begin, is_end=False), self._before(end - 1, is_end=True)

    def _before(self, at: int, *, is_end: bool) -> int:
        begins, places = self._escapes
        index = bisect.bisect_right(begins, at) - 1
        if index < 0:
            return at + is_end
        end, escape_begin, escape_end = places[index]
        if at < end:
            return escape_end if is_end else escape_begin
        return escape_end + at - end + is_end


class Decoded:
    """A text from which layers of escapes were taken."""

    def __init__(self, text: bytes, layers: tuple[_Layer, ...] = ()) -> None:
        """Begin with a text as it is."""
        self.text = text
        self._layers = layers

    def without_escapes(self) -> "Decoded":
        """Take away one layer of each kind; the same object where there is none."""
        text, layers = self.text, self._layers
        for first, pattern in _ESCAPES:
            if first in text:
                layer = _Layer(text, pattern)
                if layer.text != text:
                    text, layers = layer.text, (*layers, layer)
        return self if text is self.text else Decoded(text, layers)

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Give where a part of the text stood before any escape was taken away."""
        for layer in reversed(self._layers):
            begin, end = layer.before(begin, end)
        return begin, end


def without_torn_escape(text: bytes) -> bytes:
    """Give the text without the escape that it breaks off in."""
    found = _TORN.search(text, max(0, len(text) - 4 * LONGEST_ESCAPE))
    return text[: found.start()] if found else text


def in_layers(text: bytes) -> Iterator[Decoded]:
    """Give the text with one layer of escapes less each time, until none is left."""
    decoded = Decoded(text)
    for _ in range(MOST_ROUNDS):
        further = decoded.without_escapes()
        if further is decoded:
            return
        decoded = further
        yield decoded


def _meaning_of(escape: bytes) -> bytes:
    """Give the letters that an escape stands for, in UTF-8; a byte of a URL as itself."""
    if escape.startswith(b"&"):
        return html.unescape(escape.decode("ascii")).encode("utf-8", "replace")
    kind = escape[1:2]
    if escape.startswith(b"%") and kind not in b"uU":
        return bytes.fromhex(escape[1:].decode("ascii"))
    if kind not in b"uUxX":
        return kind
    digits = _HEX.search(escape, 2)
    number = int(digits[0], 16) if digits else 0
    return chr(number).encode("utf-8", "replace") if number <= 0x10FFFF else escape
