"""The assets on the chains beside Ethereum; their keys end in `@` and the chain's reference.

What stands before the `@` is the key under which the price is found.
"""

from dagster_project.simulator.book.accounts import invented_address
from dagster_project.simulator.book.asset import NATIVE_ADDRESS, Asset
from dagster_project.simulator.book.chains import SOLANA

_SOLANA_NATIVE = "SoNative11111111111111111111111111111111111"

_NATIVES = (
    # chain, key and symbol, name, decimals, SLIP-44 number
    ("eip155:8453", "ETH", "Ether", 18, 60),
    ("eip155:42161", "ETH", "Ether", 18, 60),
    ("eip155:10", "ETH", "Ether", 18, 60),
    ("eip155:56", "BNB", "BNB", 18, 714),
    (SOLANA, "SOL", "Solana", 9, 501),
)

_TOKENS = (
    # chain, key and symbol, name, decimals, address or mint
    ("eip155:8453", "WETH", "Wrapped Ether", 18, "0x4200000000000000000000000000000000000006"),
    ("eip155:8453", "USDC", "USD Coin", 6, "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913"),
    ("eip155:8453", "AERO", "Aerodrome", 18, "0x940181a94a35a4569e4529a3cdfb74e38fd98631"),
    ("eip155:8453", "cbBTC", "Coinbase Wrapped BTC", 8, "0xcbb7c0000ab88b473b1f5afd9ef808440eed33bf"),
    ("eip155:42161", "WETH", "Wrapped Ether", 18, "0x82af49447d8a07e3bd95bd0d56f35241523fbab1"),
    ("eip155:42161", "USDC", "USD Coin", 6, "0xaf88d065e77c8cc2239327c5edb3a432268e5831"),
    ("eip155:42161", "USDT", "Tether USD", 6, "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9"),
    ("eip155:42161", "ARB", "Arbitrum", 18, "0x912ce59144191c1204e64559fe8253a0e49e6548"),
    ("eip155:42161", "wstETH", "Wrapped liquid staked Ether 2.0", 18, "0x5979d7b546e38e414f7e9822514be443a4800529"),
    ("eip155:10", "USDC", "USD Coin", 6, "0x0b2c639c533813f4aa9d7837caf62653d097ff85"),
    ("eip155:10", "USDT", "Tether USD", 6, "0x94b008aa00579c1307b0ef2c499ad98a8ce58e58"),
    ("eip155:10", "OP", "Optimism", 18, "0x4200000000000000000000000000000000000042"),
    # the same dollar coin with three times the decimals: whoever adds base units across chains meets it
    ("eip155:56", "USDC", "USD Coin", 18, "0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d"),
    (SOLANA, "USDC", "USD Coin", 6, "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
    (SOLANA, "BONK", "Bonk", 5, "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB8YaB1pPB263"),
)

_INVENTED = (
    # chain, key, symbol, name, decimals
    ("eip155:8453", "aBasUSDC", "aBasUSDC", "Aave Base USDC", 6),
    ("eip155:42161", "aArbUSDC", "aArbUSDC", "Aave Arbitrum USDC", 6),
    ("eip155:8453", "EXACT", "EXACT", "Exact Dollar", 6),
    ("eip155:8453", "aBasEXACT", "aBasEXACT", "Aave Base EXACT", 6),
    ("eip155:8453", "spam-drop", "$DROP", "Collect your reward at https://drop.example", 18),
)

_REBASING = frozenset({"aBasUSDC", "aArbUSDC"})


def _key(chain: str, key: str) -> str:
    return f"{key}@{'solana' if chain == SOLANA else chain.partition(':')[2]}"


def _native(chain: str, key: str, name: str, decimals: int, coin: int) -> Asset:
    address = _SOLANA_NATIVE if chain == SOLANA else NATIVE_ADDRESS
    return Asset(
        f"{chain}/slip44:{coin}", _key(chain, key), key, name, decimals, address, is_rebasing=False, is_spam=False
    )


def _token(chain: str, key: str, symbol: str, name: str, decimals: int, address: str | None = None) -> Asset:
    full = _key(chain, key)
    at = address or invented_address(f"asset/{full}")
    return Asset(
        id=f"{chain}/{'token' if chain == SOLANA else 'erc20'}:{at}",
        key=full,
        symbol=symbol,
        name=name,
        decimals=decimals,
        address=at,
        is_rebasing=key in _REBASING,
        is_spam=key.startswith("spam-"),
        is_invented=address is None,
    )


ASSETS_ELSEWHERE: tuple[Asset, ...] = (
    *(_native(*row) for row in _NATIVES),
    *(_token(chain, key, key, name, decimals, address) for chain, key, name, decimals, address in _TOKENS),
    *(_token(*row) for row in _INVENTED),
)
