"""Credmark v1's bodies as they are served: the names of its documents, and `meta` for what is not complete.

A number that is 0 by the vendor's custom where nobody knows it says so beside (`priceStatus`).
"""

from decimal import Decimal

from dagster_project.serve.body import Coverage, Shape, Sparse


class LeftOut(Shape, rename="camel"):
    """A point that is not in the data, or not whole: when, why, and what is known of it."""

    timestamp: int
    reason: str
    missing: list[str]
    known_value: Decimal | None


class DataIssues(Sparse, rename="camel"):
    """What is not in the answer, or not whole, and why."""

    left_out: tuple[LeftOut, ...] = ()
    unpriced: tuple[str, ...] = ()


class Meta(Sparse):
    """Beside the vendor's members: what is not complete, and what stands outside of the answer."""

    data_issues: DataIssues | None = None
    coverage: Coverage | None = None
    not_covered: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class TokenValue(Shape, rename="camel"):
    """A token: balance in whole units, price and value in US dollars, 0 where the price is not known."""

    token_address: str
    balance: float | None
    token_price: float
    value: Decimal
    price_status: str


class Position(Shape, rename="camel"):
    """A token without its price."""

    token_address: str
    balance: float | None


class TokenReturn(Shape, rename="camel"):
    """What a token gained; `return` is a word of Python's own."""

    token_address: str
    balance: float | None
    value: Decimal
    return_: Decimal


class Head(Shape, rename="camel"):
    """How every answer about an instant begins; the block is null where no answer of the history names one."""

    chain_id: int
    block_number: int | None
    block_timestamp: int


class Value(Head, kw_only=True):
    """The body of value; positions are always there, as the vendor's own SDK needs them."""

    accounts: list[str]
    quote_address: str
    value: Decimal
    positions: list[TokenValue]
    meta: Meta


class Positions(Head, kw_only=True):
    """The body of positions."""

    accounts: list[str]
    positions: list[Position]
    meta: Meta


class Returns(Head, kw_only=True):
    """The body of returns."""

    accounts: list[str]
    quote_address: str
    total_return: Decimal
    returns: list[TokenReturn]
    meta: Meta


class ValuePoint(Shape, rename="camel"):
    """A point of value/historical; positions are there, and empty, where they are not asked for."""

    block_number: int | None
    block_timestamp: int
    value: Decimal
    positions: list[TokenValue]


class PositionsPoint(Shape, rename="camel"):
    """A point of positions/historical."""

    block_number: int | None
    block_timestamp: int
    positions: list[Position]


class Range(Shape, rename="camel"):
    """How every answer over time begins."""

    chain_id: int
    start_block_number: int | None
    end_block_number: int | None
    start_timestamp: int
    end_timestamp: int


class ValueHistory(Range, kw_only=True):
    """The body of value/historical."""

    accounts: list[str]
    quote_address: str
    data: list[ValuePoint]
    meta: Meta


class PositionsHistory(Range, kw_only=True):
    """The body of positions/historical."""

    accounts: list[str]
    data: list[PositionsPoint]
    meta: Meta
