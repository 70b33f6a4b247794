"""The rows of 1inch Portfolio's snapshots as they stand in a body, and the chain that a row or a token of it lies on.

Contract: the OpenAPI file of 2025-07-26 and what clients saw on the wire, see docs/sources/oneinch_portfolio.md. Both
forms are read: a bare list or `{"result": […]}`, `chain_id` or `chain`, tokens with and without a value of their own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from dagster_project import caip
from dagster_project.chains import canonical
from dagster_project.errors import UnreadableError
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

SOLANA = 501
"""The vendor numbers Solana so; every other number is that of an EVM chain."""


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


class Row(Body):
    """A wallet's token, or a position, as a snapshot lists it."""

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
    result: list[Row]
    meta: object = None


Place = tuple[str, Row]
"""A row with its path in the body."""


def read_rows(body: bytes) -> tuple[str, Sequence[Row], datetime | None, tuple[str, ...]]:
    """Give the path of the rows, the rows, the time of the cache that they come from, and unknown members."""
    if body.lstrip()[:1] == b"[":
        rows, unknown = decode(body, list[Row])
        return "$", rows, None, unknown
    enveloped, unknown = decode(body, _Enveloped)
    cached_at = unix_time(enveloped.meta.get("cached_at")) if isinstance(enveloped.meta, dict) else None
    return "$.result", enveloped.result, cached_at, unknown


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
