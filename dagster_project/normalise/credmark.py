"""Credmark's bodies: bytes in, rows out. Nothing of the wire, nothing of time but the block's own.

Contract: docs.credmark.com/portfolio-api-concepts/value/point-in-time (2023), see docs/sources/credmark.md.
"""

from datetime import UTC, datetime

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Holding, PriceStatus, Reading
from dagster_project.model import Cell, Pull
from dagster_project.normalise.reading import Amount, Body, NonNegative, UnixSeconds, Whole, decode, evm_asset

VERSION = 1
USD = "0x0000000000000000000000000000000000000348"

_PRICED, _UNKNOWN = PriceStatus.PRICED, PriceStatus.UNKNOWN


class _Position(Body, rename="camel"):
    token_address: str
    balance: Amount
    token_price: NonNegative
    value: NonNegative


class _Value(Body, rename="camel"):
    chain_id: Whole
    block_number: Whole
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
    if answer.value and not holdings:
        raise UnreadableError("$.positions", f"lists nothing that is held, but $.value is {answer.value}")
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
    found: dict[str, int] = {}
    for index, position in enumerate(positions):
        where = f"$.positions[{index}].tokenAddress"
        asset_id = evm_asset(cell.chain_id, position.token_address, where)
        if found.setdefault(asset_id, index) != index:
            raise UnreadableError(where, f"repeats $.positions[{found[asset_id]}]")
    return list(found)


def _status(position: _Position) -> PriceStatus:
    return _PRICED if position.token_price else _UNKNOWN
