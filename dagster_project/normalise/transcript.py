"""A conversation as one body: what was asked and what came back, in order, for a normaliser like any other body.

Made of kept rows alone, so that it is the same live and on a rebuild. What it means is the normaliser's matter.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from dagster_project.model import Answer, Reason, Request
from dagster_project.normalise.reading import Body, decode


class Exchange(Body):
    """One request with its last answer: `content` is what was sent, `reason` why no good answer came, if none did."""

    address: str
    path: str
    content: str
    status: int | None
    reason: str | None
    body: str

    @property
    def trouble(self) -> Reason | None:
        """What was wrong on the wire, None where it was well."""
        return None if self.reason is None else _REASONS.get(self.reason, Reason.UNREADABLE)


_REASONS = {str(reason): reason for reason in Reason}


def exchange_of(request: Request, answer: Answer) -> Exchange:
    """Put request and answer together; bytes that are no UTF-8 are no JSON either, and are shown escaped."""
    text = answer.body.decode("utf-8", "backslashreplace")
    return Exchange(request.address, request.path, request.content, answer.status, answer.reason, text)


def read(body: bytes) -> tuple[list[Exchange], tuple[str, ...]]:
    """Give the exchanges of a conversation.

    Raises:
        UnreadableError: the body is none.
    """
    return decode(body, list[Exchange])


def whole(spoken: Sequence[tuple[Request, Answer]]) -> Answer:
    """Give a conversation of at least one exchange as one answer: its times added up, observed when its last was.

    What went wrong on the wire stands in the exchanges; whether that matters is judged with them.
    """
    answers = [answer for _, answer in spoken]
    statuses = [answer.status for answer in answers if answer.status is not None]
    body = msgspec.json.encode([exchange_of(request, answer) for request, answer in spoken])
    elapsed_ms = sum(answer.elapsed_ms for answer in answers)
    last = replace(answers[-1], elapsed_ms=elapsed_ms, body=body, headers={}, reason=None, detail=None)
    return replace(last, status=statuses[-1] if statuses else None)
