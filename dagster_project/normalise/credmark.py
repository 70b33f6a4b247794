"""Credmark's bodies: bytes in, rows out. Nothing of the wire, nothing of time but the block's own.

Contract: docs.credmark.com/portfolio-api-concepts (2023), see docs/sources/credmark.md. The value at an instant is
balances; the vendor's own history and its list of positions are kept as figures under its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Figure, Holding, Normalise, PriceStatus, Reading
from dagster_project.model import Pull
from dagster_project.normalise.faults import faults_in
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.normalise.reading import (
    Amount,
    Body,
    NonNegative,
    UnixSeconds,
    Whole,
    decode,
    decode_items,
    evm_asset,
)

VERSION = 3
USD = "0x0000000000000000000000000000000000000348"

_ETHEREUM = "eip155:1"
"""The one chain of the vendor's portfolio endpoints."""

T = TypeVar("T", bound="_Listed | _Position")

_PRICED, _UNKNOWN = PriceStatus.PRICED, PriceStatus.UNKNOWN


class _Position(Body, rename="camel"):
    token_address: str
    balance: Amount
    token_price: NonNegative | None
    value: NonNegative | None


class _Value(Body, rename="camel"):
    chain_id: Whole
    block_timestamp: UnixSeconds
    accounts: list[str]
    quote_address: str
    positions: list[_Position]
    block_number: Whole | None = None
    value: NonNegative | None = None


class _Point(Body, rename="camel"):
    block_timestamp: UnixSeconds
    value: NonNegative
    block_number: Whole | None = None


class _History(Body, rename="camel"):
    chain_id: Whole
    end_timestamp: UnixSeconds
    accounts: list[str]
    quote_address: str
    data: list[_Point | None]
    start_block_number: Whole | None = None
    end_block_number: Whole | None = None
    start_timestamp: UnixSeconds | None = None


class _Listed(Body, rename="camel"):
    token_address: str
    balance: Amount


class _Positions(Body, rename="camel"):
    chain_id: Whole
    block_timestamp: UnixSeconds
    accounts: list[str]
    positions: list[_Listed | None]
    block_number: Whole | None = None


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read a body as its endpoint's contract says.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    return _READERS[pull.endpoint](pull, body)


def _at_an_instant(pull: Pull, body: bytes) -> Reading:
    """Read a `value` answer with positions: one row a token in the wallet layer.

    A price of 0 means unknown: the vendor's own models write 0 where no source prices a token.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    answer, unknown = decode(body, _Value)
    (cell,) = pull.cells
    _check_echo(answer, cell.chain_id, cell.account_id)
    _check_quote(answer.quote_address)
    asset_ids = _asset_ids(cell.chain_id, answer.positions)
    listed = (Listed(one.token_address, _holding(asset_id, one)) for asset_id, one in asset_ids)
    found, figures = joined(cell.chain_id, listed)
    holdings = tuple(held for held in found if held.amount)
    if answer.value and not holdings:
        raise UnreadableError("$.positions", f"lists nothing that is held, but $.value is {answer.value}")
    return Reading(
        effective_at=datetime.fromtimestamp(answer.block_timestamp, UTC),
        rows={cell: holdings},
        stated_usd={} if answer.value is None else {cell: answer.value},
        block_number=answer.block_number,
        unknown_fields=unknown,
        figures=tuple(figures),
    )


def _holding(asset_id: str, position: _Position) -> Holding:
    return Holding(asset_id, position.balance, position.token_price or None, _status(position), position.value)


def _history(pull: Pull, body: bytes) -> Reading:
    """Read the vendor's own values over time: true for the end of its range, and no point lies behind that.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    decoded = decode_items(body, _History)
    answer = decoded.body
    _check_echo(answer, _ETHEREUM, pull.account_id)
    _check_quote(answer.quote_address)
    points = [one for one in answer.data if one is not None]
    times = [one.block_timestamp for one in points]
    if any(later <= earlier for earlier, later in pairwise(times)) or times[-1:] > [answer.end_timestamp]:
        raise UnreadableError("$.data", "is not in the order of time up to $.endTimestamp")
    figures = tuple(
        Figure("", "value", one.value, point_at=datetime.fromtimestamp(one.block_timestamp, UTC)) for one in points
    )
    ends, faults = datetime.fromtimestamp(answer.end_timestamp, UTC), faults_in(decoded, answer.data, "$.data")
    reading = Reading(ends, {}, block_number=answer.end_block_number, unknown_fields=decoded.unknown, figures=figures)
    return replace(reading, faults=faults)


def _positions(pull: Pull, body: bytes) -> Reading:
    """Read the vendor's list of what is held at an instant, without prices.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    decoded = decode_items(body, _Positions)
    answer = decoded.body
    _check_echo(answer, _ETHEREUM, pull.account_id)
    pairs = dict(reversed(_asset_ids(_ETHEREUM, answer.positions)))
    return Reading(
        effective_at=datetime.fromtimestamp(answer.block_timestamp, UTC),
        rows={},
        block_number=answer.block_number,
        unknown_fields=decoded.unknown,
        figures=tuple(Figure(asset_id, "balance", one.balance) for asset_id, one in reversed(pairs.items())),
        faults=faults_in(decoded, answer.positions, "$.positions"),
    )


_READERS: Mapping[str, Normalise] = MappingProxyType(
    {"value": _at_an_instant, "value/historical": _history, "positions": _positions}
)


def _check_echo(answer: _Value | _History | _Positions, chain_id: str, account_id: str) -> None:
    """Hold the answer against the question: another chain or wallet would be booked as ours."""
    if f"eip155:{answer.chain_id}" != chain_id:
        raise UnreadableError("$.chainId", f"is {answer.chain_id}, but {chain_id} was asked for")
    if [account.lower() for account in answer.accounts] != [account_id.rpartition(":")[2]]:
        raise UnreadableError("$.accounts", "names another account than the one asked for")


def _check_quote(address: str) -> None:
    if address.lower() != USD:
        raise UnreadableError("$.quoteAddress", "is not US dollars (0x…0348), which was asked for")


def _asset_ids(chain_id: str, positions: Sequence[T | None]) -> list[tuple[str, T]]:
    """Give the asset of each position that could be read; each address may stand there once."""
    seen: dict[str, int] = {}
    found = []
    for index, position in enumerate(positions):
        if position is None:
            continue
        where = f"$.positions[{index}].tokenAddress"
        found.append((evm_asset(chain_id, position.token_address, where), position))
        first = seen.setdefault(position.token_address.lower(), index)
        if first != index:
            raise UnreadableError(where, f"repeats $.positions[{first}]")
    return found


def _status(position: _Position) -> PriceStatus:
    return _PRICED if position.token_price else _UNKNOWN
