"""Faults of content: the answer is well formed JSON over a healthy connection, and what it says is wrong.

Each changes the honest document in place before it is written; bytes and connections belong to `wires`.
"""

from collections.abc import Callable, Iterator

from dagster_project.simulator.dialect import Document, Place, Shape
from dagster_project.simulator.json_text import Verbatim, encode

Distortion = Callable[[Document, Shape], None]

_HUGE = Verbatim("1e400")
_IMPOSSIBLE = Verbatim("9" * 79)
"""One digit more than an unsigned word of 256 bits can need."""


def _rows(document: Document, shape: Shape) -> Iterator[Document]:
    """The rows of an answer; a map in the place of a list is one row."""
    for holder, member in shape.lists(document):
        rows = holder[member]
        if isinstance(rows, dict):
            yield rows
        elif isinstance(rows, list):
            yield from rows
        else:
            raise TypeError(f"the dialect's shape says that {member} is a list or a map, and it is not")


def _first_amount(document: Document, shape: Shape) -> Place | None:
    """The first row's amount, or the first total where the answer has no rows; None where it has neither."""
    for row in _rows(document, shape) if shape.amount else ():
        inside = row.get(shape.inside) if shape.inside else [row]
        inside = list(inside.values()) if isinstance(inside, dict) else inside
        if isinstance(inside, list) and inside:
            return inside[0], shape.amount
    return next(iter(shape.totals(document)), None)


def _put(make: Callable[[object], object]) -> Distortion:
    def distort(document: Document, shape: Shape) -> None:
        place = _first_amount(document, shape)
        if place:
            holder, member = place
            holder[member] = make(holder[member])

    return distort


def _as_given(number: Verbatim) -> Callable[[object], object]:
    """The number, in quotes where the honest amount is text."""
    return lambda value: str(number) if isinstance(value, str) else number


def _other_type(value: object) -> object:
    return Verbatim(value) if isinstance(value, str) else str(value)


def _negative(value: object) -> object:
    if isinstance(value, str):
        return f"-{value}" if value.strip("0") else "-1"
    return -abs(value) if isinstance(value, int | float) and value else -1.5


def _missing_field(document: Document, shape: Shape) -> None:
    place = _first_amount(document, shape)
    if place:
        del place[0][place[1]]


def _renamed_field(document: Document, shape: Shape) -> None:
    place = _first_amount(document, shape)
    if place:
        holder, member = place
        holder[f"{member}V2"] = holder.pop(member)


def _extra_field(document: Document, shape: Shape) -> None:
    for holder in (document, *_rows(document, shape)):
        holder["addedLater"] = {"note": "a member that the contract does not know"}


def _duplicate_rows(document: Document, shape: Shape) -> None:
    for holder, member in shape.lists(document):
        rows = holder[member]
        if isinstance(rows, list):
            holder[member] = [row for row in rows for _ in range(2)]
        elif isinstance(rows, dict):
            members = encode(rows).decode()[1:-1]
            holder[member] = Verbatim(f"{{{members},{members}}}")


def _null_positions(document: Document, shape: Shape) -> None:
    for holder, member in shape.lists(document):
        holder[member] = None


def _empty_positions(document: Document, shape: Shape) -> None:
    for holder, member in shape.lists(document):
        holder[member] = {} if isinstance(holder[member], dict) else []
    for holder, member in shape.totals(document):
        holder[member] = "0" if isinstance(holder[member], str) else 0


CHANGING_ANSWERS = "changing_answers"


def changed(nth: int) -> Distortion:
    """The first amount grows by a hundredth with each request that the order meets, `nth` counting from 1."""

    def grown(value: object) -> object:
        if isinstance(value, str):
            return str(int(value) * (100 + nth) // 100)
        return value * (100 + nth) / 100 if isinstance(value, int | float) else value

    return _put(grown)


DISTORTIONS: dict[str, Distortion] = {
    "wrong_types": _put(_other_type),
    "nan_number": _put(lambda _: Verbatim("NaN")),
    "huge_number": _put(lambda _: _HUGE),
    "negative_amount": _put(_negative),
    "impossible_amount": _put(_as_given(_IMPOSSIBLE)),
    "duplicate_rows": _duplicate_rows,
    "missing_field": _missing_field,
    "renamed_field": _renamed_field,
    "extra_field": _extra_field,
    "null_positions": _null_positions,
    "empty_positions": _empty_positions,
}
