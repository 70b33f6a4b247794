"""Collect faults of the settings file, each with its line and a remedy; which rules there are is load.py.

Light, for verbs that only read; how a whole table is read by its shape is reading.py.
"""

import difflib
from collections.abc import Iterable, Iterator

from dagster_project.settings.lines import Place, find_lines, line_of


class Faults:
    """The faults found so far in one file."""

    def __init__(self, text: str) -> None:
        """Start with none; `text` is the file, for its lines."""
        self._lines = find_lines(text)
        self._found: list[tuple[int, str]] = []

    def add(self, place: Place, why: str) -> None:
        """Note a fault at `place` with what is wrong and what to write instead."""
        line = line_of(self._lines, place)
        self._found.append((line, f"line {line}, {_dotted(place)}: {why}"))

    def __iter__(self) -> Iterator[str]:
        """Give the faults in the order of their lines."""
        return (text for _, text in sorted(self._found))

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._found)

    def unknown_name(self, place: Place, name: str, known: Iterable[str]) -> None:
        """Note a name that is not known, with the nearest one that is."""
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        self.add((*place, name), f"unknown key; {hint}known here: {', '.join(names)}")


def _dotted(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"
