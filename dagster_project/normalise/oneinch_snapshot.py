"""1inch Portfolio's snapshots: bytes in, rows out. Tokens are the wallet, protocols are positions, debts and rewards.

Contract: the OpenAPI file of 2025-07-26 and what clients saw on the wire, see docs/sources/oneinch_portfolio.md. Both
forms are read: a bare list or `{"result": […]}`, `chain_id` or `chain`, tokens with and without a value of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Asset, Holding, Position, PriceOrigin, PriceStatus, Reading
from dagster_project.model import POINT_IN_TIME_WINDOW, Cell, Layer, Pull
from dagster_project.normalise.reading import (
    Amount,
    Body,
    Decimals,
    Finite,
    NonNegative,
    UnixSeconds,
    Whole,
    decode,
    evm_asset,
    unix_time,
)

NOBODY = "0x0000000000000000000000000000000000000000"
"""The holder of rows that the vendor has aggregated over the wallets asked for, be it one."""

UNEXPLAINED_USD = 0.01
UNEXPLAINED_SHARE = 1e-6
"""How far a position's own value may lie from the sum of its legs, in US dollars and relatively, as rounding."""


class Token(Body):
    """A token as 1inch writes it inside of everything: amount in whole units, chain by either name."""

    address: str
    decimals: Decimals
    amount: Amount | None = None
    price_usd: NonNegative | None = None
    value_usd: Finite | None = None
    symbol: str | None = None
    name: str | None = None
    chain: Whole | None = None
    chain_id: Whole | None = None

    @property
    def held(self) -> float:
        """The amount; the contract has it 0 where it is not there, and `_check_amounts` refuses where it cannot be."""
        return 0.0 if self.amount is None else self.amount


class _Row(Body):
    index: str
    contract_address: str
    address: str
    protocol_type: str
    protocol_group_id: str
    asset_sign: Annotated[int, msgspec.Meta(ge=-1, le=1)]
    value_usd: Finite
    chain: Whole | None = None
    chain_id: Whole | None = None
    token_id: Annotated[int, msgspec.Meta(ge=0)] = 0
    timestamp: UnixSeconds | None = None
    block_number: Whole | None = None
    block_number_created: Whole | None = None
    protocol_handler_id: str | None = None
    protocol_group_name: str | None = None
    protocol_group_icon: str | None = None
    protocol_sub_group_id: str | None = None
    protocol_sub_group_name: str | None = None
    contract_name: str | None = None
    contract_symbol: str | None = None
    status: int | None = None
    locked: bool | None = None
    underlying_tokens: list[Token] | None = None
    reward_tokens: list[Token] | None = None


class _Enveloped(Body):
    result: list[_Row]
    meta: object = None


Place = tuple[str, _Row]
"""A row with its path in the body."""


