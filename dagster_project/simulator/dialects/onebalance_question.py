"""How a question to OneBalance is read: one EVM account, one of Solana or both, and the assets wanted.

What is answered is written in `onebalance`.
"""

import re
from dataclasses import dataclass

from dagster_project.simulator.book.chains import SOLANA
from dagster_project.simulator.dialect import Call, Refusal
from dagster_project.simulator.dialects.onebalance_assets import AGGREGATE_BY_ID, AGGREGATES, Aggregate

_EVM = re.compile(r"eip155:[0-9]{1,12}:(0x[0-9a-fA-F]{40})", re.ASCII)
_SOLANA = re.compile(rf"solana:(?:{SOLANA.partition(':')[2]}:)?([1-9A-HJ-NP-Za-km-z]{{32,44}})", re.ASCII)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_ASSET_TYPE = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be answered: accounts as given by kind (`evm`, `solana`), assets in the order asked."""

    accounts: dict[str, str]
    aggregates: tuple[Aggregate, ...]
    asset_ids: tuple[str, ...]

    def account_on(self, chain: str) -> str | None:
        """The address, as the book keeps it, that was asked about for a chain (CAIP-2)."""
        told = self.accounts.get("solana" if chain == SOLANA else "evm")
        return told.lower() if told is not None and chain != SOLANA else told


def read_v3(call: Call) -> Question:
    """The question in a request to version 3.

    Raises:
        Refusal: 400, with a sentence.
    """
    accounts: dict[str, str] = {}
    for told in _listed(call, "account"):
        found = _EVM.fullmatch(told) or _SOLANA.fullmatch(told)
        if found is None:
            raise Refusal(400, f"Invalid account: {told}")
        kind = "evm" if told.startswith("eip155:") else "solana"
        if kind in accounts:
            raise Refusal(400, f"Only one {kind} account is supported")
        accounts[kind] = found[1]
    if not accounts:
        raise Refusal(400, "account should not be empty")
    wanted = _listed(call, "aggregatedAssetId")
    asset_ids = _asset_ids(call)
    if not wanted and not asset_ids:
        raise Refusal(400, "At least one of aggregatedAssetId or assetId must be provided.")
    known = [one for told in dict.fromkeys(wanted) if (one := _aggregate(told)) is not None]
    return Question(accounts, tuple(known), asset_ids)


def read_v2(call: Call) -> Question:
    """The question in a request to version 2, which knows one EVM address and answers for every aggregated asset.

    Raises:
        Refusal: 400, with a sentence.
    """
    address = call.request.query_params.get("address", "")
    if not _ADDRESS.fullmatch(address):
        raise Refusal(400, "address must be an Ethereum address")
    return Question({"evm": address}, AGGREGATES, _asset_ids(call))


def accounts_of(call: Call) -> tuple[str, ...]:
    """The addresses asked about, lower case, whether or not they are any."""
    query = call.request.query_params
    told = [*query.getlist("address"), *",".join(query.getlist("account")).split(",")]
    return tuple(one.rpartition(":")[2].lower() for one in told if one)


def _listed(call: Call, name: str) -> list[str]:
    told = ",".join(call.request.query_params.getlist(name))
    return [one.strip() for one in told.split(",")] if told else []


def _asset_ids(call: Call) -> tuple[str, ...]:
    told = dict.fromkeys(_listed(call, "assetId"))
    for one in told:
        if not _ASSET_TYPE.fullmatch(one):
            raise Refusal(400, f"Invalid assetId: {one}")
    return tuple(told)


def _aggregate(told: str) -> Aggregate | None:
    """An aggregated asset by its id, None where the list lacks it; the prefix `ds:` of former times still works."""
    if not told.startswith(("ob:", "ds:")):
        raise Refusal(400, f"Invalid aggregatedAssetId: {told}")
    return AGGREGATE_BY_ID.get(f"ob:{told[3:]}")
