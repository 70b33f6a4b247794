"""A question to Credmark's portfolio endpoints as it is read: accounts and chain from the path, tokens, quote, instant.

Ranges of time are timeline.py; what is answered is portfolio.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project import caip
from dagster_project.serve.credmark.timeline import Timeline, timeline_of
from dagster_project.serve.refused import Place, refused
from dagster_project.serve.whom import Watched, accounts_of, chains_of, evm_id
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Asking

STATUS = 400
USD = "0x0000000000000000000000000000000000000348"
"""Fiat quotes are ISO 4217 numbers written as addresses; 840 is the US dollar."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Of whom (`spelled` as in the path), on which chain, of which tokens (None for all), on which timeline."""

    asking: Asking
    chain: int
    chain_id: str
    spelled: list[str]
    accounts: tuple[Watched, ...]
    tokens: frozenset[str] | None
    timeline: Timeline
    gives_known: bool

    def rows(self, ticks: Sequence[object]) -> list[Row]:
        """Give what the wallets held at these instants, by the record of each."""
        ids = [one.account_id for one in self.accounts]
        asked = {"ticks": list(ticks), "accounts": ids, "chain": self.chain_id}
        return self.asking.query(sqlfiles.lookup("wallets_over_time"), asked).dicts()


def read(
    asking: Asking, chain: int, accounts: str, tokens: Sequence[str], quote: str | None, *, gives_known: bool
) -> Question:  # fmt: skip
    """Find chain, accounts and tokens of a question in the history.

    Raises:
        RefusedError: what should be an address is none, an account is not watched, no snapshot has the chain, or the
            quote is another one than US dollars.
    """
    spelled = accounts.split(",")
    if not all(caip.is_evm_address(account) for account in spelled):
        raise refused(STATUS, "not_an_address", "Invalid account address", "accounts")
    listed = [one for given in tokens for one in given.split(",")]
    if not all(caip.is_evm_address(token) for token in listed):
        raise refused(STATUS, "not_an_address", "Invalid token address", "tokens")
    if quote is not None and not _is_usd(quote):
        raise refused(STATUS, "no_such_quote", f"Invalid quote address: the history is kept in US dollars ({USD})")
    chain_id = f"{caip.EVM}:{chain}"
    known = chains_of(asking)
    if chain_id not in known:
        numbers = [one.partition(":")[2] for one in known if one.startswith(caip.EVM)]
        words = f"chainId must be one of the following values: {', '.join(numbers)}"
        raise refused(STATUS, "no_such_chain", words)
    ids: dict[str, Place] = {}
    for place, account in enumerate(spelled):
        ids.setdefault(evm_id(account), ("accounts", place))
    return Question(
        asking,
        chain,
        chain_id,
        spelled,
        accounts_of(asking, ids, STATUS),
        frozenset(token.lower() for token in listed) if listed else None,
        timeline_of(asking, chain_id),
        gives_known,
    )


def _is_usd(quote: str) -> bool:
    try:
        return quote.lower().startswith("0x") and len(quote) <= len(USD) and int(quote, 16) == int(USD, 16)
    except ValueError:
        return False
