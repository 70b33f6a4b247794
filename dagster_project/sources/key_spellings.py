"""The spellings of a key that an answer may hold: as it is, in hexadecimal digits, in base64, in UTF-16.

The one place that knows them. Escapes, which each of them may hold, are escapes.py.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from dagster_project.sources.escapes import Decoded, in_layers

SHORTEST_TORN = 4
"""Letters of an encoded key at the end of a torn text that count as its beginning."""

FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")
"""Makes all letters small, and one of both alphabets of base64."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A folded text that stands for the key; the letters `before` and `after` it may hold some bits of the key."""

    text: bytes
    has_slash: bool
    before: int
    after: int
    shortest: int


def _spelling(text: bytes, *, before: int = 0, after: int = 0, shortest: int = SHORTEST_TORN) -> Spelling:
    return Spelling(text.translate(FOLD), b"/" in text, before, after, shortest)


def spellings_of(secret: bytes) -> tuple[Spelling, ...]:
    """Give every text that stands for the key, each once; none for an empty key."""
    return tuple({one.text: one for one in reversed([*_spellings(secret)])}.values()) if secret else ()


def _spellings(secret: bytes) -> Iterator[Spelling]:
    plain = secret.decode("utf-8", "replace")
    *_, innermost = Decoded(secret), *in_layers(secret)
    texts = {secret, innermost.text, quote(plain, safe="").encode(), quote_plus(plain).encode()}
    texts.add(secret.replace(b"/", b"\\/"))
    for text in texts:
        yield _spelling(text, shortest=1)
        yield _spelling(text.hex().encode())
        yield from _in_base64(text)
    for encoding in ("utf-16-le", "utf-16-be"):
        yield _spelling(plain.encode(encoding))


def _in_base64(text: bytes) -> Iterator[Spelling]:
    """Give the letters that hold nothing but the key, behind 0, 1 and 2 bytes of something else."""
    for ahead, first in ((0, 0), (1, 2), (2, 3)):
        bits = 8 * (ahead + len(text))
        encoded = base64.b64encode(bytes(ahead) + text)[first : bits // 6]
        yield _spelling(encoded, before=int(ahead > 0), after=int(bits % 6 > 0))
