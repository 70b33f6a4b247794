"""Faults as a test orders them, and the board that decides which one meets a request.

What a fault does to the answer is written in `replies`, `distortions` and `wires`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import msgspec


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order: the fault's name and the requests that it shall meet; what is left out matches everything.

    `account` is an address, `path` the end of a path, `at` the unix seconds that the request asks for, `times` how
    many requests it meets before it is used up; `seconds` and `location` are read by the few faults that need them.
    """

    dialect: str
    fault: str
    account: str | None = None
    path: str | None = None
    at: int | None = None
    key: str | None = None
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    seconds: Annotated[float, msgspec.Meta(ge=0, le=600)] | None = None
    location: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """What an order is compared with: one request as the dialect reads it; `accounts` are in lower case."""

    dialect: str
    path: str
    accounts: tuple[str, ...]
    at: int | None
    key: str


class Board:
    """The standing orders, in the order given; the first that matches a request meets it."""

    def __init__(self) -> None:
        self._standing: list[Order] = []
        self._left: list[int | None] = []

    def replace(self, orders: Sequence[Order]) -> None:
        """Forget all orders and take these."""
        self._standing = list(orders)
        self._left = [order.times for order in orders]

    def take(self, target: Target) -> Order | None:
        """The order that meets this request, counted as used once, or None."""
        for index, order in enumerate(self._standing):
            left = self._left[index]
            if left != 0 and _matches(order, target):
                self._left[index] = None if left is None else left - 1
                return order
        return None


def _matches(order: Order, target: Target) -> bool:
    return (
        order.dialect == target.dialect
        and (order.account is None or order.account.lower() in target.accounts)
        and (order.path is None or target.path.endswith(order.path))
        and order.at in {None, target.at}
        and order.key in {None, target.key}
    )
