"""Balances that grow without a transfer: the rebasing token and the interest-bearing one, once a day.

Price growth (as of a wrapped token) is not yield in units and belongs to `prices`.
"""

import functools

from dagster_project.simulator.book.accounts import ACCOUNTS
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.desk import Desk
from dagster_project.simulator.book.window import BEGIN_AT, DAY

_DAYS = 365
_YEARLY_BASIS_POINTS = {"stETH": (280, 330), "aEthUSDC": (310, 620)}
"""The lowest and the highest yearly rate that a month may have."""


@functools.cache
def _rate(key: str, month: int) -> int:
    lowest, highest = _YEARLY_BASIS_POINTS[key]
    return seeded(f"yield/{key}/{month}").randrange(lowest, highest)


def accrue(desk: Desk, day: int, at: int) -> None:
    """Add a day's yield to every holding that bears any."""
    for key in _YEARLY_BASIS_POINTS:
        rate = _rate(key, (day - BEGIN_AT) // (30 * DAY))
        for account in ACCOUNTS:
            raw = desk.held(account.label, key) * rate // (10_000 * _DAYS)
            if raw:
                desk.accrue(at, account.label, key, raw, "daily yield")
