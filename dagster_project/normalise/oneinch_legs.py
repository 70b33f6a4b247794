"""A position of 1inch Portfolio's snapshots: what stands for it, its legs, its unclaimed rewards, what they leave open.

Each leg has an asset id of the chain that it lies on, which need not be the position's; it counts in the position's
cell.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dagster_project import caip
from dagster_project.chains import decimals_of
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Holding, Position, PriceOrigin, PriceStatus
from dagster_project.model import Layer
from dagster_project.normalise.booking import contradicts
from dagster_project.normalise.oneinch_rows import Row, Token, asset_of, leg_chain

UNNAMED = "unnamed"
"""The protocol or kind of a position that names none."""

UNEXPLAINED_USD = 0.01
UNEXPLAINED_SHARE = 1e-6
"""How far a position's own value may lie from the sum of its legs, in US dollars and relatively, as rounding."""


def holding_of(asset_id: str, token: Token, value: float | None, position_id: str = "") -> Holding:
    """Make a row of a token."""
    price = token.price_usd or None
    status = PriceStatus.PRICED if price else PriceStatus.UNKNOWN
    decimals = decimals_of(asset_id, token.decimals)
    return Holding(asset_id, token.held, price, status, value, decimals=decimals, position_id=position_id)


def position_of(where: str, row: Row, chain_id: str) -> Position:
    """Read what is said of the position itself.

    The contract keeps its own id, also where it is a name of the native coin: a coin never stands for a position.
    """
    if row.index is None:
        raise UnreadableError(f"{where}.index", "is not there")
    if not caip.is_evm_address(row.contract_address):
        raise UnreadableError(f"{where}.contract_address", "is not 0x followed by 40 hexadecimal digits")
    protocol_id = row.protocol_group_id or row.protocol_sub_group_id or UNNAMED
    return Position(
        position_id=row.index,
        contract_id=caip.erc20(chain_id, row.contract_address),
        token_id="0" if row.token_id is None else str(row.token_id),
        kind=row.protocol_type or UNNAMED,
        protocol_id=protocol_id,
        protocol_name=row.protocol_group_name or protocol_id,
        name=row.contract_name or "",
        stated_value_usd=row.value_usd,
    )


def legs_of(where: str, row: Row, chain_id: str) -> Iterator[tuple[Layer, Holding]]:
    """Give the legs of a position, its unclaimed rewards, and what of its own value they leave unexplained.

    Raises:
        UnreadableError: it does not say whether it is owned or owed, or a leg cannot be read.
    """
    if row.asset_sign is None:
        raise UnreadableError(f"{where}.asset_sign", "is not there")
    if row.value_usd is None and not row.underlying_tokens:
        raise UnreadableError(f"{where}.value_usd", "is not there, and neither is any token of it")
    position_id, is_debt = row.index or "", row.asset_sign < 0
    layer = Layer.DEBT if is_debt else Layer.POSITION
    held = _merged(f"{where}.underlying_tokens", row.underlying_tokens, chain_id)
    rewards = _merged(f"{where}.reward_tokens", row.reward_tokens, chain_id)
    legs = [
        holding_of(asset_id, token, _size(token.value_usd) if is_debt else token.value_usd, position_id)
        for asset_id, token in held.items()
    ]
    worth = [_size(_worth(token)) if is_debt else _worth(token) for token in held.values()]
    unpriced = [place for place, value in enumerate(worth) if value is None]
    rest = _rest(row.value_usd, worth, rewards, is_debt=is_debt)
    if rest is not None and rest > 0 and len(unpriced) == 1:
        legs[unpriced[0]], rest = _at_what_is_left(legs[unpriced[0]], rest), None
    yield from ((layer, leg) for leg in legs)
    for asset_id, token in rewards.items():
        yield Layer.REWARD, holding_of(asset_id, token, _size(token.value_usd), position_id)
    if rest is not None:
        is_together = rest > 0 and len(unpriced) > 1
        size = None if not held or is_together else sum(value for value in worth if value is not None)
        yield Layer.POSITION if rest < 0 else layer, _unexplained(row, chain_id, rest, size, is_debt=is_debt)


