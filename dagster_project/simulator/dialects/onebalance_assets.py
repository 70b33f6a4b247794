"""OneBalance's aggregated assets: which coins of the book are one asset to it, and how it spells their types.

How much of them somebody holds is written in `onebalance`.
"""

from dataclasses import dataclass

from dagster_project.simulator.book.accounts import eip55
from dagster_project.simulator.book.assets import ASSET_BY_ID, Asset
from dagster_project.simulator.book.chains import CHAINS, SOLANA
from dagster_project.simulator.dialect import Call, Document

_KNOWN = (
    *(
        "ETH",
        "WETH",
        "USDC",
        "USDT",
        "DAI",
        "WBTC",
        "LINK",
        "UNI",
        "AAVE",
        "MKR",
        "CRV",
        "LDO",
        "COMP",
        "GNO",
        "wstETH",
    ),
    *("ARB", "OP", "AERO", "cbBTC", "BNB", "SOL", "BONK"),
)
"""By the keys under which their prices are found; anything else is no aggregated asset."""

_DOCUMENTED_FIRST = ("eip155:42161", "eip155:8453", "eip155:10")
"""The order in which the provider's documents list its chains."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One asset over all chains: `decimals` are those of its sum, each member keeps its own."""

    id: str
    symbol: str
    name: str
    decimals: int
    members: tuple[Asset, ...]


def _aggregate(key: str) -> Aggregate:
    members = [asset for asset in ASSET_BY_ID.values() if asset.price_key == key and not asset.is_invented]
    members.sort(key=lambda asset: [chain.id for chain in CHAINS].index(asset.chain))
    first = members[0]
    return Aggregate(f"ob:{key.lower()}", first.symbol, first.name, first.decimals, tuple(members))


AGGREGATES: tuple[Aggregate, ...] = tuple(_aggregate(key) for key in _KNOWN)
AGGREGATE_BY_ID: dict[str, Aggregate] = {aggregate.id: aggregate for aggregate in AGGREGATES}


def assets_list(_call: Call) -> Document:
    """The rows of `GET /assets/list`, with checksummed addresses, which balances do not have."""
    rows = [
        {
            "aggregatedAssetId": one.id,
            "symbol": one.symbol,
            "name": one.name,
            "decimals": one.decimals,
            "aggregatedEntities": [
                {
                    "assetType": _checksummed(asset),
                    "decimals": asset.decimals,
                    "name": asset.name,
                    "symbol": asset.symbol,
                }
                for asset in one.members
            ],
        }
        for one in AGGREGATES
    ]
    return {"rows": rows}


def supported_list(_call: Call) -> Document:
    """The rows of `GET /chains/supported-list`."""
    ids = [*_DOCUMENTED_FIRST, *(chain.id for chain in CHAINS if chain.id not in _DOCUMENTED_FIRST)]
    rows = [
        {
            "chain": {"chain": id_, "namespace": id_.partition(":")[0], "reference": id_.partition(":")[2]},
            "isTestnet": False,
        }
        for id_ in ids
    ]
    return {"rows": rows}


def _checksummed(asset: Asset) -> str:
    head, _, address = asset.id.rpartition(":")
    return asset.id if asset.is_native or asset.chain == SOLANA else f"{head}:{eip55(address)}"
