"""Exchanges inside one account: the treasury's first purchases and the trading account's daily swap.

Prices of exchanges are the desk's matter, money from and to the outside that of `payments`.
"""

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.desk import Desk, bought_raw
from dagster_project.simulator.book.window import utc
from dagster_project.simulator.planted import FUNDED_DAY

_DATED = {
    # day: (account, sold key, whole units, bought key)
    utc(2025, 6, 13): ("treasury", "ETH", "260", "stETH"),
    utc(2025, 6, 18): ("treasury", "USDC", "1500000", "aEthUSDC"),
    utc(2025, 11, 20): ("treasury", "CRV", "120000", "USDC"),
    utc(2026, 5, 7): ("treasury", "DAI", "400000", "WBTC"),
    utc(2026, 9, 15): ("treasury", "stETH", "60", "ETH"),
}

_TRADED = ("WETH", "USDC", "LINK", "UNI", "AAVE", "CRV", "LDO", "RAY")
_SMALLEST_USDC_RAW = 2_000 * 10**6


def dated(desk: Desk, day: int, at: int) -> None:
    """The few exchanges with a date of their own."""
    if day in _DATED:
        account, sold, units, bought = _DATED[day]
        desk.swap(at, account, (sold, ASSET_BY_KEY[sold].raw(units)), bought, "rebalancing")


def daily(desk: Desk, day: int, at: int) -> None:
    """The trading account exchanges a part of one holding into another, unless the part is too small."""
    if day <= FUNDED_DAY["trading"]:
        return
    chance = seeded(f"trade/{day}")
    sold = _TRADED[chance.randrange(len(_TRADED))]
    others = [key for key in _TRADED if key != sold]
    bought = others[chance.randrange(len(others))]
    raw = desk.held("trading", sold) * chance.randrange(40, 160) // 1000
    if raw and (sold == "USDC" or bought_raw(at, sold, raw, "USDC") >= _SMALLEST_USDC_RAW):
        desk.swap(at, "trading", (sold, raw), bought, "trade")
