"""Supplies and debts: when they are opened, repaid and closed, and what they grow by each day.

Rates are drawn by month and kept as whole basis points; wallets are told in `outposts`.
"""

import functools
from dataclasses import dataclass

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.desk import BLOCK_SECONDS
from dagster_project.simulator.book.pen import Pen
from dagster_project.simulator.book.positions import POSITION_BY_ID
from dagster_project.simulator.book.window import BEGIN_AT, DAY, utc

_DAYS = 365

_ACTS = {
    # day: (what, position, key, whole units), in this order
    utc(2025, 9, 3): (("enter", "treasury/aave-base", "USDC@8453", "600000"),),
    utc(2025, 9, 10): (("borrow", "treasury/aave-base/debt", "WETH@8453", "45"),),
    utc(2025, 10, 6): (("enter", "trading/aave-arbitrum", "USDC@42161", "250000"),),
    utc(2025, 10, 8): (("borrow", "trading/aave-arbitrum/debt", "USDT@42161", "90000"),),
    utc(2026, 2, 11): (("leave", "treasury/aave-base", "USDC@8453", "120000"),),
    utc(2026, 3, 1): (
        ("enter", "tiny/aave-base", "EXACT@8453", "100"),
        ("borrow", "tiny/aave-base/debt", "EXACT@8453", "40"),
        ("pay", "tiny", "EXACT@8453", "40"),
        ("reward", "tiny/aave-base", "EXACT@8453", "5"),
    ),
    utc(2026, 5, 12): (("repay", "treasury/aave-base/debt", "WETH@8453", "15"),),
    utc(2026, 10, 5): (("repay_all", "trading/aave-arbitrum/debt", "USDT@42161", "0"),),
}


@dataclass(frozen=True, slots=True)
class _Growth:
    """What grows each day: the position, its key, and the bounds of its yearly basis points."""

    position: str
    key: str
    lowest: int
    highest: int


_GROWTHS = (
    _Growth("treasury/aave-base", "USDC@8453", 280, 640),
    _Growth("treasury/aave-base/debt", "WETH@8453", 190, 330),
    _Growth("trading/aave-arbitrum", "USDC@42161", 290, 580),
    _Growth("trading/aave-arbitrum/debt", "USDT@42161", 410, 760),
)


def act(pen: Pen, day: int, at: int) -> None:
    """What is done on the UTC day, a block apart, from the instant on."""
    for place, (what, where, key, units) in enumerate(_ACTS.get(day, ())):
        when, raw = at + place * BLOCK_SECONDS, ASSET_BY_KEY[key].raw(units)
        if what == "repay_all":
            pen.repay(when, where, key, pen.inside(where, key, "debt"), "lending")
        else:
            getattr(pen, what)(when, where, key, raw, "lending")


def grow(pen: Pen, day: int, at: int) -> None:
    """Add a day's interest to every supply and every debt."""
    for growth in _GROWTHS:
        rate = _rate(growth, (day - BEGIN_AT) // (30 * DAY))
        layer = POSITION_BY_ID[growth.position].layer
        raw = pen.inside(growth.position, growth.key, layer) * rate // (10_000 * _DAYS)
        if raw:
            pen.accrue(at, growth.position, growth.key, raw, "daily interest")


@functools.cache
def _rate(growth: _Growth, month: int) -> int:
    return seeded(f"interest/{growth.position}/{month}").randrange(growth.lowest, growth.highest)
