"""Collect faults of the settings file, each with its line and a remedy; which rules there are is load.py.

Messages of the shape checker are put into words that a user of the file can act on.
"""

import difflib
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dagster_project.settings.lines import Place, find_lines, line_of

S = TypeVar("S", bound=BaseModel)


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

    def read(self, shape: type[S], value: object, place: Place) -> S | None:
        """Read `value` as `shape`; what is wrong with it is noted, and None given."""
        if not isinstance(value, dict):
            self.add(place, "write a table of keys here")
            return None
        try:
            return shape.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._note(shape, detail, place)
            return None

    def _note(self, shape: type[BaseModel], detail: ErrorDetails, place: Place) -> None:
        where = (*place, *detail["loc"])
        if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
            known = (field.alias or name for name, field in shape.model_fields.items())
            self.unknown_name(place, str(detail["loc"][0]), known)
        elif detail["type"] == "missing":
            self.add(where, "is missing; it has no default")
        elif detail["type"] == "value_error":
            self.add(where, str(detail["ctx"]["error"]))
        else:
            self.add(where, f"{detail['msg'][:1].lower()}{detail['msg'][1:]}, not {_shown(detail['input'])}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _dotted(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"
