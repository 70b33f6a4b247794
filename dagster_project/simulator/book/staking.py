"""Stakes, and the unclaimed rewards of all positions: what they grow by each week and when they are claimed.

Interest is told in `lending`, a pool's fees in `pools`.
"""

from datetime import UTC, datetime

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.pen import Pen
from dagster_project.simulator.book.window import utc

_MONDAY = 0

_STAKED = {
    # day: (position, key, whole units; negative where they come back)
    utc(2025, 11, 12): ("treasury/aerodrome-lock", "AERO@8453", 200_000),
    utc(2026, 1, 14): ("trading/op-staking", "OP@10", 40_000),
    utc(2026, 8, 18): ("trading/op-staking", "OP@10", -15_000),
}

_WEEKLY = (
    # (position, reward key, whole units a week, first day)
    ("treasury/aave-base", "AERO@8453", 60, utc(2025, 9, 15)),
    ("treasury/aerodrome-lock", "AERO@8453", 310, utc(2025, 11, 24)),
    ("trading/aave-arbitrum", "ARB@42161", 85, utc(2025, 10, 20)),
    ("trading/op-staking", "OP@10", 44, utc(2026, 1, 26)),
)

_CLAIMED = (
    # (position, reward keys): claimed on the second of January, April, July and October
    ("treasury/aave-base", ("AERO@8453",)),
    ("treasury/uniswap-arbitrum", ("WETH@42161", "USDC@42161")),
    ("trading/aave-arbitrum", ("ARB@42161",)),
    ("trading/uniswap-base", ("WETH@8453", "USDC@8453")),
    ("trading/op-staking", ("OP@10",)),
)


def stake(pen: Pen, day: int, at: int) -> None:
    """Stake and unstake on the planned days."""
    if day in _STAKED:
        position, key, units = _STAKED[day]
        raw = abs(units) * ASSET_BY_KEY[key].unit
        (pen.enter if units > 0 else pen.leave)(at, position, key, raw, "staking")


def reward(pen: Pen, day: int, at: int) -> None:
    """Add a week's reward to each position on Mondays."""
    if datetime.fromtimestamp(day, UTC).weekday() != _MONDAY:
        return
    for position, key, units, since in _WEEKLY:
        if day >= since:
            raw = units * ASSET_BY_KEY[key].unit
            pen.reward(at, position, key, raw - seeded(f"reward/{position}/{day}").randrange(raw // 5), "incentives")


def claim(pen: Pen, day: int, at: int) -> None:
    """Claim what there is on the second day of each quarter."""
    today = datetime.fromtimestamp(day, UTC)
    if today.day != 2 or today.month % 3 != 1:
        return
    for position, keys in _CLAIMED:
        for key in keys:
            if pen.inside(position, key, "reward"):
                pen.claim(at, position, key, "quarterly claim")
