"""Redact a key from what a provider sends back, in whatever spelling: the only change ever made to an answer.

Length and all other bytes stay, and JSON stays JSON. Which spellings a key has is key_spellings.py.
"""

import re
import zlib
from collections.abc import Iterator
from functools import cached_property

from dagster_project.sources.escapes import LONGEST_ESCAPE, Decoded, in_layers, without_torn_escape
from dagster_project.sources.key_spellings import FOLD, Spelling, spellings_of

MOST_UNPACKED = 64 * 1024 * 1024

_NEIGHBOUR = re.compile(rb"[a-z0-9+/]")
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How gzip and zlib begin."""


class Redactor:
    """Finds one key and puts `*` in the place of each byte of its spelling.

    Found is the key in any case, as hexadecimal digits, in either base64 at any alignment, and as UTF-16; each of them
    with any letters escaped as in JSON, in a URL or in HTML, also one within the other; and in a packed body.
    """

    def __init__(self, secret: bytes) -> None:
        """Redact `secret`; an empty one is found nowhere."""
        self._secret = secret

    @cached_property
    def _spellings(self) -> tuple[Spelling, ...]:
        return spellings_of(self._secret)

    @cached_property
    def _has_slash(self) -> bool:
        return any(one.has_slash for one in self._spellings)

    def redact(self, text: bytes) -> bytes:
        """Give the text with the key redacted; the same object where it is not there."""
        if not self._secret or not text:
            return text
        if text.startswith(_PACKED) and self._is_packed_in(text):
            return b"*" * len(text)
        places = [*self._places(Decoded(text))]
        if self._is_worth_decoding(text):
            places += [place for decoded in in_layers(text) for place in self._places(decoded)]
        return _with_stars(text, places) if places else text

    def redact_torn(self, text: bytes) -> bytes:
        """Redact also the beginning of the key, where a text that is not whole ends in the middle of it."""
        text = self.redact(text)
        longest = max((len(one.text) for one in self._spellings), default=0) * LONGEST_ESCAPE
        begins = range(max(0, len(text) - longest), len(text))
        torn = next((begin for begin in begins if self._is_beginning(text[begin:])), None)
        return text if torn is None else _with_stars(text, [(torn, len(text))])

    def holds(self, text: bytes) -> bool:
        """Tell whether the key is there."""
        return self.redact(text) is not text

    def _is_worth_decoding(self, text: bytes) -> bool:
        """Tell whether escapes can hide the key; an escaped slash, as many write it, hides only a slash."""
        if b"%" in text or b"&" in text:
            return True
        backslashes = text.count(b"\\")
        return backslashes > 0 and (self._has_slash or text.count(b"\\/") != backslashes)

    def _places(self, decoded: Decoded) -> Iterator[tuple[int, int]]:
        """Give where the key stands, as places in the text with its escapes."""
        folded = decoded.text.translate(FOLD)
        for spelling in self._spellings:
            begin = folded.find(spelling.text)
            while begin >= 0:
                end = begin + len(spelling.text)
                first = begin - spelling.before if _NEIGHBOUR.match(folded, max(begin - 1, 0)) else begin
                last = end + spelling.after if _NEIGHBOUR.match(folded, end) else end
                yield decoded.place(max(first, 0), last)
                begin = folded.find(spelling.text, end)

    def _is_beginning(self, rest: bytes) -> bool:
        """Tell whether the rest of a text is the beginning of a spelling; its last escape may be torn."""
        whole = without_torn_escape(rest)
        texts = [rest, whole, *(decoded.text for decoded in in_layers(whole))]
        folded = {text.translate(FOLD) for text in texts}
        return any(one.text.startswith(text) for text in folded for one in self._spellings if len(text) >= one.shortest)

    def _is_packed_in(self, text: bytes) -> bool:
        """Tell whether the key is in a body that is packed though its headers do not say so."""
        unpacker = zlib.decompressobj(32 + zlib.MAX_WBITS)
        try:
            return self.holds(unpacker.decompress(text, MOST_UNPACKED))
        except zlib.error:
            return False


def _with_stars(text: bytes, places: list[tuple[int, int]]) -> bytes:
    """Put a star for each byte at the places, and for a backslash before them, which would escape the first star."""
    starred = bytearray(text)
    for begin, end in places:
        first = begin
        while first and text[first - 1 : first] == b"\\":
            first -= 1
        odd = (begin - first) % 2
        starred[begin - odd : end] = b"*" * (end - begin + odd)
    return bytes(starred)
