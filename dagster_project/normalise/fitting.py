"""Fit plain JSON to the shape of a body: spellings without loss are converted, members of no contract are taken out.

Where a shape lets single items fail (`list[Row | None]`), an item that does not fit becomes None and is named.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from dagster_project.normalise.spellings import spelled

LONGEST_NAME = 60

RAW = "raw"
"""The key in `extra` that marks a text of digits, which some write as a number."""

BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError)


class BadItem(NamedTuple):
    """An item that does not fit its shape: the path of the member at fault, why, and what stands there."""

    where: str
    why: str
    item: object


class Misfits:
    """What did not fit so far: paths of unknown members, and by path of the item what is wrong with it.

    Items are looked at one by one only where `looks_at_items`, which takes as long as reading the whole.
    """

    def __init__(self, *, looks_at_items: bool = False) -> None:
        """Start with nothing."""
        self.looks_at_items = looks_at_items
        self.unknown: list[str] = []
        self.bad: dict[str, BadItem] = {}


def fit(value: object, shape: object, where: str, misfits: Misfits) -> object:
    """Give `value` as `shape` wants it, as far as that is possible without loss; what is wrong stays as it is."""
    shape, is_raw = _plain(shape)
    if shape is float or shape is int or is_raw:
        return spelled(value, shape)
    if isinstance(value, list):
        item = next(iter(get_args(shape)), None)
        return [fit_item(member, item, f"{where}[{index}]", misfits) for index, member in enumerate(value)]
    if isinstance(value, dict) and get_origin(shape) is dict:
        item = get_args(shape)[1]
        return {
            name: fit_item(member, item, f"{where}.{name[:LONGEST_NAME]}", misfits) for name, member in value.items()
        }
    if isinstance(value, dict) and isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        known = _members(shape)
        misfits.unknown += [f"{where}.{name[:LONGEST_NAME]}" for name in value if name not in known]
        return {name: fit(one, known[name], f"{where}.{name}", misfits) for name, one in value.items() if name in known}
    return value


def fit_item(value: object, shape: object, where: str, misfits: Misfits) -> object:
    """Fit an item of a list or an object; one that may fail alone becomes None where it does not fit."""
    fitted = fit(value, shape, where, misfits)
    if value is None or not misfits.looks_at_items or not _may_fail(shape):
        return fitted
    try:
        msgspec.convert(fitted, shape)
    except BAD_JSON as error:
        misfits.bad[where] = BadItem(*place_of(error, where), value)
        return None
    return fitted


def place_of(error: Exception, root: str = "$") -> tuple[str, str]:
    """Give path and words of what a decoder says; `root` is the path of what it was given."""
    why, _, where = str(error).partition(" - at `")
    where = root + where.rstrip("`").removeprefix("$")
    if gone := re.fullmatch(r"Object missing required field `(\w+)`", why):
        return f"{where}.{gone[1]}", "is not there"
    return where, why


def _plain(shape: object) -> tuple[object, bool]:
    """Give a shape without None and annotations, and whether it is a text of digits."""
    is_raw = False
    while True:
        if get_origin(shape) is Annotated:
            shape, *notes = get_args(shape)
            is_raw |= any(isinstance(note, msgspec.Meta) and RAW in (note.extra or {}) for note in notes)
        elif isinstance(shape, UnionType) or get_origin(shape) is Union:
            shape = next(one for one in get_args(shape) if one is not NoneType)
        else:
            return shape, is_raw


def _may_fail(shape: object) -> bool:
    return isinstance(shape, UnionType) and NoneType in get_args(shape)


@lru_cache
def _members(shape: type[msgspec.Struct]) -> Mapping[str, Any]:
    hints = get_type_hints(shape, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(shape)}
