"""1inch Portfolio v4's bodies as they are served: the names of its OpenAPI file and of the vendor's Go SDK.

`meta` is that of v5, and stands beside every result; timings (`system`) are not kept.
"""

from decimal import Decimal

from dagster_project.serve.body import Shape
from dagster_project.serve.oneinch_portfolio.shapes import AddressValue, Meta


class ChainWorth(Shape):
    """What a group is worth on a chain; no chain is the total of all."""

    chain_id: int | None
    value_usd: Decimal


class GroupWorth(Shape):
    """What is worth what by chain: a protocol, native coins or tokens."""

    protocol_name: str
    protocol_locked: bool
    result: list[ChainWorth]


class ChainProfit(Shape):
    """What was gained on a chain, roi a fraction; no chain is the total of all."""

    chain_id: int | None
    abs_profit_usd: Decimal | None
    roi: float | None


class TokenDetail(Shape):
    """A token that is held, or that was given up in the time range: then its status is 0."""

    chain_id: int
    contract_address: str
    name: str
    symbol: str
    amount: float | None
    price_to_usd: float | None
    value_usd: Decimal
    abs_profit_usd: Decimal | None
    roi: float | None
    status: int


class Underlying(Shape):
    """A token inside of a position."""

    chain_id: int
    address: str
    name: str | None
    symbol: str | None
    decimals: int | None
    amount: float | None
    price_to_usd: float | None
    value_usd: Decimal | None


class Period(Shape):
    """What the profit of a position is made from."""

    value_usd_start: Decimal | None = None
    value_usd_end: Decimal | None = None
    value_inflow_usd_period: Decimal | None = None
    value_outflow_usd_period: Decimal | None = None


class ProtocolDetail(Shape):
    """A position that is held, or that was given up in the time range: then its status is 0."""

    chain_id: int
    contract_address: str
    token_id: int
    addresses: list[str]
    protocol: str
    name: str
    contract_type: str
    sub_contract_type: str
    is_whitelisted: int
    protocol_name: str
    protocol_icon: str | None
    status: int
    token_address: str | None
    underlying_tokens: list[Underlying]
    value_usd: Decimal
    debt: bool
    rewards_tokens: list[Underlying]
    profit_abs_usd: Decimal | None
    roi: float | None
    weighted_apr: float | None
    holding_time_days: int | None
    info: Period


class AvailableV4(Shape):
    """The body of general/is_available."""

    result: bool
    meta: Meta | None


class ChainNumbersV4(Shape):
    """The body of general/supported_chains."""

    result: list[int]
    meta: Meta


class AddressValuesV4(Shape):
    """The body of general/current_value."""

    result: list[AddressValue]
    meta: Meta


class GroupValuesV4(Shape):
    """The body of current_value of tokens and protocols."""

    result: list[GroupWorth]
    meta: Meta


class ProfitsV4(Shape):
    """The body of profit_and_loss."""

    result: list[ChainProfit]
    meta: Meta


class TokenDetailsV4(Shape):
    """The body of overview/erc20/details."""

    result: list[TokenDetail]
    meta: Meta


class ProtocolDetailsV4(Shape):
    """The body of overview/protocols/details."""

    result: list[ProtocolDetail]
    meta: Meta
