"""Wallets on the chains beside Ethereum: what arrives there, and what is paid from them every month.

Only wallets; what goes into protocols is told in `lending`, `pools` and `staking`.
"""

from datetime import UTC, datetime

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.desk import BLOCK_SECONDS
from dagster_project.simulator.book.pen import Pen
from dagster_project.simulator.book.window import utc

_PAYDAY = 20

_ARRIVALS = {
    # day: account, then assets and whole units
    utc(2025, 8, 1): ("operations", "ETH@10 1, USDC@10 64000.25, USDT@10 15000"),
    utc(2025, 8, 12): ("operations", "BNB@56 9, USDC@56 52000.123456789012345678"),
    utc(2025, 9, 1): ("treasury", "ETH@8453 12, USDC@8453 940000"),
    utc(2025, 10, 1): ("trading", "ETH@42161 4, USDC@42161 310000, USDT@42161 24000, wstETH@42161 12.5"),
    utc(2025, 10, 20): ("solana-desk", "SOL@solana 1800, USDC@solana 175000, BONK@solana 2400000000.12345"),
    utc(2025, 11, 10): ("treasury", "AERO@8453 212000"),
    utc(2025, 12, 1): ("treasury", "ETH@42161 6, WETH@42161 65, USDC@42161 320000, ARB@42161 150000"),
    utc(2026, 1, 10): ("trading", "ETH@10 2, OP@10 61000"),
    utc(2026, 1, 15): ("trading", "ETH@8453 3, WETH@8453 24, USDC@8453 120000, cbBTC@8453 0.75"),
    utc(2026, 2, 3): ("grants", "ETH@10 0.8, OP@10 30000"),
    utc(2026, 2, 24): ("treasury", "spam-drop@8453 777777"),
    utc(2026, 3, 1): ("tiny", "EXACT@8453 100"),
}

_MONTHLY = (
    # (account, key, whole units paid, or received where negative)
    ("operations", "USDC@10", 1_500),
    ("operations", "USDC@56", 1_200),
    ("solana-desk", "USDC@solana", 3_600),
    ("solana-desk", "SOL@solana", -20),
)


def arrive(pen: Pen, day: int, at: int) -> None:
    """Write what arrives on the UTC day, a block apart, from the instant on."""
    if day not in _ARRIVALS:
        return
    account, amounts = _ARRIVALS[day]
    for place, amount in enumerate(amounts.split(", ")):
        key, units = amount.split()
        pen.receive(at + place * BLOCK_SECONDS, account, key, ASSET_BY_KEY[key].raw(units), "opening deposit")


def pay_monthly(pen: Pen, day: int, at: int) -> None:
    """Write the payments of the month; whoever would give more than half of what is there gives nothing."""
    if datetime.fromtimestamp(day, UTC).day != _PAYDAY:
        return
    for place, (account, key, units) in enumerate(_MONTHLY):
        when, held = at + place * BLOCK_SECONDS, pen.held(account, key)
        raw = abs(units) * ASSET_BY_KEY[key].unit
        raw -= seeded(f"elsewhere/{account}/{key}/{day}").randrange(raw // 10)
        if units < 0 < held:
            pen.receive(when, account, key, raw, "staking income")
        elif 0 < 2 * raw <= held:
            pen.pay(when, account, key, raw, "monthly")
