"""What the on-chain source has to know of each chain: public nodes, Multicall3, how prices are asked, pace of blocks.

Which chains there are, and their native coins, is chains.py. Addresses are examples of keyless public nodes, asked in
order; settings name better ones.
"""

from dataclasses import dataclass

MULTICALL3 = "0xca11bde05977b3631167028862be2a173976ca11"
"""The same on every chain of the table but ZKsync Era."""


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """Of one chain: `multicall_from` is Multicall3's first block (0: not looked up), `coin` the native coin's id.

    `slug` is DefiLlama's name of the chain, `block_seconds` about how often a block comes; only a first guess hangs
    on it.
    """

    slug: str
    coin: str
    multicall_from: int
    block_seconds: float
    nodes: tuple[str, ...]
    multicall: str = MULTICALL3


FACTS: dict[str, ChainFacts] = {
    "eip155:1": ChainFacts(
        "ethereum",
        "coingecko:ethereum",
        14_353_601,
        12,
        ("https://ethereum-rpc.publicnode.com", "https://public.1rpc.io/eth", "https://eth.drpc.org"),
    ),
    "eip155:10": ChainFacts(
        "optimism",
        "coingecko:ethereum",
        4_286_263,
        2,
        ("https://optimism-rpc.publicnode.com", "https://mainnet.optimism.io", "https://public.1rpc.io/op"),
    ),
    "eip155:56": ChainFacts(
        "bsc",
        "coingecko:binancecoin",
        15_921_452,
        0.75,
        ("https://bsc-rpc.publicnode.com", "https://bsc-dataseed.bnbchain.org", "https://public.1rpc.io/bnb"),
    ),
    "eip155:130": ChainFacts(
        "unichain",
        "coingecko:ethereum",
        0,
        1,
        ("https://unichain-rpc.publicnode.com", "https://mainnet.unichain.org"),
    ),
    "eip155:137": ChainFacts(
        "polygon",
        "coingecko:polygon-ecosystem-token",
        25_770_160,
        2,
        ("https://polygon-bor-rpc.publicnode.com", "https://public.1rpc.io/matic"),
    ),
    "eip155:8453": ChainFacts(
        "base",
        "coingecko:ethereum",
        5_022,
        2,
        ("https://base-rpc.publicnode.com", "https://mainnet.base.org", "https://public.1rpc.io/base"),
    ),
    "eip155:42161": ChainFacts(
        "arbitrum",
        "coingecko:ethereum",
        7_654_707,
        0.25,
        ("https://arbitrum-one-rpc.publicnode.com", "https://arb1.arbitrum.io/rpc", "https://public.1rpc.io/arb"),
    ),
    "eip155:43114": ChainFacts(
        "avax",
        "coingecko:avalanche-2",
        11_907_934,
        1.5,
        ("https://avalanche-c-chain-rpc.publicnode.com", "https://api.avax.network/ext/bc/C/rpc"),
    ),
    "eip155:59144": ChainFacts(
        "linea",
        "coingecko:ethereum",
        42,
        2,
        ("https://linea-rpc.publicnode.com", "https://rpc.linea.build", "https://public.1rpc.io/linea"),
    ),
    "eip155:80094": ChainFacts(
        "berachain",
        "coingecko:berachain-bera",
        0,
        2,
        ("https://berachain-rpc.publicnode.com", "https://rpc.berachain.com"),
    ),
    "eip155:81457": ChainFacts(
        "blast",
        "coingecko:ethereum",
        212_929,
        2,
        ("https://blast-rpc.publicnode.com", "https://rpc.blast.io"),
    ),
}
"""By CAIP-2 chain. First blocks of Multicall3 as viem lists them (2026-11)."""
