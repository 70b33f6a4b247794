"""OneBalance's bodies as they are served: the names of API 1.6.2; `fiatValue` is left out where no price is known.

`meta` stands beside the vendor's members only where something is not whole.
"""

from decimal import Decimal

from dagster_project.serve.body import Coverage, Shape, Sparse


class Leg(Sparse, rename="camel"):
    """An asset on one chain: exact amount in its own base units, value in US dollars."""

    asset_type: str
    balance: str
    fiat_value: Decimal | None = None


class Aggregated(Sparse, rename="camel"):
    """A group of assets: exact amount in the group's decimals, and its legs."""

    aggregated_asset_id: str
    balance: str
    individual_asset_balances: list[Leg]
    fiat_value: Decimal | None = None


class Total(Shape, rename="camel"):
    """What the assets that were asked for are worth, US dollars."""

    fiat_value: Decimal


class DataIssues(Sparse, rename="camel"):
    """What is not in the answer, or not whole, by id."""

    unknown: tuple[str, ...] = ()
    not_exact: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()


class Meta(Sparse):
    """Beside the vendor's members: what is not complete, and what stands outside of the answer."""

    data_issues: DataIssues | None = None
    coverage: Coverage | None = None
    not_watched: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class Balances(Sparse, rename="camel", kw_only=True):
    """The body of version 2; that of version 3 has the accounts too."""

    accounts: dict[str, str] | None = None
    balance_by_aggregated_asset: list[Aggregated]
    balance_by_specific_asset: list[Leg]
    total_balance: Total
    meta: Meta | None = None


class Failure(Shape, rename="camel"):
    """The body of every error."""

    error: str
    message: str
    status_code: int
    timestamp: str
    path: str


class Entity(Shape, rename="camel"):
    """An asset on one chain, EVM addresses in EIP-55 case."""

    asset_type: str
    decimals: int
    name: str
    symbol: str


class ListedAsset(Shape, rename="camel"):
    """A group of assets."""

    aggregated_asset_id: str
    symbol: str
    name: str
    decimals: int
    aggregated_entities: list[Entity]


class ChainName(Shape):
    """A chain as its CAIP-2 id and its parts."""

    chain: str
    namespace: str
    reference: str


class SupportedChain(Shape, rename="camel"):
    """A chain of the history."""

    chain: ChainName
    is_testnet: bool
