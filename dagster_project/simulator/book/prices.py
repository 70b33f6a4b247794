"""What one whole unit of an asset is worth in US dollars at any instant of the book.

A price exists or it does not; what a provider writes for a missing one is the dialect's matter.
"""

import functools
from dataclasses import dataclass

from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.window import BEGIN_AT, DAY, END_AT
from dagster_project.simulator.planted import PRICED_SINCE, UNPRICED_SPELLS

EUR_PER_USD = 0.92
"""The one exchange rate of the simulated world, the same at every instant."""

KNOT_SECONDS = DAY // 4
"""Walks take a step at each knot; between knots a price runs in a straight line."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk from `start` USD: `unrest` is about its daily volatility, `pull` the share of the way back a step."""

    start: float
    unrest: float
    pull: float = 0.002


@dataclass(frozen=True, slots=True)
class _Follows:
    """A price tied to another asset's: `ratio` at the beginning, growing by `yearly` of itself in 365 days."""

    key: str
    ratio: float
    yearly: float = 0.0


_PEG = 0.2

_MODELS: dict[str, _Walk | _Follows] = {
    "ETH": _Walk(2530.0, 0.034),
    "WETH": _Follows("ETH", 1.0),
    "stETH": _Follows("ETH", 0.9994),
    "wstETH": _Follows("ETH", 1.2041, 0.031),
    "USDC": _Walk(1.0, 0.0004, _PEG),
    "aEthUSDC": _Follows("USDC", 1.0),
    "USDT": _Walk(1.0, 0.0006, _PEG),
    "DAI": _Walk(1.0, 0.0005, _PEG),
    "GUSD": _Walk(0.999, 0.0012, _PEG),
    "EURC": _Walk(1.087, 0.0012, _PEG),
    "WBTC": _Walk(104_500.0, 0.024),
    "LINK": _Walk(14.1, 0.041),
    "UNI": _Walk(6.35, 0.044),
    "AAVE": _Walk(253.0, 0.042),
    "MKR": _Walk(1640.0, 0.036),
    "CRV": _Walk(0.66, 0.05),
    "LDO": _Walk(0.87, 0.05),
    "ENS": _Walk(20.4, 0.042),
    "COMP": _Walk(42.5, 0.038),
    "GNO": _Walk(131.0, 0.027),
    "ELON": _Walk(8.1e-8, 0.06),
    "TICKET": _Walk(240.0, 0.008),
    "DEEP": _Walk(0.031, 0.05),
    "RAY": _Walk(1.72, 0.03),
    "WIDE": _Walk(5200.0, 0.03),
    "YOUNG": _Walk(0.42, 0.06),
    "THIN": _Walk(3.3, 0.055),
    # on other chains only
    "aBasUSDC": _Follows("USDC", 1.0),
    "aArbUSDC": _Follows("USDC", 1.0),
    "cbBTC": _Follows("WBTC", 0.9998),
    "AERO": _Walk(0.58, 0.05),
    "ARB": _Walk(0.36, 0.05),
    "OP": _Walk(0.64, 0.05),
    "BNB": _Walk(655.0, 0.025),
    "SOL": _Walk(156.0, 0.042),
    "BONK": _Walk(1.6e-5, 0.06),
    "EXACT": _Walk(1.0, 0.0),  # a dollar at every instant, for sums in the head
    "aBasEXACT": _Follows("EXACT", 1.0),
}


def price_usd(asset_id: str, at: int) -> float | None:
    """US dollars for one whole unit of an asset, or None while nobody prices it.

    Args:
        asset_id: CAIP-19 type of an asset of the book.
        at: Unix seconds, not before the book begins; from its end on prices stand still.

    Returns:
        A positive double of at most 8 significant digits, the same on every platform.

    Raises:
        KeyError: The asset is not in the book.
        ValueError: The instant lies before the book begins.
    """
    if at < BEGIN_AT:
        raise ValueError(f"{at} lies before the book begins ({BEGIN_AT})")
    return _price(ASSET_BY_ID[asset_id].price_key, at)


@functools.lru_cache(maxsize=65_536)
def _price(key: str, at: int) -> float | None:
    spell = UNPRICED_SPELLS.get(key)
    if key not in _MODELS or at < PRICED_SINCE.get(key, BEGIN_AT) or (spell is not None and at in spell):
        return None
    return float(f"{_exact(key, min(at, END_AT)):.8g}")


def _exact(key: str, at: int) -> float:
    model = _MODELS[key]
    if isinstance(model, _Follows):
        years = (at - BEGIN_AT) / (365 * DAY)
        return _exact(model.key, at) * model.ratio * (1.0 + model.yearly * years)
    step, beyond = divmod(at - BEGIN_AT, KNOT_SECONDS)
    knots = _knots(key)
    return knots[step] + (knots[step + 1] - knots[step]) * (beyond / KNOT_SECONDS)


@functools.cache
def _knots(key: str) -> tuple[float, ...]:
    """The walk's value at each knot; sums and products only, so that every platform agrees to the last bit."""
    model = _MODELS[key]
    if isinstance(model, _Follows):
        raise TypeError(f"{key} follows {model.key} and has no walk")
    draw = seeded(f"price/{key}").random
    value = model.start
    knots = [value]
    for _ in range((END_AT - BEGIN_AT) // KNOT_SECONDS + 1):
        push = draw() + draw() + draw() - 1.5
        value = value * (1.0 + model.unrest * push) + model.pull * (model.start - value)
        knots.append(value)
    return tuple(knots)
