"""OneBalance v3: aggregated balances of one EVM and one Solana account on all chains, now.

How it is asked only; what its bodies mean is normalise/onebalance.py, limits and quirks are docs/sources/onebalance.md.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field

from dagster_project import caip
from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, Pull, Request
from dagster_project.sources.source import Options, Question, Source

CHAINS = frozenset({
    *(f"eip155:{number}" for number in (1, 10, 56, 130, 137, 999, 8453, 42161, 43114, 59144, 80094, 81457)),
    caip.SOLANA_MAINNET,
})  # fmt: skip
BALANCES = Endpoint("aggregated-balance", Capability.NOW, (Layer.WALLET,), CHAINS)
LISTED = Endpoint("assets/list", Capability.NOW, (), CHAINS)
SUPPORTED = Endpoint("chains/supported-list", Capability.NOW, (), CHAINS)

CAIP_19 = r"^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}$"

LONGEST_QUERY = 1_800
"""Letters of all asset ids in one URL, as encoded; servers refuse URLs from 2,048 or 4,096 letters on."""

_SEEN = """
usdt usdc weth eth usdc.e dai gmx wld brett apepe wbtc link uni pepe arb grt ldo ezeth weeth pendle ape usdd w frax
axl gno cake zro lpt wsteth op cbeth snx woo reth cbbtc aero prime 1inch crv shib aave mana mkr virtual mog degen
spx keycat trump alb miggles 7007 eth+ usd+ ausd solvbtc joe savax qi coq susd dola lusd toshi wavax normie luna
pear velo zkj fdusd wbnb koge bnb ton fet atom lbtc ftn bonk inj floki btt usdx usd0 dexe xcn tusd comp nft pumpbtc
aioz axs b beam twt matic ankr knc wpol stg sis zero avax sei hype sthype khype xsolvbtc ubtc purr hbhype rusd
hbusdt lhype whype wstusr upump rlp feusd sol
"""
AGGREGATED_IDS = tuple(f"ob:{name}" for name in _SEEN.split())
"""What the asset list held when it was last seen (September 2025); the list itself is kept at every instant."""


class OneBalanceOptions(Options):
    """Which aggregated assets (`ob:…`) and which further assets (CAIP-19) are asked for, and of which version."""

    aggregated_assets: tuple[Annotated[str, Field(pattern=r"^(ob|ds):[a-z0-9.+]+$")], ...] = AGGREGATED_IDS
    assets: tuple[Annotated[str, Field(pattern=CAIP_19)], ...] = ()
    version: Literal[2, 3] = 3


def pulls(question: Question) -> Iterator[Pull]:
    """Ask for all asset ids in chunks, of each pair of an EVM and a Solana account; before it for what is supported."""
    options: OneBalanceOptions = question.options
    accounts = [account for account in question.accounts if CHAINS.intersection(account.chains)]
    if accounts:
        for endpoint in (LISTED, SUPPORTED) if question.is_series_due else (LISTED,):
            request = Request(f"/api/{endpoint.name}", f"/api/{endpoint.name}")
            yield Pull("onebalance", endpoint.name, endpoint.capability, endpoint.name, (), request)
    evm = [account for account in accounts if caip.namespace_of(account.account_id) == caip.EVM]
    solana = [account for account in accounts if caip.namespace_of(account.account_id) == caip.SOLANA]
    if options.version == 2:
        yield from (_second(account, options) for account in evm)
        return
    ids = [
        *(("aggregatedAssetId", one) for one in options.aggregated_assets),
        *(("assetId", one) for one in options.assets),
    ]
    for pair in zip_longest(evm, solana):
        together = [account for account in pair if account is not None]
        for number, chunk in enumerate(_chunks(ids)):
            yield _balances(3, together, number, (("account", ",".join(_named(one) for one in together)), *chunk))


def _second(account: Account, options: OneBalanceOptions) -> Pull:
    """Ask version 2, which knows one EVM account and gives every aggregated asset."""
    further = (("assetId", ",".join(options.assets)),) if options.assets else ()
    return _balances(2, [account], 0, (("address", account.address), *further))


def _balances(version: int, accounts: list[Account], number: int, query: tuple[tuple[str, str], ...]) -> Pull:
    path = f"/api/v{version}/balances/aggregated-balance"
    return Pull(
        provider="onebalance",
        endpoint=BALANCES.name,
        capability=BALANCES.capability,
        pull_key="/".join((BALANCES.name, *(one.account_id for one in accounts), str(number))),
        cells=tuple(
            Cell(one.account_id, chain, layer)
            for one in accounts
            for chain in one.chains
            if chain in CHAINS
            for layer in BALANCES.layers
        ),
        request=Request(path, path, query),
    )


def _named(account: Account) -> str:
    """Name an account as the vendor's examples do; the chain of an EVM account is nominal."""
    if caip.namespace_of(account.account_id) == caip.SOLANA:
        return f"solana:{account.address}"
    return f"{next(chain for chain in account.chains if chain in CHAINS)}:{account.address}"


def _chunks(ids: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Join ids by parameter into queries that fit an URL."""
    chunk: dict[str, list[str]] = {}
    length = 0
    for name, asset in ids:
        more = len(quote(f",{asset}", safe=""))
        if length + more > LONGEST_QUERY:
            yield tuple((key, ",".join(values)) for key, values in chunk.items())
            chunk, length = {}, 0
        chunk.setdefault(name, []).append(asset)
        length += more
    if chunk:
        yield tuple((key, ",".join(values)) for key, values in chunk.items())


def authorise(key: str) -> dict[str, str]:
    """OneBalance takes the key in a header of its own."""
    return {"x-api-key": key}


SOURCE = Source(
    name="onebalance",
    title="OneBalance",
    vendor="onebalance",
    base_url="https://be.onebalance.io",
    api_key_env="ONEBALANCE_API_KEY",
    requests_per_second=0.95,
    monthly_quota=None,
    concurrency=1,
    health=Request("/api/chains/supported-list", "/api/chains/supported-list"),
    endpoints=(BALANCES, LISTED, SUPPORTED),
    authorise=authorise,
    pulls=pulls,
    gone="its vendor has closed it in 2026",
    options=OneBalanceOptions,
    series=(SUPPORTED,),
)
