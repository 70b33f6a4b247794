"""Query parameters read and refused as FastAPI does it: every fault at once, each with its place and its kind.

Which parameters there are is the dialects' matter.
"""

import re
from collections.abc import Sequence

from dagster_project.simulator.dialect import Call, Document, Refusal

_WHOLE = re.compile(r"[+-]?[0-9]{1,80}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_FLAGS = {"true": True, "false": False}


class Reader:
    """Reads one request's query; what is wrong is remembered until `done`."""

    def __init__(self, call: Call) -> None:
        self._query = call.request.query_params
        self._faults: list[Document] = []

    def done(self) -> None:
        """Refuse the question if anything in it was wrong.

        Raises:
            Refusal: 422 with one object for each fault.
        """
        if self._faults:
            raise Refusal(422, self._faults)

    def texts(self, name: str, length: int) -> list[str]:
        """A required parameter that may be repeated, each time with so many characters."""
        given = self._query.getlist(name)
        if not given:
            self._fault(name, "Field required", "missing")
        for place, text in enumerate(given):
            self._check_length(text, length, name, place)
        return given

    def text(self, name: str, length: int | None = None) -> str | None:
        """A text, of so many characters where a length is given."""
        told = self._query.get(name)
        if told is not None and length is not None:
            self._check_length(told, length, name)
        return told

    def whole(self, name: str, lowest: int | None = None, beyond: int | None = None) -> int | None:
        """A whole number, not below `lowest` and below `beyond`."""
        told = self._query.get(name)
        if told is None:
            return None
        if not _WHOLE.fullmatch(told):
            kind = "int_parsing"
            self._fault(name, "Input should be a valid integer, unable to parse string as an integer", kind)
            return None
        number = int(told)
        if lowest is not None and number < lowest:
            self._fault(name, f"Input should be greater than or equal to {lowest}", "greater_than_equal")
        if beyond is not None and number >= beyond:
            self._fault(name, f"Input should be less than {beyond}", "less_than")
        return number

    def number(self, name: str, otherwise: float) -> float:
        """A decimal number."""
        told = self._query.get(name)
        if told is None or _NUMBER.fullmatch(told):
            return otherwise if told is None else float(told)
        self._fault(name, "Input should be a valid number, unable to parse string as a number", "float_parsing")
        return otherwise

    def flag(self, name: str, *, otherwise: bool) -> bool:
        """`true` or `false`; the provider's own help says that `True` does not work."""
        told = self._query.get(name)
        if told is not None and told not in _FLAGS:
            self._fault(name, "Input should be a valid boolean, unable to interpret input", "bool_parsing")
        return _FLAGS.get(told or "", otherwise)

    def choice(self, name: str, choices: Sequence[str], otherwise: str) -> str:
        """One of these words."""
        told = self._query.get(name, otherwise)
        if told not in choices:
            words = " or ".join([", ".join(f"'{word}'" for word in choices[:-1]), f"'{choices[-1]}'"])
            self._fault(name, f"Input should be {words}", "enum")
            return otherwise
        return told

    def _check_length(self, text: str, length: int, name: str, *place: int) -> None:
        if len(text) < length:
            self._fault(name, f"String should have at least {length} characters", "string_too_short", *place)
        if len(text) > length:
            self._fault(name, f"String should have at most {length} characters", "string_too_long", *place)

    def _fault(self, name: str, message: str, kind: str, *place: int) -> None:
        self._faults.append({"loc": ["query", name, *place], "msg": message, "type": kind})
