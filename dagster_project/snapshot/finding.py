"""What is not as it should be: where, what, and what to do about it, in words for people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; what `heals` is mended by the next run without anybody's doing."""

    place: str
    words: str
    remedy: str
    heals: bool = False
