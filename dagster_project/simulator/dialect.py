"""What a dialect is made of: endpoints, where key and accounts travel, its error body, its answers' shape.

One module in `dialects` fills this in per provider; how a request is taken through it is written in `frame`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from dagster_project.simulator.json_text import encode

Document = dict[str, object]
"""A JSON object before it is written."""

Place = tuple[Document, str]
"""A member of an object inside an answer, so that a fault can put something else there."""


Message = str | list[str] | list[Document]
"""Why a question is refused: a sentence, a list of them, or a list of objects that say which member is wrong."""

JSON_TYPE = "application/json; charset=utf-8"


class Refusal(Exception):  # noqa: N818  # a refused question is an answer of the provider, no error of ours
    """A question that the provider refuses, with an HTTP status and the reason."""

    def __init__(self, status: int, message: Message) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Call:
    """One request: as it came, its body, the instant it lives in, the form of the answer, whether times are ignored."""

    request: Request
    body: bytes
    lived_at: int
    form: str = ""
    ignores_time: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """Where in an answer the faults find what they change.

    `lists` gives the members that hold lists of rows, `totals` the members that sum them up; `amount` is the
    member that says how much is held: of a row, or of the first object in the row's list or map `inside`.
    An answer without rows and totals has nothing that a fault of content could change.
    """

    lists: Callable[[Document], list[Place]] = lambda _: []
    totals: Callable[[Document], list[Place]] = lambda _: []
    amount: str = ""
    inside: str = ""


def write_json(_call: Call, document: Document) -> bytes:
    """The document as it is, in JSON."""
    return encode(document)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path below the dialect's name, what answers there (it may raise `Refusal`), and how that is written."""

    method: str
    path: str
    answer: Callable[[Call], Document]
    shape: Shape
    needs_key: bool = True
    write: Callable[[Call, Document], bytes] = write_json
    media_type: str = JSON_TYPE


@dataclass(frozen=True, slots=True)
class Limits:
    """How a provider speaks of its limit.

    `sentence` is the text of a 429; `has_retry_after` says whether the seconds to wait stand beside it; `headers`
    gives the headers of every answer, from the limit, what is left of it, and the unix second at which it is whole.
    """

    sentence: str
    has_retry_after: bool = True
    headers: Callable[[int, int, int], dict[str, str]] = lambda *_: {}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's way of speaking, mounted at `/<name>`.

    `key_of` finds the API key of a request ("" where there is none), None where the provider asks for no key.
    `accounts_of` finds the accounts asked about (addresses in lower case; what is no address may be among them),
    `asked_at` the unix seconds asked for (of a range its end; None: no timestamp), `error` writes a refusal. `forms`
    names the forms of its answers, the usual one first.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    key_of: Callable[[Request], str] | None
    accounts_of: Callable[[Call], tuple[str, ...]]
    asked_at: Callable[[Call], int | None]
    error: Callable[[Request, int, Message], Document]
    limits: Limits
    forms: tuple[str, ...] = ("usual",)


def bearer_key(request: Request) -> str:
    """The key in `Authorization: Bearer <key>`, or "" where there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
