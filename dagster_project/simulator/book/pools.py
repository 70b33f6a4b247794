"""Pool positions of two legs: whatever the price, the product of the legs stays, as in a pool without bounds.

Whole numbers only: the square root is the integer one, and prices are the ratios that their doubles are.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.pen import Pen
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.window import utc

_FEE_DAYS_PER_WHOLE = 4_000
"""A day's fees are this part of each leg."""


@dataclass(frozen=True, slots=True)
class _Pool:
    position: str
    ether: str
    dollars: str
    opened: int
    whole_ether: str


_POOLS = (
    _Pool("treasury/uniswap-arbitrum", "WETH@42161", "USDC@42161", utc(2025, 12, 8), "60"),
    _Pool("trading/uniswap-base", "WETH@8453", "USDC@8453", utc(2026, 1, 20), "20"),
)


def _dollars_per_ether(pool: _Pool, at: int) -> Fraction:
    """Base units of the dollar coin for one base unit of Ether."""
    ratio = Fraction(1)
    for key, power in ((pool.ether, 1), (pool.dollars, -1)):
        asset = ASSET_BY_KEY[key]
        price = price_usd(asset.id, at)
        if price is None:
            raise ValueError(f"{key} has no price at {at}, and its pool none either")
        ratio *= (Fraction(price) / asset.unit) ** power
    return ratio


def trade(pen: Pen, day: int, at: int) -> None:
    """Open each pool on its day; from then on follow the price every day and earn fees."""
    for pool in _POOLS:
        ratio = _dollars_per_ether(pool, at)
        if day == pool.opened:
            ether = ASSET_BY_KEY[pool.ether].raw(pool.whole_ether)
            pen.enter(at, pool.position, pool.ether, ether, "liquidity")
            pen.enter(at, pool.position, pool.dollars, int(ether * ratio), "liquidity")
        elif day > pool.opened:
            _follow(pen, pool, ratio, at)


def _follow(pen: Pen, pool: _Pool, ratio: Fraction, at: int) -> None:
    ether = pen.inside(pool.position, pool.ether, "position")
    dollars = pen.inside(pool.position, pool.dollars, "position")
    wanted = isqrt(int(ether * dollars / ratio))
    deltas = {pool.ether: wanted - ether, pool.dollars: ether * dollars // wanted - dollars}
    pen.rebalance(at, pool.position, deltas, "the price moved")
    for key in (pool.ether, pool.dollars):
        pen.reward(at, pool.position, key, pen.inside(pool.position, key, "position") // _FEE_DAYS_PER_WHOLE, "fees")
