"""Typed reading of untrusted JSON: one decoder for every provider, so that every bad body ends in the same error.

What the members of a provider's body mean stands in that provider's module.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from dagster_project import chains
from dagster_project.errors import UnreadableError
from dagster_project.normalise.nesting import bounded

T = TypeVar("T")

Amount = Annotated[float, msgspec.Meta(ge=0, le=float((1 << 256) - 1))]
"""Whole units of a token: base units are unsigned 256-bit integers, so whole units are never more than that."""

NonNegative = Annotated[float, msgspec.Meta(ge=0, le=sys.float_info.max)]
"""A price or a value; JSON has no NaN and no infinity, and the decoder refuses both spellings and 1e400."""

Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""A value that may be below zero, as some providers write a debt's."""

Decimals = Annotated[int, msgspec.Meta(ge=0, le=255)]
"""Of a token, as its contract says: an unsigned 8-bit integer."""

Whole = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
"""A count or a number that names something, such as a block's or a chain's."""

UnixSeconds = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
"""Seconds since 1970, UTC."""

MOST_UNKNOWN_FIELDS = 20
LONGEST_NAME = 60


_LARGEST_RAW = (1 << 256) - 1
_RAW = re.compile(r"0|[1-9][0-9]{0,77}")


def base_units(text: str, where: str) -> str:
    """Check an amount in base units: canonical decimal digits of an unsigned 256-bit integer, never a float.

    Raises:
        UnreadableError: it is anything else; `where` is its path.
    """
    if _RAW.fullmatch(text) is None or int(text) > _LARGEST_RAW:
        raise UnreadableError(where, "is no amount in base units: decimal digits up to 2^256 - 1")
    return text


def evm_asset(chain_id: str, address: str, where: str) -> str:
    """Give the CAIP-19 type of what a provider calls `address`; `where` is its path.

    Raises:
        UnreadableError: it is neither the native pseudo-address nor an EVM address.
    """
    try:
        return chains.evm_asset(chain_id, address)
    except ValueError as error:
        raise UnreadableError(where, str(error)) from error


def unix_time(value: object) -> datetime | None:
    """Give the instant that unix seconds stand for; None for what is no whole number of them."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 32:
        return None
    return datetime.fromtimestamp(value, UTC)


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """The parent of every body; what the contract does not know is found. `rename="camel"` where the wire wants it."""


def decode(body: bytes, shape: type[T]) -> tuple[T, tuple[str, ...]]:
    """Read JSON bytes as `shape`; members that the contract does not know are left out and named.

    Returns:
        (the body, paths of unknown members, at most 20).

    Raises:
        UnreadableError: with the path of the first field that is missing, of a wrong type or out of range, or it is
            nested too deeply.
    """
    if not body:
        raise UnreadableError("$", "the body is empty")
    bounded(body)
    try:
        return _decoder(shape).decode(body), ()  # type: ignore[arg-type] # a type is hashable
    except msgspec.ValidationError as error:
        if "contains unknown field" not in str(error):
            raise _unreadable(error) from error
    except _BAD_JSON as error:
        raise _unreadable(error) from error
    try:
        plain = _ANYTHING.decode(body)
        unknown = tuple(_drop_unknown(plain, shape, "$"))
        return msgspec.convert(plain, shape), unknown[:MOST_UNKNOWN_FIELDS]
    except _BAD_JSON as error:
        raise _unreadable(error) from error


_ANYTHING = msgspec.json.Decoder(float_hook=float)
"""Reads 1e400 as infinity, which is no fault in a member that nobody reads; `Amount` and its like refuse it."""

_BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError)


@lru_cache
def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(shape)


def _unreadable(error: Exception) -> UnreadableError:
    why, _, where = str(error).partition(" - at `")
    where = where.rstrip("`") or "$"
    if gone := re.fullmatch(r"Object missing required field `(\w+)`", why):
        return UnreadableError(f"{where}.{gone[1]}", "is not there")
    return UnreadableError(where, why)


def _drop_unknown(value: object, shape: object, where: str) -> Iterator[str]:
    """Take members that `shape` does not know out of `value`, in place, and give their paths."""
    if isinstance(shape, UnionType):
        shape = next(one for one in get_args(shape) if one is not NoneType)
    if isinstance(value, list):
        item = next(iter(get_args(shape)), None)
        for index, member in enumerate(value):
            yield from _drop_unknown(member, item, f"{where}[{index}]")
    elif isinstance(value, dict) and get_origin(shape) is dict:
        for name, member in value.items():
            yield from _drop_unknown(member, get_args(shape)[1], f"{where}.{name[:LONGEST_NAME]}")
    elif isinstance(value, dict) and isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        known = _members(shape)
        for name in [name for name in value if name not in known]:
            del value[name]
            yield f"{where}.{name[:LONGEST_NAME]}"
        for name, member in value.items():
            yield from _drop_unknown(member, known[name], f"{where}.{name}")


@lru_cache
def _members(shape: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(shape)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(shape)}


MOST_LEAVES = 1_000
DEEPEST = 20


def leaves(value: object, where: str = "$") -> Iterator[tuple[str, float | None, str | None]]:
    """Give what stands in a JSON value of no known shape, as (path, number, words); what is null is left out.

    Raises:
        UnreadableError: it is deeper than 20 levels or says more than 1,000 things.
    """
    for count, leaf in enumerate(_leaves(value, where, DEEPEST)):
        if count == MOST_LEAVES:
            raise UnreadableError(where, f"says more than {MOST_LEAVES:,} things")
        yield leaf


def _leaves(value: object, where: str, depth: int) -> Iterator[tuple[str, float | None, str | None]]:
    if not depth:
        raise UnreadableError(where, "is nested too deeply to be read")
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, f"{where}.{name[:LONGEST_NAME]}", depth - 1)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _leaves(member, f"{where}[{index}]", depth - 1)
    elif isinstance(value, bool):
        yield where, float(value), str(value).lower()
    elif isinstance(value, str):
        yield where, None, value
    elif isinstance(value, int | float):
        yield where, _double(value), None


def _double(number: float) -> float | None:
    """Give a number as a double, None where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return None
