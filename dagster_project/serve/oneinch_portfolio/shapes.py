"""1inch Portfolio v5.0's bodies as they are served: the names of the OpenAPI file of 2025-07-26, enveloped.

Tokens inside of rows carry the wire's names too (`chain_id`, `value_usd`), and `meta` says what is not complete.
"""

from decimal import Decimal

from dagster_project.serve.body import Shape, Sparse


class Incomplete(Shape):
    """A point or an instant of which a part is missing: when, why, and what is known of it."""

    timestamp: int
    reason: str
    missing: list[str]
    known_value_usd: Decimal | None


class DataIssues(Sparse):
    """What is not in the result, or not whole, and why; each list is left out where it is empty."""

    incomplete: tuple[Incomplete, ...] = ()
    unpriced: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    not_additive: tuple[str, ...] = ()


class Coverage(Shape):
    """How much of what was asked for has a record: only where the settings let the known part be given."""

    cells: int
    missing_cells: int
    missing: list[str]


class Meta(Sparse):
    """The instant of the answer in Unix seconds, what is not complete, and what stands outside of the result."""

    cached_at: int
    data_issues: DataIssues | None = None
    coverage: Coverage | None = None
    not_watched: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class Token(Shape):
    """A token without an amount."""

    chain: int
    address: str
    decimals: int
    symbol: str | None
    name: str | None


class TokenBalance(Shape):
    """A token inside of a row: amount in whole units, price in US dollars or null where nobody knows it."""

    chain: int
    chain_id: int
    address: str
    decimals: int | None
    symbol: str | None
    name: str | None
    amount: float | None
    price_usd: float | None
    value_usd: Decimal | None


class AdapterResult(Shape):
    """A token or a position at an instant."""

    index: str
    chain_id: int
    contract_address: str
    token_id: int
    address: str
    block_number_created: int
    block_number: int | None
    timestamp: int | None
    protocol_type: str
    protocol_handler_id: str
    protocol_group_id: str
    protocol_group_name: str
    protocol_group_icon: str | None
    contract_name: str
    contract_symbol: str
    asset_sign: int
    status: int
    underlying_tokens: list[TokenBalance]
    reward_tokens: list[TokenBalance]
    value_usd: Decimal


class HistoryMetrics(Shape):
    """What a token or a position gained over a time range; fractions, not percent."""

    index: str
    profit_abs_usd: Decimal | None
    roi: float | None
    weighted_apr: float | None
    holding_time_days: int | None
    rewards_tokens: list[TokenBalance] | None = None
    rewards_usd: Decimal | None = None
    claimed_fees: list[TokenBalance] | None = None
    unclaimed_fees: list[TokenBalance] | None = None
    impermanent_loss: list[TokenBalance] | None = None
    claimed_fees_usd: Decimal | None = None
    unclaimed_fees_usd: Decimal | None = None
    impermanent_loss_usd: Decimal | None = None


class AddressValue(Shape):
    """The worth of an address."""

    value_usd: Decimal
    address: str


class CategoryValue(Shape):
    """The worth of native coins, tokens or protocols."""

    value_usd: Decimal
    category_id: str
    category_name: str


class ProtocolGroupValue(Shape):
    """The worth of what lies in a protocol."""

    value_usd: Decimal
    protocol_group_id: str
    protocol_group_name: str


class ChainValue(Shape):
    """The worth of what lies on a chain."""

    value_usd: Decimal
    chain_id: int
    chain_name: str


class CurrentValue(Shape):
    """What accounts are worth in total and by its four breakdowns."""

    total: Decimal
    by_address: list[AddressValue]
    by_category: list[CategoryValue]
    by_protocol_group: list[ProtocolGroupValue]
    by_chain: list[ChainValue]


class Point(Shape):
    """A point of the chart."""

    timestamp: int
    value_usd: Decimal


class SupportedChain(Shape):
    """A chain of the history."""

    chain_id: int
    chain_name: str
    chain_icon: str
    native_token: Token


class SupportedProtocol(Shape):
    """A protocol of the history on a chain."""

    chain_id: int
    protocol_group_id: str
    protocol_group_name: str
    protocol_group_icon: str | None = None


class Fault(Shape):
    """One thing that is wrong with a question: its place in the request, what is wrong, and a code."""

    loc: list[str | int]
    msg: str
    type: str


class Invalid(Shape):
    """The body of 422."""

    detail: list[Fault]


class Detail(Shape):
    """The body of every other error."""

    detail: str


class Available(Shape):
    """Whether the history can be asked."""

    is_available: bool


class StatusAnswer(Shape):
    """The body of general/status."""

    result: Available
    meta: Meta | None


class ChainsAnswer(Shape):
    """The body of general/supported_chains."""

    result: list[SupportedChain]
    meta: Meta


class ProtocolsAnswer(Shape):
    """The body of general/supported_protocols."""

    result: list[SupportedProtocol]
    meta: Meta


class CheckAnswer(Shape):
    """The body of general/address_check: what the vendor said last of each address, in its own words."""

    result: dict[str, dict[str, str]]
    meta: Meta


class CurrentValueAnswer(Shape):
    """The body of general/current_value."""

    result: CurrentValue
    meta: Meta


class ChartAnswer(Shape):
    """The body of general/chart."""

    result: list[Point]
    meta: Meta


class SnapshotAnswer(Shape):
    """The body of tokens/snapshot and protocols/snapshot."""

    result: list[AdapterResult]
    meta: Meta


class MetricsAnswer(Shape):
    """The body of tokens/metrics and protocols/metrics."""

    result: list[HistoryMetrics]
    meta: Meta
