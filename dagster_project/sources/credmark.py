"""Credmark v1: priced positions of one wallet on Ethereum at or before an instant or at a block, and its own figures.

How it is asked only; what its body means is normalise/credmark.py, its limits and quirks are docs/sources/credmark.md.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from dagster_project import caip
from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, Pull, Request
from dagster_project.sources.source import Options, Question, Source

ETHEREUM = "eip155:1"
USD = "0x0000000000000000000000000000000000000348"
"""Fiat quotes are ISO 4217 numbers written as addresses, 840 is USD; values are booked in USD, so no other is asked."""

VALUE = Endpoint("value", Capability.TIMESTAMP, (Layer.WALLET,), frozenset({ETHEREUM}))
HISTORY = Endpoint("value/historical", Capability.TIMESTAMP, (), frozenset({ETHEREUM}))
POSITIONS = Endpoint("positions", Capability.TIMESTAMP, (), frozenset({ETHEREUM}))

DAY_SECONDS = 86_400
HISTORY_DAYS = 49
"""With both ends 50 points, which is what the free plan gives in one answer."""


def _token(address: str) -> str:
    if not caip.is_evm_address(address):
        raise ValueError("is not a token address (0x and 40 hexadecimal digits)")  # unseen: it may be a pasted key
    return address.lower()


class CredmarkOptions(Options):
    """`tokens` restricts the answer to these contracts: all others are then left out by the provider."""

    tokens: tuple[Annotated[str, AfterValidator(_token)], ...] = Field(default=())


def value(account: Account, chain_id: str, at: tuple[str, int], tokens: Iterable[str] = ()) -> Pull:
    """Ask for one account's positions; `at` is ("timestamp", Unix seconds) or ("blockNumber", block), never both.

    Several wallets are several calls: in one call their positions would come back merged.
    """
    reference = chain_id.partition(":")[2]
    query = [("includePositions", "true"), ("quoteAddress", USD), (at[0], str(at[1]))]
    if listed := ",".join(tokens):
        query.append(("tokens", listed))
    return Pull(
        provider="credmark",
        endpoint=VALUE.name,
        capability=VALUE.capability,
        pull_key=f"{VALUE.name}/{chain_id}/{account.account_id}",
        cells=(Cell(account.account_id, chain_id, Layer.WALLET),),
        request=Request(
            template="/v1/portfolio/{chainId}/{accounts}/value",
            path=f"/v1/portfolio/{reference}/{account.address}/value",
            query=tuple(query),
        ),
    )


def stated(endpoint: Endpoint, account: Account, chain_id: str, query: tuple[tuple[str, str], ...]) -> Pull:
    """Ask what the provider states of one account beside its value at the instant."""
    reference = chain_id.partition(":")[2]
    return Pull(
        provider="credmark",
        endpoint=endpoint.name,
        capability=endpoint.capability,
        pull_key=f"{endpoint.name}/{chain_id}/{account.account_id}",
        cells=(),
        request=Request(
            template=f"/v1/portfolio/{{chainId}}/{{accounts}}/{endpoint.name}",
            path=f"/v1/portfolio/{reference}/{account.address}/{endpoint.name}",
            query=query,
        ),
        account_id=account.account_id,
    )


def _series(account: Account, chain_id: str, until: int) -> Iterator[Pull]:
    """Ask for the provider's own last values, a day apart, and for its list of positions."""
    span = (
        ("quoteAddress", USD),
        ("startTimestamp", str(until - HISTORY_DAYS * DAY_SECONDS)),
        ("endTimestamp", str(until)),
        ("timeInterval", str(DAY_SECONDS)),
    )
    yield stated(HISTORY, account, chain_id, span)
    yield stated(POSITIONS, account, chain_id, (("timestamp", str(until)),))


def pulls(question: Question) -> Iterator[Pull]:
    """One call for each EVM account on a chain that the endpoint covers, pinned to a block where one is given.

    Last comes what is due more rarely.
    """
    covered = [
        (account, chain_id)
        for account in question.accounts
        if caip.namespace_of(account.account_id) == caip.EVM
        for chain_id in account.chains
        if chain_id in VALUE.chains
    ]
    yield from _values(question, covered)
    for account, chain_id in covered if question.is_series_due else ():
        yield from _series(account, chain_id, int(question.as_of.timestamp()))


def _values(question: Question, covered: Iterable[tuple[Account, str]]) -> Iterator[Pull]:
    options: CredmarkOptions = question.options
    for account, chain_id in covered:
        block = question.blocks.get(chain_id)
        at = ("timestamp", int(question.as_of.timestamp())) if block is None else ("blockNumber", block)
        yield value(account, chain_id, at, options.tokens)


def authorise(key: str) -> dict[str, str]:
    """Credmark takes the key as a bearer token."""
    return {"Authorization": f"Bearer {key}"}


SOURCE = Source(
    name="credmark",
    title="Credmark",
    vendor="credmark",
    base_url="https://gateway.credmark.com",
    api_key_env="CREDMARK_API_KEY",
    requests_per_second=0.5,
    monthly_quota=200_000,
    concurrency=4,
    health=Request("/health", "/health"),
    endpoints=(VALUE, HISTORY, POSITIONS),
    authorise=authorise,
    pulls=pulls,
    gone="the vendor's gateway is presumed gone",
    options=CredmarkOptions,
    series=(HISTORY, POSITIONS),
)
