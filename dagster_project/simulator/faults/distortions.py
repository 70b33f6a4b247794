"""Faults of content: the answer is well formed JSON over a healthy connection, and what it says is wrong.

Each changes the honest document in place before it is written; bytes and connections belong to `wires`.
"""

from collections.abc import Callable, Iterator

from dagster_project.simulator.dialect import Document, Place, Shape
from dagster_project.simulator.json_text import Verbatim

Distortion = Callable[[Document, Shape], None]

_HUGE = Verbatim("1e400")
_IMPOSSIBLE = Verbatim("9" * 79)
"""One digit more than an unsigned word of 256 bits can need."""


def _list(place: Place) -> list[Document]:
    holder, member = place
    rows = holder[member]
    if not isinstance(rows, list):
        raise TypeError(f"the dialect's shape says that {member} is a list, and it is not")
    return rows


def _rows(document: Document, shape: Shape) -> Iterator[Document]:
    for place in shape.lists(document):
        yield from _list(place)


def _first_amount(document: Document, shape: Shape) -> Place:
    """The first row's amount, or the first total where the answer has no rows."""
    for row in _rows(document, shape):
        return row, shape.amount
    return shape.totals(document)[0]


def _put(make: Callable[[object], object]) -> Distortion:
    def distort(document: Document, shape: Shape) -> None:
        holder, member = _first_amount(document, shape)
        holder[member] = make(holder[member])

    return distort


def _negative(value: object) -> object:
    return -abs(value) if isinstance(value, int | float) and value else -1.5


def _missing_field(document: Document, shape: Shape) -> None:
    holder, member = _first_amount(document, shape)
    del holder[member]


def _renamed_field(document: Document, shape: Shape) -> None:
    holder, member = _first_amount(document, shape)
    holder[f"{member}V2"] = holder.pop(member)


def _extra_field(document: Document, shape: Shape) -> None:
    for holder in (document, *_rows(document, shape)):
        holder["addedLater"] = {"note": "a member that the contract does not know"}


def _duplicate_rows(document: Document, shape: Shape) -> None:
    for holder, member in shape.lists(document):
        holder[member] = [row for row in _list((holder, member)) for _ in range(2)]


def _null_positions(document: Document, shape: Shape) -> None:
    for holder, member in shape.lists(document):
        holder[member] = None


def _empty_positions(document: Document, shape: Shape) -> None:
    for holder, member in shape.lists(document):
        holder[member] = []
    for holder, member in shape.totals(document):
        holder[member] = 0


DISTORTIONS: dict[str, Distortion] = {
    "wrong_types": _put(str),
    "nan_number": _put(lambda _: Verbatim("NaN")),
    "huge_number": _put(lambda _: _HUGE),
    "negative_amount": _put(_negative),
    "impossible_amount": _put(lambda _: _IMPOSSIBLE),
    "duplicate_rows": _duplicate_rows,
    "missing_field": _missing_field,
    "renamed_field": _renamed_field,
    "extra_field": _extra_field,
    "null_positions": _null_positions,
    "empty_positions": _empty_positions,
}
