"""What arrives from outside the book: the opening deposits of each account, airdrops, grants of odd tokens.

Only dated amounts; income that comes back every month belongs to `payments`.
"""

import functools
from dataclasses import dataclass

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.desk import BLOCK_SECONDS, Desk
from dagster_project.simulator.book.window import utc
from dagster_project.simulator.planted import FUNDED_DAY

_OPENING = {
    "treasury": (
        "ETH 920, USDC 4200000, DAI 1300000, USDT 650000, GUSD 310000, EURC 240000, WBTC 21, LINK 61000, "
        "UNI 88000, AAVE 3900, MKR 420, CRV 510000, LDO 230000, ENS 9400, COMP 5100, GNO 2600, wstETH 130, "
        "VEST 1500000"
    ),
    "operations": "ETH 14, USDC 380000, USDT 120000, DAI 90000, EURC 55000, GUSD 42000",
    "trading": "ETH 35, WETH 240, USDC 900000, LINK 12000, UNI 15000, AAVE 700, CRV 160000, LDO 70000, RAY 240000",
    "cold": "ETH 640, WBTC 38, stETH 410, MKR 260",
    "grants": "ETH 9, USDC 420000, UNI 26000, DEEP 6200000, ENS 1200, DAI 150000",
}

_LATER = (
    # (day, account, key, whole units, note)
    (utc(2025, 7, 15), "operations", "TICKET", "120", "conference tickets, whole ones only"),
    (utc(2025, 8, 4), "trading", "ELON", "4100000000000", "meme coin"),
    (utc(2025, 9, 9), "operations", "BADGE", "7", "contributor badges, priced by nobody"),
    (utc(2025, 9, 30), "treasury", "WIDE", "1." + "0123456789" * 7 + "0123456", "needs all of its 77 decimals"),
    (utc(2025, 10, 13), "treasury", "THIN", "48000.75", "thinly traded"),
    (utc(2025, 12, 1), "treasury", "YOUNG", "350000.125", "allocation before the first price"),
    (utc(2026, 2, 16), "grants", "YOUNG", "60000", "allocation before the first price"),
    (utc(2025, 7, 20), "treasury", "spam-url", "5000", "unasked for"),
    (utc(2025, 9, 2), "operations", "spam-url", "5000", "unasked for"),
    (utc(2025, 10, 27), "trading", "spam-html", "999999", "unasked for"),
    (utc(2026, 1, 8), "treasury", "spam-html", "999999", "unasked for"),
    (utc(2026, 3, 3), "grants", "spam-sql", "133.7", "unasked for"),
    (utc(2026, 4, 21), "treasury", "spam-sql", "133.7", "unasked for"),
    (utc(2026, 8, 11), "cold", "spam-url", "5000", "unasked for"),
)

_MAXIMUM_DAY = utc(2025, 11, 5)
_MAXIMUM_RAW = 2**256 - 190
"""78 digits, as many as an unsigned word of 256 bits can need."""


@dataclass(frozen=True, slots=True)
class _Receipt:
    account: str
    key: str
    raw: int
    note: str


@functools.cache
def _receipts() -> dict[int, list[_Receipt]]:
    """All receipts by UTC day, those of a day in the order in which they arrive."""
    by_day: dict[int, list[_Receipt]] = {}
    draw = seeded("openings").randrange
    for account, opening in _OPENING.items():
        for amount in opening.split(", "):
            key, units = amount.split()
            raw = ASSET_BY_KEY[key].raw(units)
            # real balances are no round numbers: up to a hundredth is taken off
            receipt = _Receipt(account, key, raw - draw(raw // 100), "opening deposit")
            by_day.setdefault(FUNDED_DAY[account], []).append(receipt)
    for day, account, key, units, note in _LATER:
        by_day.setdefault(day, []).append(_Receipt(account, key, ASSET_BY_KEY[key].raw(units), note))
    by_day.setdefault(_MAXIMUM_DAY, []).append(_Receipt("operations", "MAXI", _MAXIMUM_RAW, "the largest there is"))
    return by_day


def arrive(desk: Desk, day: int, at: int) -> None:
    """Write what arrives on the UTC day, a block apart, from the instant on."""
    for place, receipt in enumerate(_receipts().get(day, ())):
        desk.receive(at + place * BLOCK_SECONDS, receipt.account, receipt.key, receipt.raw, receipt.note)
