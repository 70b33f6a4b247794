"""OneBalance's lists from the history: groups of assets with what is in them, and chains.

How much of them is held is balances.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project import caip
from dagster_project.serve.onebalance.shapes import ChainName, Entity, ListedAsset, SupportedChain
from dagster_project.serve.whom import chains_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Asking


@dataclass(frozen=True, slots=True)
class Member:
    """An asset of a group, as a provider described it last."""

    asset_id: str
    symbol: str
    name: str
    decimals: int


Groups = Mapping[str, Sequence[Member]]


def groups_of(asking: Asking) -> Groups:
    """Look up every group of assets with its members."""
    found: dict[str, list[Member]] = {}
    for group_id, *member in asking.query(sqlfiles.lookup("asset_groups")).rows:
        found.setdefault(str(group_id), []).append(Member(*member))  # type: ignore[arg-type] # by the file's own header
    return found


def decimals_of(members: Sequence[Member]) -> int:
    """Give the decimals of a group's sum: those that most of its members have, as the vendor's 6 of dollars are."""
    counted = Counter(member.decimals for member in members)
    return min(counted, key=lambda decimals: (-counted[decimals], decimals))


def listed(groups: Groups) -> list[ListedAsset]:
    """Give the list of assets."""
    return [
        ListedAsset(
            group_id,
            group_id.rpartition(":")[2].upper(),
            members[0].name,
            decimals_of(members),
            [Entity(_spelled(one.asset_id), one.decimals, one.name, one.symbol) for one in members],
        )
        for group_id, members in groups.items()
    ]


def supported(asking: Asking) -> list[SupportedChain]:
    """Give the chains that a snapshot ever planned; none of them is a testnet."""
    parts = [(one, *one.partition(":")[::2]) for one in chains_of(asking)]
    return [
        SupportedChain(ChainName(chain, namespace, reference), is_testnet=False)
        for chain, namespace, reference in parts
    ]


def _spelled(asset_id: str) -> str:
    head, colon, address = asset_id.rpartition(":")
    return f"{head}{colon}{caip.checksum_address(address)}" if caip.is_evm_address(address) else asset_id
