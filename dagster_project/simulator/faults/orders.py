"""Faults as a test orders them, and the board that decides which one meets a request.

What a fault does to the answer is written in `replies`, `distortions` and `wires`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import msgspec


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order: the fault's name and the requests that it shall meet; what is left out matches everything.

    `account` is an address, `path` the end of a path or its middle between two stars, `at` the unix seconds that the
    request asks for or else lives in, `times` how many requests it meets before it is used up; `seconds`, `chain` and
    `location` are read by the few faults that need them.
    """

    dialect: str
    fault: str
    account: str | None = None
    path: str | None = None
    at: int | None = None
    key: str | None = None
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    seconds: Annotated[float, msgspec.Meta(ge=0, le=864_000)] | None = None
    chain: str | None = None
    location: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """What an order is compared with: one request as the dialect reads it; `accounts` are in lower case."""

    dialect: str
    path: str
    accounts: tuple[str, ...]
    at: int
    key: str


@dataclasses.dataclass(frozen=True, slots=True)
class Met:
    """An order that meets a request, and the how manieth request that it meets, counting from 1."""

    order: Order
    nth: int


class Board:
    """The standing orders, in the order given; the first that matches a request meets it."""

    def __init__(self) -> None:
        self._standing: list[Order] = []
        self._met: list[int] = []

    def replace(self, orders: Sequence[Order]) -> None:
        """Forget all orders and take these."""
        self._standing = list(orders)
        self._met = [0] * len(self._standing)

    def take(self, target: Target) -> Met | None:
        """The order that meets this request, counted as used once, or None."""
        for index, order in enumerate(self._standing):
            if (order.times is None or self._met[index] < order.times) and _matches(order, target):
                self._met[index] += 1
                return Met(order, self._met[index])
        return None


def _matches(order: Order, target: Target) -> bool:
    return (
        order.dialect == target.dialect
        and (order.account is None or order.account.lower() in target.accounts)
        and (order.path is None or _is_at(order.path, target.path))
        and order.at in {None, target.at}
        and order.key in {None, target.key}
    )


def _is_at(wanted: str, path: str) -> bool:
    return wanted.strip("*") in path if wanted.startswith("*") and wanted.endswith("*") else path.endswith(wanted)
