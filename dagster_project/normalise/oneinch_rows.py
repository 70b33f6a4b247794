"""The rows of 1inch Portfolio's snapshots as they stand in a body, and the chain that a row or a token of it lies on.

Contract: the OpenAPI file of 2025-07-26 and what clients saw on the wire, see docs/sources/oneinch_portfolio.md. Both
forms are read: a bare list or `{"result": […]}`, `chain_id` or `chain`, tokens with and without a value of their own.
"""

from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec

from dagster_project import caip
from dagster_project.chains import canonical
from dagster_project.errors import UnreadableError
from dagster_project.normalise.fitting import BadItem
from dagster_project.normalise.reading import (
    Amount,
    Body,
    Decimals,
    Decoded,
    Finite,
    NonNegative,
    UnixSeconds,
    Whole,
    decode_items,
    evm_asset,
    unix_time,
    whole_number,
)

SOLANA = 501
"""The vendor numbers Solana so; every other number is that of an EVM chain."""


class Token(Body):
    """A token as 1inch writes it inside of everything: amount in whole units, chain by either name."""

    address: str
    decimals: Decimals | None
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


class Row(Body):
    """A wallet's token, or a position, as a snapshot lists it: what counts has no default, and may be null.

    A position cannot go without `index` and `asset_sign` either; a token is owned, and named by its contract.
    """

    index: str | None
    contract_address: str
    address: str
    asset_sign: Annotated[int, msgspec.Meta(ge=-1, le=1)] | None
    value_usd: Finite | None
    protocol_type: str | None = None
    protocol_group_id: str | None = None
    chain: Whole | None = None
    chain_id: Whole | None = None
    token_id: Annotated[int, msgspec.Meta(ge=0)] | None = None
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
    result: list[Row | None]
    meta: object = None


Place = tuple[str, Row]
"""A row with its path in the body."""


class Rows(NamedTuple):
    """The rows of a body: those that can be read, faults of the others, unknown members, and the time of the cache."""

    places: list[Place]
    bad: list[tuple[str, BadItem]]
    unknown: tuple[str, ...]
    cached_at: datetime | None


def read_rows(body: bytes) -> Rows:
    """Read a body of either form.

    `bad` names the rows that cannot be read, each with the chain that it names.

    Raises:
        UnreadableError: it is no list of rows, or a row that cannot be read names no chain.
    """
    root, meta = "$", None
    decoded: Decoded[list[Row | None]] | Decoded[_Enveloped]
    if body.lstrip()[:1] == b"[":
        decoded = decode_items(body, list[Row | None])
        rows = decoded.body
    else:
        decoded = decode_items(body, _Enveloped)
        root, rows, meta = "$.result", decoded.body.result, decoded.body.meta
    cached_at = unix_time(meta.get("cached_at")) if isinstance(meta, dict) else None
    places, bad = [], []
    for index, row in enumerate(rows):
        where = f"{root}[{index}]"
        if row is not None:
            places.append((where, row))
        else:
            why = decoded.why(where)
            bad.append((_chain_named(why), why))
    return Rows(places, bad, decoded.unknown, cached_at)


def _chain_named(bad: BadItem) -> str:
    """Give the chain that an unreadable row names.

    Raises:
        UnreadableError: it names none, or two: nobody knows what lacks it.
    """
    item = bad.item if isinstance(bad.item, dict) else {}
    numbers = {number for name in ("chain", "chain_id") if (number := whole_number(item.get(name))) is not None}
    if len(numbers) != 1 or numbers == {0}:
        raise UnreadableError(bad.where, bad.why)
    return _chain(numbers.pop())


def chain_of(where: str, row: Row) -> str:
    """Give the chain of a row.

    Raises:
        UnreadableError: the row names none, or two.
    """
    number = _number(where, row)
    if number is None:
        raise UnreadableError(f"{where}.chain_id", "is not there, nor is chain")
    return _chain(number)


def leg_chain(where: str, token: Token, row_chain: str) -> str:
    """Give the chain of a token inside of a row: its own, as a position may hold what lies elsewhere, else the row's.

    Raises:
        UnreadableError: the token names two chains, or the number 0, which is none.
    """
    number = _number(where, token)
    return row_chain if number is None else _chain(number)


def _chain(number: int) -> str:
    return caip.SOLANA_MAINNET if number == SOLANA else f"eip155:{number}"


def asset_of(chain_id: str, address: str, where: str) -> str:
    """Give the one id of what the vendor calls `address` on a chain.

    Raises:
        UnreadableError: it is no address there; `where` is its path.
    """
    if chain_id != caip.SOLANA_MAINNET:
        return evm_asset(chain_id, address, where)
    found = canonical(chain_id, "token", address) if address.isalnum() else None
    if found is None:
        raise UnreadableError(where, "is no mint of a Solana token")
    return found


def _number(where: str, place: Row | Token) -> int | None:
    """Give the number of the chain that stands there by either name, None where there is none."""
    one, other = place.chain, place.chain_id
    if one is not None and other is not None and one != other:
        raise UnreadableError(f"{where}.chain_id", f"is {other}, but chain beside it is {one}")
    number = other if one is None else one
    if number == 0:
        raise UnreadableError(f"{where}.{'chain_id' if one is None else 'chain'}", "is 0, which is no chain")
    return number
