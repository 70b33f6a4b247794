"""The one table of chains: CAIP-2 id, name, native coin, and the pseudo-addresses that providers use for it.

What is not in this table is an unknown chain, said by settings and by normalisers alike. Grammar stands in caip.py.
Native coins by SLIP-44; wallets differ on BNB (714 or 9006): here 714.
"""

from dataclasses import dataclass
from functools import lru_cache

from dagster_project import caip

NATIVE_PSEUDO_ADDRESS = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
"""Credmark and 1inch write the native coin of an EVM chain so, in lower case."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: CAIP-2 id, display name, CAIP-19 type and symbol of its native coin."""

    chain_id: str
    name: str
    native_asset_id: str
    native_symbol: str


def _evm(reference: int, name: str, coin_type: int = 60, symbol: str = "ETH") -> Chain:
    return Chain(f"eip155:{reference}", name, f"eip155:{reference}/slip44:{coin_type}", symbol)


CHAINS: dict[str, Chain] = {
    chain.chain_id: chain
    for chain in (
        _evm(1, "Ethereum"),
        _evm(10, "Optimism"),
        _evm(56, "BNB Chain", 714, "BNB"),
        _evm(100, "Gnosis", 700, "xDAI"),
        _evm(130, "Unichain"),
        _evm(137, "Polygon", 966, "POL"),
        _evm(146, "Sonic", 10007, "S"),
        _evm(324, "ZKsync Era"),
        _evm(999, "HyperEVM", 2457, "HYPE"),
        _evm(8453, "Base"),
        _evm(42161, "Arbitrum One"),
        _evm(43114, "Avalanche", 9000, "AVAX"),
        _evm(59144, "Linea"),
        _evm(80094, "Berachain", 8008, "BERA"),
        _evm(81457, "Blast"),
        Chain(caip.SOLANA_MAINNET, "Solana", f"{caip.SOLANA_MAINNET}/slip44:501", "SOL"),
    )
}


def parse_asset(text: str) -> str:
    """Read the CAIP-19 type of a token or native coin as people write it, EVM addresses in any case.

    Raises:
        ValueError: with the reason and what to write instead.
    """
    chain_id, _, asset = text.partition("/")
    chain = CHAINS.get(chain_id)
    namespace, _, reference = asset.partition(":")
    if chain is None:
        raise ValueError(f"names no known chain; write a CAIP-19 type on one of {', '.join(CHAINS)}")
    if namespace == "slip44":
        if asset != chain.native_asset_id.partition("/")[2]:
            raise ValueError(f"is not the native coin of {chain.name}, which is {chain.native_asset_id}")
        return chain.native_asset_id
    if namespace == "erc20" and caip.namespace_of(chain_id) == caip.EVM and caip.is_evm_address(reference):
        return evm_asset(chain_id, reference)
    if namespace == "token" and caip.namespace_of(chain_id) == caip.SOLANA and reference.isalnum():
        return text
    raise ValueError(f'is no token of {chain.name} as CAIP-19 writes it, for example "eip155:1/erc20:0x..."')


@lru_cache(maxsize=65_536)
def evm_asset(chain_id: str, address: str) -> str:
    """Give the CAIP-19 type of what a provider calls `address` on an EVM chain of the table.

    Raises:
        ValueError: the address is neither the native pseudo-address nor an EVM address.
    """
    if address.lower() == NATIVE_PSEUDO_ADDRESS:
        return CHAINS[chain_id].native_asset_id
    return caip.erc20(chain_id, address)
