"""Faults of time: an answer of another time than it should be of, or one that tells a wrong time.

An answer for the latest block whatever was asked, one out of a cache, one from a server whose clock is ahead.
"""

from dataclasses import replace

from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.faults.orders import Order

IGNORED_TIMESTAMP = "ignored_timestamp"
STALE_CACHE = "stale_cache"
STALE_CACHED_AT = "stale_cached_at"
CLOCK_SKEW = "clock_skew"
TIMES = frozenset({IGNORED_TIMESTAMP, STALE_CACHE, STALE_CACHED_AT, CLOCK_SKEW})

_DAY = 86_400.0
_TWO_HOURS = 7_200.0
_TOLD = frozenset({"blockTimestamp", "endTimestamp", "timestamp", "cached_at"})
"""The members in which a dialect tells a time, in unix seconds."""


def _seconds(order: Order, usual: float) -> int:
    return int(usual if order.seconds is None else order.seconds)


def in_time(order: Order | None, call: Call) -> Call:
    """The request as a provider takes it that is wrong about time."""
    if order is not None and order.fault == IGNORED_TIMESTAMP:
        return replace(call, ignores_time=True)
    if order is not None and order.fault == STALE_CACHE:
        return replace(call, lived_at=call.lived_at - _seconds(order, _DAY))
    return call


def date_of(order: Order | None, call: Call) -> int:
    """What the answer's `Date` says, unix seconds: a cache keeps that of the answer that it gives again."""
    if order is not None and order.fault == CLOCK_SKEW:
        return call.lived_at + _seconds(order, _TWO_HOURS)
    return in_time(order, call).lived_at


def tell_wrong(order: Order, call: Call, document: Document) -> None:
    """Change the times in an honest answer in place."""
    if order.fault == CLOCK_SKEW:
        _shift(document, _seconds(order, _TWO_HOURS))
    meta = document.get("meta")
    if order.fault == STALE_CACHED_AT and isinstance(meta, dict):
        meta["cached_at"] = call.lived_at - _seconds(order, _DAY)


def _shift(value: object, seconds: int) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            if name in _TOLD and isinstance(member, int):
                value[name] = member + seconds
            else:
                _shift(member, seconds)
    elif isinstance(value, list):
        for member in value:
            _shift(member, seconds)
