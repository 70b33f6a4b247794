"""Why a question to the API is refused: one error for all families, which each writes in its own shape.

The shapes are the families' (family.py and the modules of each); nothing here knows HTTP but its status codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from dagster_project.errors import DoNotRetryError

Place = tuple[str | int, ...]
"""Where in the request, as FastAPI writes it: `("query", "addresses", 0)`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: a code, words for people with the remedy, and its place in the request."""

    code: str
    words: str
    place: Place = ()


class RefusedError(DoNotRetryError):
    """A question that is not answered, with its HTTP status and everything that is wrong with it."""

    def __init__(self, status: int, reasons: Sequence[Reason], headers: Mapping[str, str] | None = None) -> None:
        """Refuse with `status` for these `reasons`, at least one."""
        self.status = status
        self.reasons = tuple(reasons)
        self.headers = dict(headers or {})
        super().__init__("; ".join(reason.words for reason in self.reasons))

    @property
    def phrase(self) -> str:
        """The status in words, as in `Not Found`."""
        return HTTPStatus(self.status).phrase


def refused(status: int, code: str, words: str, *place: str | int, **headers: str) -> RefusedError:
    """Make a refusal for one reason; header names are written with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RefusedError(status, [Reason(code, words, place)], named)
