"""The one table of chains: CAIP-2 id, name, native coin, and every other name under which the native coin is listed.

What is not in this table is an unknown chain, said by settings and by normalisers alike. Grammar stands in caip.py.
Asset ids are made here alone, so that one coin has one id: `canonical` reads the parts of a CAIP-19 type, `evm_asset`
an address. Decision 31 says which names are one coin, and what is done where an answer lists two of them.

Native coins by SLIP-44 (satoshilabs/slips), else by the type that ENSIP-11 gives a chain; wallets differ on BNB (714 or
9006): here 714.
"""

from dataclasses import dataclass
from functools import lru_cache

from dagster_project import caip

NATIVE_PSEUDO_ADDRESS = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
"""Credmark, 1inch and OneBalance write the native coin of an EVM chain so, in lower case."""

_NO_CONTRACTS = frozenset({NATIVE_PSEUDO_ADDRESS, f"0x{0:040x}"})
"""Addresses that stand for the native coin on every EVM chain."""

_LEGACY_COIN = f"0x{'dead' * 9}0000"
"""The legacy ERC-20 of the OP stack and its kin: balances were moved into the state, `balanceOf` reads them there.

ethereum-optimism/optimism specs/predeploys.md (LegacyERC20ETH), mantlenetworkio/mantle-v2 (LegacyERC20MNT);
token lists of Netswap and MaiaDAO name METIS so on chain 1088.
"""

_SOL_PSEUDO_MINT = "So11111111111111111111111111111111111111111"
WRAPPED_SOL = "So11111111111111111111111111111111111111112"
"""The mint of wrapped SOL: the same coin as SOL, in accounts of its own, so its amount stands beside the native one."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: CAIP-2 id, display name, CAIP-19 type and symbol of its native coin, and the coin's other names.

    `aliases` are contracts (EVM in lower case) that show the native balance itself. `wrapped` are tokens that are the
    same coin in a balance of its own. `coin_types` are further SLIP-44 types that are written for the coin, and
    `native_decimals` says how many decimals its base unit has.
    """

    chain_id: str
    name: str
    native_asset_id: str
    native_symbol: str
    aliases: frozenset[str] = frozenset()
    wrapped: frozenset[str] = frozenset()
    coin_types: frozenset[int] = frozenset()
    native_decimals: int = 18


def _evm(
    reference: int,
    name: str,
    coin_type: int = 60,
    symbol: str = "ETH",
    aliases: tuple[str, ...] = (),
    further_types: tuple[int, ...] = (),
) -> Chain:
    """Make a row; 60 is written loosely for the coin of any EVM chain, and ENSIP-11 gives every chain a type."""
    native = f"eip155:{reference}/slip44:{coin_type}"
    types = frozenset({60, _ensip_11(reference), *further_types})
    return Chain(f"eip155:{reference}", name, native, symbol, frozenset(aliases), frozenset(), types)


def _ensip_11(reference: int) -> int:
    return 0x80000000 | reference


CHAINS: dict[str, Chain] = {
    chain.chain_id: chain
    for chain in (
        _evm(1, "Ethereum"),
        _evm(10, "Optimism", aliases=(_LEGACY_COIN,), further_types=(614,)),
        _evm(56, "BNB Chain", 714, "BNB", further_types=(9006,)),
        _evm(100, "Gnosis", 700, "xDAI"),
        _evm(130, "Unichain", aliases=(_LEGACY_COIN,)),
        # Polygon: maticnetwork/contracts MRC20, a system contract whose balanceOf is the native balance.
        _evm(137, "Polygon", 966, "POL", aliases=("0x0000000000000000000000000000000000001010",)),
        _evm(146, "Sonic", 10007, "S"),
        # ZKsync: docs.zksync.io, custom base tokens, L2_BASE_TOKEN_ADDRESS.
        _evm(324, "ZKsync Era", aliases=("0x000000000000000000000000000000000000800a",)),
        _evm(999, "HyperEVM", 2457, "HYPE"),
        _evm(1088, "Metis", _ensip_11(1088), "METIS", aliases=(_LEGACY_COIN,)),
        # Moonbeam, Moonriver: docs.moonbeam.network, native token ERC-20 precompile.
        _evm(1284, "Moonbeam", _ensip_11(1284), "GLMR", ("0x0000000000000000000000000000000000000802",), (1284,)),
        _evm(1285, "Moonriver", _ensip_11(1285), "MOVR", ("0x0000000000000000000000000000000000000802",), (1285,)),
        _evm(5000, "Mantle", _ensip_11(5000), "MNT", aliases=(_LEGACY_COIN,)),
        _evm(8453, "Base", aliases=(_LEGACY_COIN,), further_types=(8453,)),
        _evm(42161, "Arbitrum One"),
        # Celo: docs.celo.org, token duality.
        _evm(42220, "Celo", 52752, "CELO", aliases=("0x471ece3750da237f93b8e339c536989b8978a438",)),
        _evm(43114, "Avalanche", 9000, "AVAX"),
        _evm(59144, "Linea"),
        _evm(80094, "Berachain", 8008, "BERA"),
        _evm(81457, "Blast"),
        Chain(
            caip.SOLANA_MAINNET,
            "Solana",
            f"{caip.SOLANA_MAINNET}/slip44:501",
            "SOL",
            frozenset({_SOL_PSEUDO_MINT}),
            frozenset({WRAPPED_SOL}),
            native_decimals=9,
        ),
    )
}