def snapshot(pull: Pull, body: bytes) -> Reading:
    """Read a snapshot: rows of the chains that were asked for, each in its cell.

    Rows without a timestamp speak of now; the whole answer then has no time that it is true for.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    root, rows, cached_at, unknown = _rows(body)
    cells = {(cell.chain_id, cell.layer): cell for cell in pull.cells}
    asked_chains = {cell.chain_id for cell in pull.cells}
    places = [(f"{root}[{index}]", row) for index, row in enumerate(rows)]
    mine = [(where, row) for where, row in places if _chain_of(where, row) in asked_chains]
    found: dict[Cell, list[Holding]] = {cell: [] for cell in pull.cells}
    positions: dict[Cell, list[Position]] = {}
    _check_holder(mine, pull)
    _check_repeats(mine, cells)
    _check_amounts(mine)
    for where, row in mine:
        chain_id = _chain_of(where, row)
        if (chain_id, Layer.WALLET) in cells:
            token = _token(where, row, chain_id)
            if token.amount or token.stated_value_usd:
                found[cells[chain_id, Layer.WALLET]].append(token)
            continue
        stated = _position(where, row, chain_id)
        positions.setdefault(cells[chain_id, Layer.POSITION], []).append(stated)
        for layer, holding in _legs(where, row, chain_id):
            found[cells[chain_id, layer]].append(holding)
    return Reading(
        effective_at=_effective_at(mine or places, pull, cached_at),
        rows={cell: tuple(holdings) for cell, holdings in found.items()},
        block_number=_block_number(mine),
        unknown_fields=unknown,
        positions={cell: tuple(stated) for cell, stated in positions.items()},
        assets=tuple(_assets(mine)),
    )


def _rows(body: bytes) -> tuple[str, Sequence[_Row], datetime | None, tuple[str, ...]]:
    """Give the path of the rows, the rows, the time of the cache that they come from, and unknown members."""
    if body.lstrip()[:1] == b"[":
        rows, unknown = decode(body, list[_Row])
        return "$", rows, None, unknown
    enveloped, unknown = decode(body, _Enveloped)
    cached_at = unix_time(enveloped.meta.get("cached_at")) if isinstance(enveloped.meta, dict) else None
    return "$.result", enveloped.result, cached_at, unknown


def _chain_of(where: str, row: _Row) -> str:
    number = row.chain_id if row.chain is None else row.chain
    if number is None:
        raise UnreadableError(f"{where}.chain_id", "is not there, nor is chain")
    return f"eip155:{number}"


def _token(where: str, row: _Row, chain_id: str) -> Holding:
    """Read a wallet's token: its one underlying token is itself, and it is owned."""
    if row.asset_sign < 0 or row.value_usd < 0:
        raise UnreadableError(f"{where}.{'asset_sign' if row.asset_sign < 0 else 'value_usd'}", "makes a token a debt")
    legs = row.underlying_tokens or []
    if len(legs) != 1:
        raise UnreadableError(f"{where}.underlying_tokens", f"holds {len(legs)} tokens, but a token is made of itself")
    asset_id = evm_asset(chain_id, row.contract_address, f"{where}.contract_address")
    if evm_asset(chain_id, legs[0].address, f"{where}.underlying_tokens[0].address") != asset_id:
        raise UnreadableError(f"{where}.underlying_tokens[0].address", "is another token than contract_address")
    return _holding(asset_id, legs[0], row.value_usd)


def _holding(asset_id: str, token: Token, value: float | None, position_id: str = "") -> Holding:
    price = token.price_usd or None
    status = PriceStatus.PRICED if price else PriceStatus.UNKNOWN
    return Holding(asset_id, token.held, price, status, value, decimals=token.decimals, position_id=position_id)


def _position(where: str, row: _Row, chain_id: str) -> Position:
    return Position(
        position_id=row.index,
        contract_id=evm_asset(chain_id, row.contract_address, f"{where}.contract_address"),
        token_id=str(row.token_id),
        kind=row.protocol_type,
        protocol_id=row.protocol_group_id,
        protocol_name=row.protocol_group_name or row.protocol_group_id,
        name=row.contract_name or "",
        stated_value_usd=row.value_usd,
    )


def _legs(where: str, row: _Row, chain_id: str) -> Iterator[tuple[Layer, Holding]]:
    """Give the legs of a position, its unclaimed rewards, and what of its own value they leave unexplained."""
    is_debt = row.asset_sign < 0
    layer = Layer.DEBT if is_debt else Layer.POSITION
    held = _merged(f"{where}.underlying_tokens", row.underlying_tokens, chain_id)
    rewards = _merged(f"{where}.reward_tokens", row.reward_tokens, chain_id)
    for asset_id, token in held.items():
        yield layer, _holding(asset_id, token, _size(token.value_usd) if is_debt else token.value_usd, row.index)
    for asset_id, token in rewards.items():
        yield Layer.REWARD, _holding(asset_id, token, _size(token.value_usd), row.index)
    worth = [_size(_worth(token)) if is_debt else _worth(token) for token in held.values()]
    known = [value for value in worth if value is not None]
    if len(known) < len(worth):
        return  # the rest of the position's value is what the unpriced legs are worth, or nothing: nobody knows
    rest = (abs(row.value_usd) if is_debt else row.value_usd) - sum(known)
    beside = sum(value for value in map(_worth, rewards.values()) if value is not None)
    tolerance = max(UNEXPLAINED_USD, UNEXPLAINED_SHARE * abs(row.value_usd))
    if min(abs(rest), abs(rest - beside)) > tolerance:
        yield Layer.POSITION if rest < 0 else layer, _unexplained(row, chain_id, rest)


