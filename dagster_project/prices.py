"""How prices and interest are judged: how long the last price stands in for one that is gone, which coins are stable.

How it is written in the settings is settings/schema.py; what it does to values is sql/derived/price_leap.sql and
price_ruling.sql; what it does to interest is sql/store/growth.sql.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dagster_project.chains import evm_asset

CARRY_HOURS = 72
"""For how many hours the last believed price stands in where the settings do not say."""

MAX_APR = 1.0
"""The most that a holding without history is taken to earn or owe in a year, a fraction, compounded."""

_SHIPPED = Path(__file__).parent / "sources" / "well_known_tokens.json"
_STABLE = frozenset({
    *("USDC", "USDC.e", "USDbC", "USDT", "USDT0", "DAI", "USDS", "USDe", "GHO", "PYUSD", "EURC"),
    *("LUSD", "GUSD", "FRAX", "USDB", "HONEY"),
})  # fmt: skip
"""Symbols of the shipped list whose coins are worth a dollar or a euro."""


@dataclass(frozen=True, slots=True)
class PricePolicy:
    """What the settings say of prices and of interest.

    `carry_hours`, stablecoins (CAIP-19 types) beside those that every portfolio knows, and the most that a holding
    without history is taken to earn or owe in a year (a fraction, compounded).
    """

    carry_hours: int = CARRY_HOURS
    stablecoins: tuple[str, ...] = ()
    max_apr: float = MAX_APR


AS_SHIPPED = PricePolicy()
"""What holds where the settings say nothing."""


@cache
def listed_stablecoins() -> frozenset[str]:
    """Give the stablecoins that every portfolio knows, as CAIP-19 types."""
    tokens = json.loads(_SHIPPED.read_text(encoding="utf-8"))["tokens"]
    stable = [one for one in tokens if one["symbol"] in _STABLE]
    return frozenset(evm_asset(f"eip155:{one['chainId']}", one["address"]) for one in stable)
