"""1inch Portfolio v5.0: tokens and protocol positions of one account on all chains, at an instant, and its own figures.

How it is asked only; what its bodies mean is normalise/oneinch_portfolio.py, limits and quirks are
docs/sources/oneinch_portfolio.md.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from dagster_project import caip
from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, Pull, Request
from dagster_project.sources.source import Options, Question, Source

ROOT = "/portfolio/portfolio/v5.0"
"""The gateway strips the first `/portfolio`, so the segment stands there twice."""

CHAINS = frozenset(f"eip155:{number}" for number in (1, 10, 56, 100, 130, 137, 146, 324, 8453, 42161, 43114, 59144))
PROTOCOL_LAYERS = (Layer.POSITION, Layer.DEBT, Layer.REWARD)
TOKENS = Endpoint("tokens/snapshot", Capability.TIMESTAMP, (Layer.WALLET,), CHAINS)
PROTOCOLS = Endpoint("protocols/snapshot", Capability.TIMESTAMP, PROTOCOL_LAYERS, CHAINS)
CURRENT_VALUE = Endpoint("general/current_value", Capability.NOW, (), CHAINS)
STATED = tuple(
    Endpoint(name, Capability.NOW, (), CHAINS)
    for name in ("general/chart", "general/report", "tokens/metrics", "protocols/metrics", "general/address_check")
)
"""What it states of an account, over a time range or at all."""

SUPPORTED = tuple(
    Endpoint(name, Capability.NOW, (), CHAINS)
    for name in ("general/status", "general/supported_chains", "general/supported_protocols")
)
WITH_RANGE = frozenset({"general/chart", "general/report", "tokens/metrics"})
"""Endpoints that take a time range; the others speak of the whole past or of none."""


class OneInchPortfolioOptions(Options):
    """Over which time the provider's own chart, report and metrics are asked for."""

    timerange: Literal["1day", "1week", "1month", "1year", "3years"] = "1year"


def snapshot(endpoint: Endpoint, account: Account, chain_ids: list[str], timestamp: int) -> Pull:
    """Ask for one account on all chains: rows of several come back merged under the zero address."""
    return Pull(
        provider="oneinch_portfolio",
        endpoint=endpoint.name,
        capability=endpoint.capability,
        pull_key=f"{endpoint.name}/{account.account_id}",
        cells=tuple(Cell(account.account_id, chain, layer) for chain in chain_ids for layer in endpoint.layers),
        request=Request(
            template=f"{ROOT}/{endpoint.name}",
            path=f"{ROOT}/{endpoint.name}",
            query=(("addresses", account.address), ("timestamp", str(timestamp)), ("use_cache", "false")),
        ),
    )


def stated(endpoint: Endpoint, account: Account, timerange: str) -> Pull:
    """Ask what the provider states of one account as a whole, on all chains that it knows."""
    query = [("addresses", account.address), ("use_cache", "false")]
    if endpoint.name in WITH_RANGE:
        query.append(("timerange", timerange))
    path = f"{ROOT}/{endpoint.name}"
    return Pull(
        provider="oneinch_portfolio",
        endpoint=endpoint.name,
        capability=endpoint.capability,
        pull_key=f"{endpoint.name}/{account.account_id}",
        cells=(),
        request=Request(path, path, tuple(query)),
        account_id=account.account_id,
    )


def pulls(question: Question) -> Iterator[Pull]:
    """Three calls for each EVM account with a chain that the endpoints cover; last, what is due more rarely."""
    options: OneInchPortfolioOptions = question.options
    accounts = [
        account
        for account in question.accounts
        if caip.namespace_of(account.account_id) == caip.EVM and CHAINS.intersection(account.chains)
    ]
    for account in accounts:
        chain_ids = [chain for chain in account.chains if chain in CHAINS]
        for endpoint in (TOKENS, PROTOCOLS):
            yield snapshot(endpoint, account, chain_ids, int(question.as_of.timestamp()))
    for account in accounts:
        yield stated(CURRENT_VALUE, account, options.timerange)
    if question.is_series_due:
        yield from _series(accounts, options.timerange)


def _series(accounts: Sequence[Account], timerange: str) -> Iterator[Pull]:
    for endpoint in SUPPORTED if accounts else ():
        request = Request(f"{ROOT}/{endpoint.name}", f"{ROOT}/{endpoint.name}")
        yield Pull("oneinch_portfolio", endpoint.name, endpoint.capability, endpoint.name, (), request)
    for account in accounts:
        for endpoint in STATED:
            yield stated(endpoint, account, timerange)


def authorise(key: str) -> dict[str, str]:
    """1inch takes the key as a bearer token."""
    return {"Authorization": f"Bearer {key}"}


SOURCE = Source(
    name="oneinch_portfolio",
    title="1inch Portfolio",
    vendor="oneinch",
    base_url="https://api.1inch.com",
    api_key_env="ONEINCH_API_KEY",
    requests_per_second=0.95,
    monthly_quota=100_000,
    concurrency=2,
    health=Request(f"{ROOT}/general/status", f"{ROOT}/general/status"),
    endpoints=(TOKENS, PROTOCOLS, CURRENT_VALUE, *STATED, *SUPPORTED),
    authorise=authorise,
    pulls=pulls,
    options=OneInchPortfolioOptions,
    series=(*STATED, *SUPPORTED),
)