def _unexplained(row: _Row, chain_id: str, rest: float) -> Holding:
    """Make a leg of what a position's own value says beyond its legs; a debt that is smaller than its legs adds."""
    return Holding(
        asset_id=f"{chain_id}/leg:unexplained-{row.contract_address.lower()}",
        amount=abs(rest),
        price_usd=1.0,
        price_status=PriceStatus.PRICED,
        stated_value_usd=abs(rest) if row.asset_sign < 0 else rest,
        position_id=row.index,
        price_origin=PriceOrigin.IMPLIED,
    )


def _merged(where: str, tokens: Sequence[Token] | None, chain_id: str) -> dict[str, Token]:
    """Give a position's tokens that are held at all, by asset; one that stands there twice is one."""
    found: dict[str, Token] = {}
    for index, token in enumerate(tokens or ()):
        if not token.held:
            continue
        asset_id = evm_asset(chain_id, token.address, f"{where}[{index}].address")
        before = found.get(asset_id)
        found[asset_id] = token if before is None else _sum(before, token)
    return found


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


def _check_holder(places: Sequence[Place], pull: Pull) -> None:
    """Hold each row's address against the one asked for; rows that are aggregated have the zero address."""
    known = {NOBODY, dict(pull.request.query)["addresses"].lower()}
    for where, row in places:
        if row.address.lower() not in known:
            raise UnreadableError(f"{where}.address", "is another account than the one asked for")


def _check_repeats(places: Sequence[Place], cells: Mapping[tuple[str, Layer], Cell]) -> None:
    """Refuse a wallet's token or a position that is listed twice: it would count twice."""
    seen: dict[tuple[str, str], str] = {}
    for where, row in places:
        chain_id = _chain_of(where, row)
        name = "contract_address" if (chain_id, Layer.WALLET) in cells else "index"
        if (first := seen.setdefault((chain_id, getattr(row, name).lower()), where)) != where:
            raise UnreadableError(f"{where}.{name}", f"repeats {first}")


def _check_amounts(places: Sequence[Place]) -> None:
    """Refuse a token without an amount where it or its row is worth something: an amount that is not there is no 0."""
    for where, row in places:
        for name in ("underlying_tokens", "reward_tokens"):
            for index, token in enumerate(getattr(row, name) or ()):
                is_worth = token.value_usd or (name == "underlying_tokens" and row.value_usd)
                if token.amount is None and is_worth:
                    raise UnreadableError(f"{where}.{name}[{index}].amount", "is not there, but its value is not 0")


def _effective_at(places: Sequence[Place], pull: Pull, cached_at: datetime | None) -> datetime | None:
    """Give the instant that all rows are true for; the one that is furthest off where they differ.

    What a cache has kept since before that instant is true for the time of the cache, whatever its rows say.

    Without rows it is the instant that was asked for: nothing says otherwise, and an empty answer for the past is
    believed only once a neighbouring instant agrees.
    """
    asked = int(dict(pull.request.query)["timestamp"])
    known = [row.timestamp for _, row in places if row.timestamp is not None]
    if len(known) < len(places):
        return None
    first, last = min(known, default=asked), max(known, default=asked)
    is_early = asked - first > POINT_IN_TIME_WINDOW.total_seconds()
    effective_at = datetime.fromtimestamp(last if last > asked and not is_early else first, UTC)
    return effective_at if cached_at is None else min(effective_at, cached_at)


def _block_number(places: Sequence[Place]) -> int | None:
    """Give the block that all rows are of; those of several chains differ, and none stands for the answer."""
    blocks = {row.block_number for _, row in places}
    return blocks.pop() if len(blocks) == 1 else None


def _assets(places: Sequence[Place]) -> Iterator[Asset]:
    for where, row in places:
        for name in ("underlying_tokens", "reward_tokens"):
            for index, token in enumerate(getattr(row, name) or ()):
                asset_id = evm_asset(_chain_of(where, row), token.address, f"{where}.{name}[{index}].address")
                yield Asset(asset_id, token.symbol or "", token.name or "", token.decimals)