def parse_asset(text: str) -> str:
    """Read the CAIP-19 type of a token or native coin as people write it, EVM addresses in any case.

    Every name of a native coin gives the coin's own id.

    Raises:
        ValueError: with the reason and what to write instead.
    """
    chain_id, _, asset = text.partition("/")
    chain = CHAINS.get(chain_id)
    namespace, _, reference = asset.partition(":")
    if chain is None:
        raise ValueError(f"names no known chain; write a CAIP-19 type on one of {', '.join(CHAINS)}")
    if namespace == "slip44" and not _is_coin_type(chain, reference):
        raise ValueError(f"is not the native coin of {chain.name}, which is {chain.native_asset_id}")
    found = None if namespace == "spl" else canonical(chain_id, namespace, reference)
    if found is None or (namespace == "token" and not reference.isalnum()):
        raise ValueError(f'is no token of {chain.name} as CAIP-19 writes it, for example "eip155:1/erc20:0x..."')
    return found


def canonical(chain_id: str, namespace: str, reference: str) -> str | None:
    """Give the one id of what CAIP-19's parts name; None for a kind of asset that this program does not know.

    A coin type is taken for the native coin of a chain of the table, as providers write types loosely. On a chain that
    is not in the table nothing but the pseudo-addresses is known of the native coin: they keep one id there.
    """
    chain, family = CHAINS.get(chain_id), caip.namespace_of(chain_id)
    if namespace == "slip44" and chain is not None and reference:
        return chain.native_asset_id  # a vendor writes slip44:0x60 too
    if namespace == "slip44" and reference.isdecimal():
        return f"{chain_id}/slip44:{reference}"
    if namespace == "erc20" and family == caip.EVM and caip.is_evm_address(reference):
        return evm_asset(chain_id, reference)
    if namespace in ("token", "spl") and family == caip.SOLANA and reference:
        is_native = chain is not None and (reference in chain.aliases or reference in chain.wrapped)
        return chain.native_asset_id if chain and is_native else f"{chain_id}/{namespace}:{reference}"
    return None


def _is_coin_type(chain: Chain, reference: str) -> bool:
    """Tell whether people may write this SLIP-44 type for the chain's native coin."""
    own = chain.native_asset_id.rpartition(":")[2]
    return reference == own or (reference.isdecimal() and int(reference) in chain.coin_types)


@lru_cache(maxsize=65_536)
def evm_asset(chain_id: str, address: str) -> str:
    """Give the CAIP-19 type of what a provider calls `address` on an EVM chain: the native coin by every name of it.

    Raises:
        ValueError: the address is neither the native pseudo-address nor an EVM address.
    """
    lower, chain = address.lower(), CHAINS.get(chain_id)
    if chain is None:
        return caip.erc20(chain_id, NATIVE_PSEUDO_ADDRESS if lower in _NO_CONTRACTS else address)
    if lower in _NO_CONTRACTS or lower in chain.aliases:
        return chain.native_asset_id
    return caip.erc20(chain_id, address)


_NATIVE_DECIMALS = {chain.native_asset_id: chain.native_decimals for chain in CHAINS.values()}


def decimals_of(asset_id: str, stated: int | None) -> int | None:
    """Give the decimals of an asset: those of the table for a native coin, whoever states others, else as stated."""
    return _NATIVE_DECIMALS.get(asset_id, stated)


def is_native(chain_id: str, address: str) -> bool:
    """Tell whether an address on an EVM chain is a name of its native coin, so that nobody asks for it as a token."""
    chain = CHAINS.get(chain_id)
    return address.lower() in _NO_CONTRACTS or (chain is not None and address.lower() in chain.aliases)


def is_alias(chain_id: str, name: str) -> bool:
    """Tell whether a name (an address, or a mint) is a contract that shows the native balance of its chain."""
    chain = CHAINS.get(chain_id)
    return chain is not None and (name in chain.aliases or name.lower() in chain.aliases)


def is_wrapped(chain_id: str, name: str) -> bool:
    """Tell whether a name (a mint) is the native coin in a balance of its own."""
    chain = CHAINS.get(chain_id)
    return chain is not None and name in chain.wrapped
