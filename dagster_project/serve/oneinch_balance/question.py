"""A question to 1inch's Balance API as it is read: chain, wallets, tokens and spender from path, query and body.

What is answered is wallets.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from dagster_project import caip
from dagster_project.serve.refused import Place, Reason, RefusedError, refused
from dagster_project.serve.whom import Watched, accounts_of, chains_of, evm_id, tick_of
from dagster_project.warehouse.ask import Asking

STATUS = 400
MOST_TOKENS = 1_000


class CustomTokens(BaseModel):
    """The tokens that are asked for."""

    tokens: list[str] = Field(max_length=MOST_TOKENS)


class CustomTokensAndWallets(CustomTokens):
    """The tokens and the wallets that are asked for."""

    wallets: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """Of whom, on which chain, at which tick; `wallets` are spelled as asked, `held` keeps what was looked up."""

    asking: Asking
    chain_id: str
    tick: datetime
    wallets: dict[str, Watched]
    tokens: tuple[str, ...] | None
    spender: str | None
    held: dict[str, Any] = field(default_factory=dict)


def read(
    asking: Asking,
    chain: int,
    timestamp: int | None,
    wallets: Iterable[str],
    tokens: Iterable[str] | None = None,
    spender: str | None = None,
) -> Question:
    """Find chain, wallets and instant in the history; tokens and spender are lower case from here on.

    Raises:
        RefusedError: what should be an address is none, a wallet is not watched, no snapshot has the chain.
    """
    spelled = list(dict.fromkeys(wallets))
    listed = None if tokens is None else list(dict.fromkeys(token.lower() for token in tokens))
    _check({"wallets": spelled, "tokens": listed or [], "spender": [] if spender is None else [spender]})
    if not spelled:
        raise refused(STATUS, "missing", "wallets should not be empty", "wallets")
    chain_id = f"{caip.EVM}:{chain}"
    if chain_id not in chains_of(asking):
        raise refused(404, "no_such_chain", f"no snapshot has chain {chain}", "chain")
    ids: dict[str, Place] = {}
    for place, wallet in enumerate(spelled):
        ids.setdefault(evm_id(wallet), ("wallets", place))
    found = {one.account_id: one for one in accounts_of(asking, ids, STATUS)}
    tick = tick_of(asking, timestamp, STATUS, "timestamp")
    watched = {wallet: found[evm_id(wallet)] for wallet in spelled}
    return Question(
        asking, chain_id, tick, watched, None if listed is None else tuple(listed), spender and spender.lower()
    )


def _check(addresses: dict[str, list[str]]) -> None:
    bad = [
        Reason("not_an_address", f"each value in {name} must be an Ethereum address", (name, place))
        for name, listed in addresses.items()
        for place, address in enumerate(listed)
        if not caip.is_evm_address(address)
    ]
    if bad:
        raise RefusedError(STATUS, bad[:20])
