"""Read one table of the settings file by its shape, and put what the shape checker says into words of the file.

The shapes are schema.py. No message repeats a value: it may be a key that was pasted into the wrong place.
"""

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dagster_project.settings.faults import Faults
from dagster_project.settings.lines import Place
from dagster_project.settings.schema import Section

S = TypeVar("S", bound=Section)

_WORDS = {
    "missing": "is missing; it has no default",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "string_type": "write a text in quotes",
    "tuple_type": 'write a list in brackets, as in ["one", "other"]',
}


def read_table(shape: type[S], value: object, place: Place, faults: Faults) -> tuple[S | None, dict[str, Any]]:
    """Read `value` as `shape`; what is wrong with it is noted.

    Returns:
        The whole, None where anything is wrong; and by field what is good, so that it can be judged further.
    """
    good: dict[str, Any] = {}
    if not isinstance(value, dict):
        faults.add(place, "write a table of keys here")
        return None, good
    try:
        return shape.model_validate(value, context=good), good
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(shape, detail, place, faults)
        return None, good


def _note(shape: type[Section], detail: ErrorDetails, place: Place, faults: Faults) -> None:
    kind, where = detail["type"], (*place, *detail["loc"])
    if kind == "default_factory_not_called":  # a default that follows from a key which is at fault itself
        return
    if kind == "extra_forbidden":
        known = (field.alias or name for name, field in shape.model_fields.items())
        faults.unknown_name(place, str(detail["loc"][0]), known)
    elif kind == "value_error":
        faults.add(where, str(detail["ctx"]["error"]))
    else:
        faults.add(where, _WORDS.get(kind, f"{detail['msg'][:1].lower()}{detail['msg'][1:]}"))
