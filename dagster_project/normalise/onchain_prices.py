"""DefiLlama's prices: what its coins API says of each id, and which of that may be believed for an instant.

Contract: api-docs of 2026-07-29, see docs/sources/onchain.md. A coin without a price is absent.
"""

import json
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Fault, PriceStatus
from dagster_project.normalise.fitting import LONGEST_NAME
from dagster_project.normalise.onchain_question import Prices
from dagster_project.normalise.reading import Body, Decoded, NonNegative, UnixSeconds, decode_items

LEAD_SECONDS = 300
"""Points come every five minutes and the nearest is given, so that this much earlier is asked: never a later point."""

LONGEST_AGE = 6 * 3600
"""How old a point may be; one that is older is kept and not believed."""

LEAST_CONFIDENCE = 0.5
CONFIDENCE_FROM = 1_672_531_200
"""2023-01-01: before it the source states a confidence of 0 for prices that are right."""


class Point(Body):
    """One coin's price and the instant that it is of."""

    price: NonNegative
    symbol: str
    timestamp: UnixSeconds
    decimals: object = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class _Coins(Body):
    coins: dict[str, Point | None]


class _Stated(Body):
    """One of many points of a coin."""

    price: NonNegative
    timestamp: UnixSeconds
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class _Series(Body):
    symbol: str
    prices: list[_Stated | None]


class _Batch(Body):
    coins: dict[str, _Series | None]


class Points(NamedTuple):
    """What an answer says of prices by id in lower case: points, and faults of coins whose point cannot be read.

    A fault costs its coin alone: all others have their prices.
    """

    points: dict[str, Point]
    faults: dict[str, Fault]
    unknown: tuple[str, ...]


def read_points(body: str) -> Points:
    """Read an answer for one time.

    Raises:
        UnreadableError: it is no such answer, with the path of the first field that is not as the contract says.
    """
    decoded = decode_items(body.encode("utf-8", "replace"), _Coins)
    coins = decoded.body.coins
    points = {name.lower(): point for name, point in coins.items() if point is not None}
    faults = {name.lower(): _fault(decoded, name) for name, point in coins.items() if point is None}
    return _checked(Points(points, faults, decoded.unknown), len(coins))


def read_batch(body: str, as_of: int) -> Points:
    """Read an answer for many instants: of each coin the point that is nearest to what was asked for one of them.

    Points come in no order, and of other instants too: what is further away than a point may be is none for this one.

    Raises:
        UnreadableError: it is no such answer, with the path of the first field that is not as the contract says.
    """
    decoded = decode_items(body.encode("utf-8", "replace"), _Batch)
    wanted = as_of - LEAD_SECONDS
    found = Points({}, {}, decoded.unknown)
    for name, series in decoded.body.coins.items():
        stated = [] if series is None else [one for one in series.prices if one is not None]
        near = [one for one in stated if abs(one.timestamp - wanted) <= LONGEST_AGE]
        if near and series is not None:
            best = min(near, key=lambda one: abs(one.timestamp - wanted))
            found.points[name.lower()] = Point(best.price, series.symbol, best.timestamp, None, best.confidence)
        elif series is None:
            found.faults[name.lower()] = _fault(decoded, name)
        elif bad := [index for index, one in enumerate(series.prices) if one is None]:
            found.faults[name.lower()] = _fault(decoded, name, f".prices[{bad[0]}]")
    return _checked(found, len(decoded.body.coins))


def _checked(found: Points, coins: int) -> Points:
    """Refuse an answer of which no coin can be read: that is another form of answers, and no bad point."""
    if len(found.faults) == coins > 1:
        first = next(iter(found.faults.values()))
        raise UnreadableError(first.where, first.why)
    return found


def _fault(decoded: Decoded[Any], name: str, place: str = "") -> Fault:
    bad = decoded.why(f"$.coins.{name[:LONGEST_NAME]}{place}")
    return Fault(bad.where, f"{bad.why}; the coin is unpriced")


def coin(prices: Prices, token: str | None) -> str:
    """Give the source's id of a token, or of the native coin."""
    return prices.native if token is None else f"{prices.chain}:{token}"


def judged(point: Point | None, as_of: int) -> tuple[float | None, PriceStatus]:
    """Give price and status for an instant: a later point is none, an old or doubtful one is kept and not believed."""
    if point is None or not point.price or point.timestamp > as_of:
        return None, PriceStatus.UNKNOWN
    is_old = as_of - point.timestamp > LONGEST_AGE
    is_doubtful = point.confidence is not None and point.confidence < LEAST_CONFIDENCE and as_of >= CONFIDENCE_FROM
    return point.price, PriceStatus.QUARANTINED if is_old or is_doubtful else PriceStatus.PRICED


def coins_in(written: str) -> list[str]:
    """Give the coins, in lower case, that a request for many instants asks for.

    Raises:
        UnreadableError: it is no such request.
    """
    try:
        return [name.lower() for name in json.loads(unquote(written))]
    except ValueError as error:
        raise UnreadableError("$", "holds a request that is none of ours") from error
