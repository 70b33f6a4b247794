"""Typed reading of untrusted JSON: one decoder for every provider, so that every bad body ends in the same error.

What the members of a provider's body mean stands in that provider's module.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Generic, TypeVar

import msgspec

from dagster_project import chains
from dagster_project.errors import UnreadableError
from dagster_project.normalise.fitting import BAD_JSON, LONGEST_NAME, RAW, BadItem, Misfits, fit, place_of
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

RawAmount = Annotated[str, msgspec.Meta(extra={RAW: True})]
"""An amount in base units: digits in a text; a whole number that every JSON writer has exact is read as well."""

MOST_UNKNOWN_FIELDS = 20

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
    seconds = whole_number(value)
    return None if seconds is None or seconds >= 1 << 32 else datetime.fromtimestamp(seconds, UTC)


def whole_number(value: object) -> int | None:
    """Give a number such as a chain's of a value that nobody has checked; None for what is none."""
    try:
        return msgspec.convert(fit(value, int, "$", Misfits()), Whole)
    except msgspec.ValidationError:
        return None


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """The parent of every body; what the contract does not know is found. `rename="camel"` where the wire wants it."""


@dataclass(frozen=True, slots=True)
class Decoded(Generic[T]):
    """A body as its shape has it, paths of members that the contract does not know, and by path the items left out.

    An item that is left out is None in the body; one that is null there is not listed.
    """

    body: T
    unknown: tuple[str, ...] = ()
    bad: Mapping[str, BadItem] = field(default_factory=dict)

    def why(self, where: str) -> BadItem:
        """Say why an item is not there; `where` is its path."""
        return self.bad.get(where) or BadItem(where, "is null", None)


def decode(body: bytes, shape: type[T]) -> tuple[T, tuple[str, ...]]:
    """Read JSON bytes as `shape`, as `decode_items` does, where no item may fail alone.

    Returns:
        (the body, paths of unknown members, at most 20).

    Raises:
        UnreadableError: with the path of the first field that is missing, of a wrong type or out of range, or it is
            nested too deeply.
    """
    decoded = decode_items(body, shape)
    return decoded.body, decoded.unknown


def decode_items(body: bytes, shape: type[T]) -> Decoded[T]:
    """Read JSON bytes as `shape`; members that the contract does not know are left out and named.

    A number in quotes is a number, and an item of a list whose type may be None fails alone, see fitting.py.

    Raises:
        UnreadableError: with the path of the first field that is missing, of a wrong type or out of range, or it is
            nested too deeply.
    """
    if not body:
        raise UnreadableError("$", "the body is empty")
    bounded(body)
    try:
        return Decoded(_decoder(shape).decode(body))  # type: ignore[arg-type] # a type is hashable
    except msgspec.ValidationError:
        pass  # it may be written otherwise, without loss
    except BAD_JSON as error:
        raise _unreadable(error) from error
    try:
        plain = _ANYTHING.decode(body)
        try:
            return _converted(plain, shape, Misfits())
        except msgspec.ValidationError:
            return _converted(plain, shape, Misfits(looks_at_items=True))
    except BAD_JSON as error:
        raise _unreadable(error) from error


def _converted(plain: object, shape: type[T], misfits: Misfits) -> Decoded[T]:
    found = msgspec.convert(fit(plain, shape, "$", misfits), shape)
    return Decoded(found, tuple(misfits.unknown[:MOST_UNKNOWN_FIELDS]), misfits.bad)


_ANYTHING = msgspec.json.Decoder(float_hook=float)
"""Reads 1e400 as infinity, which is no fault in a member that nobody reads; `Amount` and its like refuse it."""


@lru_cache
def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(shape)


def _unreadable(error: Exception) -> UnreadableError:
    return UnreadableError(*place_of(error))


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
