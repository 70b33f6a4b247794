"""1inch Portfolio v5.0: tokens and protocol positions of one account on all chains, at an instant.

How it is asked only; what its bodies mean is normalise/oneinch_portfolio.py, limits and quirks are
docs/sources/oneinch_portfolio.md.
"""

from collections.abc import Iterator

from dagster_project import caip
from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, Pull, Request
from dagster_project.sources.source import Question, Source

ROOT = "/portfolio/portfolio/v5.0"
"""The gateway strips the first `/portfolio`, so the segment stands there twice."""

CHAINS = frozenset(f"eip155:{number}" for number in (1, 10, 56, 100, 130, 137, 146, 324, 8453, 42161, 43114, 59144))
PROTOCOL_LAYERS = (Layer.POSITION, Layer.DEBT, Layer.REWARD)
TOKENS = Endpoint("tokens/snapshot", Capability.TIMESTAMP, (Layer.WALLET,), CHAINS)
PROTOCOLS = Endpoint("protocols/snapshot", Capability.TIMESTAMP, PROTOCOL_LAYERS, CHAINS)


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


def pulls(question: Question) -> Iterator[Pull]:
    """Two calls for each EVM account with a chain that the endpoints cover."""
    for account in question.accounts:
        chain_ids = [chain for chain in account.chains if chain in CHAINS]
        if caip.namespace_of(account.account_id) == caip.EVM and chain_ids:
            for endpoint in (TOKENS, PROTOCOLS):
                yield snapshot(endpoint, account, chain_ids, int(question.as_of.timestamp()))


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
    endpoints=(TOKENS, PROTOCOLS),
    authorise=authorise,
    pulls=pulls,
)
