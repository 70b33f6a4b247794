"""On which line of a TOML file a key stands, so that a fault can name it; what the values mean is schema.py.

tomllib gives values without places. It has read the file before, so here every text is taken to be TOML.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence

_PIECE = re.compile(
    r"""
    "{3}(?:\\.|[^\\])*?"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\])*" | '[^']*'  # texts, longest quotes first
    | \#[^\n]*
    | [A-Za-z0-9_-]+
    | [^ \t\r]
    """,
    re.VERBOSE | re.DOTALL,
)

Place = tuple[str | int, ...]


def find_lines(text: str) -> dict[Place, int]:
    """Map each table, array item and key to its line, from 1 (`("accounts", 0, "address")` -> 17)."""
    lines: dict[Place, int] = {(): 1}
    table: Place = ()
    items: Counter[Place] = Counter()
    for number, pieces in _statements(text):
        if pieces[0] == "[":
            names = _names(pieces)
            table = (*_place(names[:-1], items), names[-1])
            if pieces[1] == "[":
                lines.setdefault(table, number)
                items[table] += 1
                table = (*table, items[table] - 1)
            lines[table] = number
            place = table
        else:
            place = (*table, *_names(pieces[: pieces.index("=")]))
        for depth in range(1, len(place) + 1):
            lines.setdefault(place[:depth], number)
    return lines


def line_of(lines: dict[Place, int], place: Place) -> int:
    """Give the line of `place`, or of the nearest thing around it that has one."""
    for depth in range(len(place), 0, -1):
        if place[:depth] in lines:
            return lines[place[:depth]]
    return 1


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each heading and each `key = value`, however many lines it takes, with the line that it begins on."""
    number, depth = 1, 0
    begin, pieces = 1, list[str]()
    for piece in [*_PIECE.findall(text), "\n"]:
        if piece == "\n" and not depth:
            if pieces:
                yield begin, pieces
            pieces = []
        elif piece[0] not in "\n#":
            begin = begin if pieces else number
            pieces.append(piece)
            depth += (piece in "[{") - (piece in "]}")
        number += piece.count("\n")


def _names(pieces: Sequence[str]) -> Place:
    """Give the names of a dotted key as they are read: without quotes and escapes."""
    names = [piece for piece in pieces if piece not in ("[", "]", ".")]
    return tuple(tomllib.loads(f"_ = {name}")["_"] if name[0] in "\"'" else name for name in names)


def _place(names: Place, items: Counter[Place]) -> Place:
    """Give the place that names lead to: through an array of tables it is the latest item."""
    place: Place = ()
    for name in names:
        place = (*place, name)
        if items[place]:
            place = (*place, items[place] - 1)
    return place
