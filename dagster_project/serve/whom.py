"""Whom and which instant a question means: watched accounts by address, the tick at or before an instant, its chain.

What is asked of them is the families'; how a question is refused is refused.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dagster_project import caip, chains
from dagster_project.serve.refused import Place, Reason, RefusedError, refused
from dagster_project.warehouse.ask import Asking

MOST_ADDRESSES = 100
"""How many accounts a question may name: each costs a question of its own."""

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """An account of the history: its id, its address as people read it, its label."""

    account_id: str
    address: str
    label: str


def accounts_of(asking: Asking, ids: Mapping[str, Place], status: int) -> tuple[Watched, ...]:
    """Give the accounts with these ids, each once, in their order; each id comes with its place in the request.

    Raises:
        RefusedError: one is not watched (nothing is known of it, which is not the same as that it holds nothing), or
            they are too many.
    """
    if len(ids) > MOST_ADDRESSES:
        words = f"{len(ids):,} accounts are too many for one question; ask for {MOST_ADDRESSES} at most"
        raise refused(status, "too_many", words, *next(iter(ids.values()))[:2])
    sql = "select account_id, address, label from account where list_contains($ids, account_id)"
    known = {row[0]: Watched(*map(str, row)) for row in asking.query(sql, {"ids": list(ids)}).rows}
    strangers = [place for account_id, place in ids.items() if account_id not in known]
    if strangers:
        words = "is not watched, so the history knows nothing of it; name it in the settings ([[accounts]])"
        raise RefusedError(status, [Reason("not_watched", words, place) for place in strangers])
    return tuple(known[account_id] for account_id in ids)


def evm_id(address: str) -> str:
    """Give the account id of an EVM address in any case."""
    return f"{caip.ANY_EVM_CHAIN}:{address.lower()}"


def chains_of(asking: Asking) -> list[str]:
    """Give the chains that a snapshot ever planned, as CAIP-2 ids."""
    ((listed,),) = asking.query("select chains from extent").rows
    return [str(one) for one in listed] if isinstance(listed, list) else []


def tick_of(asking: Asking, timestamp: int | None, status: int, *place: str) -> datetime:
    """Give the last instant of the history at or before `timestamp` (Unix seconds), or of all; UTC without a zone.

    Raises:
        RefusedError: the history begins later.
    """
    at = None if timestamp is None else datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None)
    ((tick,),) = asking.query("select last_instant($at)", {"at": at}).rows
    if isinstance(tick, datetime):
        return tick
    ((first,),) = asking.query("select first_as_of from extent").rows
    begins = f"begins at {first.isoformat()}Z" if isinstance(first, datetime) else "has no instant yet"
    raise refused(status, "history_starts_later", f"the history {begins}", *place)


def unix(instant: object) -> int:
    """Give whole Unix seconds of an instant in UTC without a zone, as answers have it."""
    if not isinstance(instant, datetime):
        raise TypeError("an answer's instant is no datetime")
    return int(instant.replace(tzinfo=UTC).timestamp())


def in_scope(asking: Asking, scope: Mapping[str, str], tick: datetime, chain_id: str | None) -> bool:
    """Tell whether anything of the accounts is watched at an instant: an empty list would say that nothing is held."""
    asked = {"tick": tick, "account": scope.get("account"), "group": scope.get("account_group"), "chain": chain_id}
    return asking.query("select 1 from cells_at($tick, $account, $group, $chain) limit 1", asked).rows != []


def scopes_of(asking: Asking, accounts: Sequence[Watched]) -> list[dict[str, str]]:
    """Give the parameters under which answers speak of exactly these accounts: once where they make a known set.

    Flows between the accounts of one set are none of it; where there is no such set each account is asked by itself.
    """
    if len(accounts) == 1:
        return [{"account": accounts[0].account_id}]
    wanted = {account.account_id for account in accounts}
    sets: dict[str, set[str]] = {}
    for scope_id, account_id in asking.query("select scope_id, account_id from scope").rows:
        sets.setdefault(str(scope_id), set()).add(str(account_id))
    for scope_id, members in sets.items():
        if members == wanted and scope_id == "all":
            return [{}]
        if members == wanted and scope_id.startswith("group:"):
            return [{"account_group": scope_id.removeprefix("group:")}]
    return [{"account": account.account_id} for account in accounts]


def address_of(asset_id: str) -> str | None:
    """Give the contract of an asset on an EVM chain, or the pseudo-address of its coin; None for what has neither."""
    namespace, _, reference = asset_id.partition("/")[2].partition(":")
    if namespace == "slip44" and caip.namespace_of(asset_id) == caip.EVM:
        return chains.NATIVE_PSEUDO_ADDRESS
    return reference if namespace == "erc20" else None


def missing_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Name the cells that are missing, as the other answers do; `missing_reason` says which rows are one."""
    return [
        f"{row['label']} / {row['chain_id']} / {row.get('layer', 'wallet')}: {row['missing_reason']}"
        for row in rows
        if row["missing_reason"] is not None
    ]


def incomplete(status: int, tick: datetime, missing: Iterable[str], *place: str) -> RefusedError:
    """Refuse a number of which a part is missing, and name the parts with the remedy."""
    named = list(missing)
    shown = "; ".join(named[:_MOST_NAMED]) + (f"; and {len(named) - _MOST_NAMED} more" if named[_MOST_NAMED:] else "")
    words = (
        f"the history is not complete at {tick.isoformat()}Z: {shown}. Ask for another instant, fill the gap "
        '(portfolio backfill --gaps), or let the known part be given ([serve] incomplete = "known")'
    )
    return refused(status, "history_incomplete", words, *place)