def _rest(
    whole: float | None, worth: Sequence[float | None], rewards: Mapping[str, Token], *, is_debt: bool
) -> float | None:
    """Give what a position's own value says beyond its priced legs; None where that is rounding, or nobody knows.

    The position's own value may hold its unclaimed rewards or not: beside these it says nothing of an unpriced leg.
    """
    if whole is None:
        return None
    rest = (abs(whole) if is_debt else whole) - sum(value for value in worth if value is not None)
    beside = sum(value for value in map(_worth, rewards.values()) if value is not None)
    tolerance = max(UNEXPLAINED_USD, UNEXPLAINED_SHARE * abs(whole))
    is_unclear = rest > 0 and None in worth and bool(rewards)
    return None if is_unclear or min(abs(rest), abs(rest - beside)) <= tolerance else rest


def _at_what_is_left(leg: Holding, rest: float) -> Holding:
    """Give a leg without a price the value that the position's own one leaves for it, where that makes a price."""
    price = rest / leg.amount if leg.amount else math.inf
    if not math.isfinite(price):
        return leg
    status, origin = PriceStatus.PRICED, PriceOrigin.RESIDUAL
    return leg._replace(price_usd=price, price_status=status, stated_value_usd=rest, price_origin=origin)


def _unexplained(row: Row, chain_id: str, rest: float, legs: float | None, *, is_debt: bool) -> Holding:
    """Make a leg of what a position's own value says beyond its legs; a debt that is smaller than its legs adds.

    It is also what several legs without a price are worth together. Where `legs`, the sum of the legs, contradicts the
    position's own value, they alone count and the rest is kept without a value.
    """
    whole = row.value_usd
    is_contradiction = whole is not None and legs is not None and contradicts(whole, legs)
    return Holding(
        asset_id=f"{chain_id}/leg:unexplained-{row.contract_address.lower()}",
        amount=abs(rest),
        price_usd=1.0,
        price_status=PriceStatus.QUARANTINED if is_contradiction else PriceStatus.PRICED,
        stated_value_usd=abs(rest) if is_debt else rest,
        position_id=row.index or "",
        price_origin=PriceOrigin.IMPLIED,
    )


def _merged(where: str, tokens: Sequence[Token] | None, row_chain: str) -> dict[str, Token]:
    """Give a position's tokens that are held at all, by asset; one that stands there twice is one.

    A coin that is listed by two names with one amount is one leg, listed twice; what the position's own value has
    beyond that becomes a leg of its own.
    """
    found: dict[str, dict[str, Token]] = {}
    for index, token in enumerate(tokens or ()):
        if not token.held:
            continue
        place = f"{where}[{index}]"
        asset_id = asset_of(leg_chain(place, token, row_chain), token.address, f"{place}.address")
        by_name = found.setdefault(asset_id, {})
        before = by_name.get(token.address.lower())
        by_name[token.address.lower()] = token if before is None else _sum(before, token)
    return {asset_id: _one(list(by_name.values())) for asset_id, by_name in found.items()}


def _one(named: Sequence[Token]) -> Token:
    """Join a coin's legs by its several names: equal amounts are one."""
    first, *others = named
    for other in others:
        first = first if other.held == first.held else _sum(first, other)
    return first


def _sum(one: Token, other: Token) -> Token:
    values = [value for value in (one.value_usd, other.value_usd) if value is not None]
    both = sum(values) if len(values) == len((one, other)) else None
    return msgspec.structs.replace(other, amount=one.held + other.held, value_usd=both)


def _worth(token: Token) -> float | None:
    if not token.price_usd:
        return None
    return token.held * token.price_usd if token.value_usd is None else token.value_usd


def _size(value: float | None) -> float | None:
    """Give a debt's or a reward's value without its sign: whether the vendor writes one is not documented."""
    return None if value is None else abs(value)
