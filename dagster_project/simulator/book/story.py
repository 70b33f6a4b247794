"""The story: which routine of the day happens when, told day by day into one ledger.

What a routine does is written in the room of its kind; here is only the order.
"""

import functools
from collections.abc import Callable

from dagster_project.simulator.book import payments, receipts, trades, yields
from dagster_project.simulator.book.desk import Desk
from dagster_project.simulator.book.ledger import Ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY, END_AT

_HOUR = 3_600
_SECOND_OF_BLOCK = 11

_ROUTINES: tuple[tuple[int, Callable[[Desk, int, int], None]], ...] = (
    # (hour of the day in UTC, what happens: desk, day, instant), in the order of time
    (6, payments.empty_and_refill),
    (8, receipts.arrive),
    (9, payments.monthly_moves),
    (10, trades.dated),
    (11, trades.daily),
    (12, yields.accrue),
    (15, payments.payroll),
    (16, payments.grants),
    (17, payments.income),
)


@functools.cache
def ledger() -> Ledger:
    """The whole ledger of the book, told once per process and the same in every one."""
    desk = Desk()
    for day in range(BEGIN_AT, END_AT, DAY):
        for hour, routine in _ROUTINES:
            routine(desk, day, day + hour * _HOUR + _SECOND_OF_BLOCK)
    return Ledger(desk.entries)
