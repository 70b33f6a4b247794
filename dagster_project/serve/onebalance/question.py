"""A question to OneBalance as it is read: one account of a kind, groups of assets, single assets, an instant.

What is answered is balances.py and assets.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dagster_project import caip, chains
from dagster_project.serve.refused import Place, refused
from dagster_project.serve.service import Service
from dagster_project.serve.whom import Watched, accounts_of, in_scope, tick_of
from dagster_project.warehouse.ask import Asking

STATUS = 400
INCOMPLETE = 402
"""The vendor's own code for parameters that are valid and a request that failed all the same."""

MOST_ASSETS = 1_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Of whom (`spelled` by kind), of which groups (None for all) and single assets, at which tick."""

    asking: Asking
    spelled: dict[str, str]
    accounts: tuple[Watched, ...]
    groups: tuple[str, ...] | None
    assets: tuple[str, ...]
    tick: datetime
    gives_known: bool

    def rows(self) -> list[Row]:
        """Give what the wallets hold on all chains, what does not count too, and which of them are missing."""
        asked = [{"as_of": self.tick, "account": one.account_id} for one in self.accounts]
        return [row for one in asked for row in self.asking.answer("tokens_snapshot", **one).dicts()]

    def is_watched(self) -> bool:
        """Tell whether any of the accounts is in scope at the instant."""
        scopes = ({"account": one.account_id} for one in self.accounts)
        return any(in_scope(self.asking, scope, self.tick, None) for scope in scopes)

    def known_assets(self) -> set[str]:
        """Give those of the single assets that any provider ever named: only of these is 0 an answer."""
        named = {"ids": list(self.assets)}
        sql = "select distinct asset_id from asset where list_contains($ids, asset_id)"
        rows = self.asking.query(sql, named).rows
        sql = "select distinct asset_id from balance where list_contains($ids, asset_id)"
        return {str(one) for (one,) in (*rows, *self.asking.query(sql, named).rows)} if self.assets else set()


def listed(told: Sequence[str]) -> list[str]:
    """Give the items of a parameter, with commas between or repeated."""
    return list(dict.fromkeys(one.strip() for given in told for one in given.split(",") if one.strip()))


def read(
    asking: Asking,
    accounts: Sequence[str],
    wanted: Sequence[str] | None,
    assets: Sequence[str],
    timestamp: int | None,
    service: Service,
) -> Question:
    """Read accounts, assets and instant.

    Raises:
        RefusedError: with the vendor's kind of sentence.
    """
    spelled: dict[str, str] = {}
    ids: dict[str, Place] = {}
    for told in accounts:
        try:
            account_id, _, _ = caip.parse_account(told)
        except ValueError as error:
            raise refused(STATUS, "not_an_account", f"Invalid account: {error}") from error
        kind = "solana" if caip.namespace_of(account_id) == caip.SOLANA else "evm"
        if kind in spelled:
            raise refused(STATUS, "one_of_a_kind", f"Only one {kind} account is supported")
        spelled[kind] = told.rpartition(":")[2]
        ids[account_id] = ("account",)
    if len(assets) + len(wanted or ()) > MOST_ASSETS:
        raise refused(STATUS, "too_many", f"more than {MOST_ASSETS:,} assets; ask for fewer at once")
    found = accounts_of(asking, ids, STATUS)
    groups = None if wanted is None else tuple(dict.fromkeys(_group(one) for one in wanted))
    single = tuple(dict.fromkeys(map(_asset, assets)))
    return Question(asking, spelled, found, groups, single, tick_of(asking, timestamp, STATUS), service.gives_known)


def _group(told: str) -> str:
    """Give the id of a group; the prefix of former times still works."""
    return f"ob:{told[3:]}" if told.startswith("ds:") else told


def _asset(told: str) -> str:
    """Give the one id of a CAIP-19 type: slip44:60 stands for the coin of any EVM chain, as the vendor uses it."""
    try:
        return chains.parse_asset(told)
    except ValueError as error:
        raise refused(STATUS, "not_an_asset", f"Invalid assetId: it {error}") from error
