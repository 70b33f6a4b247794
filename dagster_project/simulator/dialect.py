"""What a dialect is made of: endpoints, where key and accounts travel, its error body, its answers' shape.

One module in `dialects` fills this in per provider; how a request is taken through it is written in `frame`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

Document = dict[str, object]
"""A JSON object before it is written."""

Place = tuple[Document, str]
"""A member of an object inside an answer, so that a fault can put something else there."""


class Refusal(Exception):  # noqa: N818  # a refused question is an answer of the provider, no error of ours
    """A question that the provider refuses, with an HTTP status and one sentence or a list of them."""

    def __init__(self, status: int, message: str | list[str]) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Call:
    """One request: as it came, its body, the instant it lives in, and whether asked times are ignored."""

    request: Request
    body: bytes
    lived_at: int
    ignores_time: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path below the dialect's name, and what answers there; `answer` may raise `Refusal`."""

    method: str
    path: str
    answer: Callable[[Call], Document]
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """Where in an answer the faults find what they change.

    `lists` gives the members that hold lists of rows, `totals` the members that sum them up (at least one);
    `amount` is the member of a row that says how much is held.
    """

    lists: Callable[[Document], list[Place]]
    totals: Callable[[Document], list[Place]]
    amount: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's way of speaking, mounted at `/<name>`.

    `key_of` finds the API key of a request ("" where there is none), `accounts_of` the accounts asked about
    (addresses in lower case; what is no address may be among them), `asked_at` the unix seconds asked for (None:
    no timestamp), `error` writes a refusal.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    shape: Shape
    key_of: Callable[[Request], str]
    accounts_of: Callable[[Call], tuple[str, ...]]
    asked_at: Callable[[Call], int | None]
    error: Callable[[int, str | list[str]], Document]
