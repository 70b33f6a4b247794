"""On which line of a TOML file a key stands, so that a fault can name it; what the values mean is schema.py.

tomllib gives values without places and is the judge of what the file says; this only finds headings and keys.
"""

import re
from collections import Counter

_HEADING = re.compile(r"\s*(\[{1,2})\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")

Place = tuple[str | int, ...]


def find_lines(text: str) -> dict[Place, int]:
    """Map each table, array item and key to its line, from 1 (`("accounts", 0, "address")` -> 17)."""
    lines: dict[Place, int] = {(): 1}
    table: Place = ()
    items: Counter[Place] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _HEADING.match(line):
            table = _parts(heading[2])
            if heading[1] == "[[":
                items[table] += 1
                lines.setdefault(table, number)
                table = (*table, items[table] - 1)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            place = (*table, *_parts(key[1]))
            for depth in range(len(table) + 1, len(place) + 1):
                lines.setdefault(place[:depth], number)
    return lines


def line_of(lines: dict[Place, int], place: Place) -> int:
    """Give the line of `place`, or of the nearest thing around it that has one."""
    for depth in range(len(place), 0, -1):
        if place[:depth] in lines:
            return lines[place[:depth]]
    return 1


def _parts(dotted: str) -> Place:
    return tuple(next(group for group in match.groups() if group is not None) for match in _PART.finditer(dotted))
