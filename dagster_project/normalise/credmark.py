"""Credmark's bodies: bytes in, rows out. Nothing of the wire, nothing of time but the block's own.

Contract: docs.credmark.com/portfolio-api-concepts/value/point-in-time (2023), see docs/sources/credmark.md.
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from dagster_project import chains
from dagster_project.errors import UnreadableError
from dagster_project.model import Cell, Holding, PriceStatus, Pull, Reading
from dagster_project.normalise.reading import Amount, Body, NonNegative, UnixSeconds, decode

VERSION = 1
USD = "0x0000000000000000000000000000000000000348"

_PRICED, _UNKNOWN = PriceStatus.PRICED, PriceStatus.UNKNOWN


class _Position(Body):
    token_address: str
    balance: Amount
    token_price: NonNegative
    value: NonNegative


class _Value(Body):
    chain_id: int
    block_number: Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
    block_timestamp: UnixSeconds
    accounts: list[str]
    quote_address: str
    value: NonNegative
    positions: list[_Position]


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read a `value` answer with positions: one row a token in the wallet layer.

    A price of 0 means unknown: the vendor's own models write 0 where no source prices a token.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    answer, unknown = decode(body, _Value)
    (cell,) = pull.cells
    _check_echo(answer, cell)
    asset_ids = _asset_ids(cell, answer.positions)
    holdings = tuple(
        Holding(asset_id, position.balance, position.token_price or None, _status(position), position.value)
        for asset_id, position in zip(asset_ids, answer.positions, strict=True)
        if position.balance
    )
    return Reading(
        effective_at=datetime.fromtimestamp(answer.block_timestamp, UTC),
        rows={cell: holdings},
        stated_usd={cell: answer.value},
        block_number=answer.block_number,
        unknown_fields=unknown,
    )


def _check_echo(answer: _Value, cell: Cell) -> None:
    """Hold the answer against the question: another chain, wallet or currency would be booked as ours."""
    if f"eip155:{answer.chain_id}" != cell.chain_id:
        raise UnreadableError("$.chainId", f"is {answer.chain_id}, but {cell.chain_id} was asked for")
    address = cell.account_id.rpartition(":")[2]
    if [account.lower() for account in answer.accounts] != [address]:
        raise UnreadableError("$.accounts", "names another account than the one asked for")
    if answer.quote_address.lower() != USD:
        raise UnreadableError("$.quoteAddress", "is not US dollars (0x…0348), which was asked for")


def _asset_ids(cell: Cell, positions: list[_Position]) -> list[str]:
    """Give the asset of each position; each may stand there once."""
    asset_ids: list[str] = []
    for index, position in enumerate(positions):
        try:
            asset_ids.append(chains.evm_asset(cell.chain_id, position.token_address))
        except ValueError as error:
            raise UnreadableError(f"$.positions[{index}].tokenAddress", str(error)) from error
    if len(set(asset_ids)) != len(asset_ids):
        again = next(index for index, asset_id in enumerate(asset_ids) if asset_id in asset_ids[:index])
        first = asset_ids.index(asset_ids[again])
        raise UnreadableError(f"$.positions[{again}].tokenAddress", f"repeats $.positions[{first}]")
    return asset_ids


def _status(position: _Position) -> PriceStatus:
    return _PRICED if position.token_price else _UNKNOWN
