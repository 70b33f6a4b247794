"""What is alarming and what is told of it, as values; what is judged alarming is judge.py.

Words hold labels, codes, instants and fractions: no amount, no address, no text of a provider's leaves the machine.
"""

from datetime import datetime

import msgspec


class Alarm(msgspec.Struct, frozen=True):
    """Something that a person should look at; `key` says what, `sign` how it stands, `words` both for people.

    `as_of` is the instant it was first seen at. An event happened once and is never resolved; anything else stands
    until it is not found any more.
    """

    key: str
    words: str
    sign: str = ""
    as_of: datetime | None = None
    is_event: bool = False

    @property
    def kind(self) -> str:
        """What sort of alarm it is."""
        return self.key.partition(":")[0]


class Message(msgspec.Struct, frozen=True):
    """What is told of an alarm: that it is new, that it changed, or that it is resolved."""

    at: datetime
    state: str
    kind: str
    key: str
    words: str
