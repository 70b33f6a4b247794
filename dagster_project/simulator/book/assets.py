"""The assets of the book: those on Ethereum are listed here, those on other chains in `elsewhere`.

Prices belong to `prices`, holdings to the ledger.
"""

from dagster_project.simulator.book.accounts import invented_address
from dagster_project.simulator.book.asset import NATIVE_ADDRESS, Asset
from dagster_project.simulator.book.chains import ETHEREUM_CHAIN
from dagster_project.simulator.book.elsewhere import ASSETS_ELSEWHERE

__all__ = ["ASSETS", "ASSET_BY_ID", "ASSET_BY_KEY", "NATIVE_ADDRESS", "Asset"]

_REAL = (
    ("WETH", "Wrapped Ether", 18, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),
    ("USDC", "USD Coin", 6, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"),
    ("USDT", "Tether USD", 6, "0xdac17f958d2ee523a2206206994597c13d831ec7"),
    ("DAI", "Dai Stablecoin", 18, "0x6b175474e89094c44da98b954eedeac495271d0f"),
    ("GUSD", "Gemini dollar", 2, "0x056fd409e1d7a124bd7017459dfea2f387b6d5cd"),
    ("EURC", "Euro Coin", 6, "0x1abaea1f7c830bd89acc67ec4af516284b1bc33c"),
    ("aEthUSDC", "Aave Ethereum USDC", 6, "0x98c23e9d8f34fefb1b7bd6a91b7ff122f4e16f5c"),
    ("stETH", "Liquid staked Ether 2.0", 18, "0xae7ab96520de3a18e5e111b5eaab095312d7fe84"),
    ("wstETH", "Wrapped liquid staked Ether 2.0", 18, "0x7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0"),
    ("WBTC", "Wrapped BTC", 8, "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"),
    ("LINK", "ChainLink Token", 18, "0x514910771af9ca656af840dff83e8264ecf986ca"),
    ("UNI", "Uniswap", 18, "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"),
    ("AAVE", "Aave Token", 18, "0x7fc66500c84a76ad7e9c93437bfc5ac33e2ddae9"),
    ("MKR", "Maker", 18, "0x9f8f72aa9304c8b593d555f12ef6589cc3a579a2"),
    ("CRV", "Curve DAO Token", 18, "0xd533a949740bb3306d119cc777fa900ba034cd52"),
    ("LDO", "Lido DAO Token", 18, "0x5a98fcbea516cf06857215779fd812ca3bef1b32"),
    ("ENS", "Ethereum Name Service", 18, "0xc18360217d8f7ab5e7c516566761ea12ce7f9d72"),
    ("COMP", "Compound", 18, "0xc00e94cb662c3520282e6f5717214004a7f26888"),
    ("GNO", "Gnosis Token", 18, "0x6810e776880c02933d47db1b9fc05908e5386b96"),
    ("ELON", "Dogelon", 18, "0x761d38e5ddf6ccf6cf7c55759d5210750b5d60f3"),
)

_INVENTED = (
    ("TICKET", "Conference Ticket", 0),
    ("DEEP", "Deep Decimals", 24),
    ("RAY", "Ray Accounting Unit", 27),
    ("WIDE", "Wide Decimals", 77),
    ("YOUNG", "Young Protocol", 18),
    ("THIN", "Thinly Traded", 18),
    ("VEST", "Vesting Receipt", 18),
    ("BADGE", "Contributor Badge", 0),
    ("MAXI", "Maximum Supply", 18),
)

_SPAM = (
    # (key, symbol, name, decimals): names that a careless page, log or query would act upon
    ("spam-url", "claim-usdc.example", "Visit https://claim-usdc.example to claim 5,000 USDC", 6),
    ("spam-html", "USDC", '<img src=x onerror="alert(1)">', 18),
    ("spam-sql", "'; --", "'); DROP TABLE balance; --", 18),
)

_REBASING = frozenset({"stETH", "aEthUSDC"})


_INVENTED_ROWS = (*((key, key, name, decimals) for key, name, decimals in _INVENTED), *_SPAM)


def _token(key: str, symbol: str, name: str, decimals: int, address: str | None = None) -> Asset:
    is_invented = address is None
    address = address or invented_address(f"asset/{key}")
    return Asset(
        id=f"{ETHEREUM_CHAIN}/erc20:{address}",
        key=key,
        symbol=symbol,
        name=name,
        decimals=decimals,
        address=address,
        is_rebasing=key in _REBASING,
        is_spam=key.startswith("spam-"),
        is_invented=is_invented,
    )


ASSETS: tuple[Asset, ...] = (
    Asset(f"{ETHEREUM_CHAIN}/slip44:60", "ETH", "ETH", "Ether", 18, NATIVE_ADDRESS, is_rebasing=False, is_spam=False),
    *(_token(key, key, name, decimals, address) for key, name, decimals, address in _REAL),
    *(_token(*row) for row in _INVENTED_ROWS),
)
"""On Ethereum alone."""

ASSET_BY_ID: dict[str, Asset] = {asset.id: asset for asset in (*ASSETS, *ASSETS_ELSEWHERE)}
ASSET_BY_KEY: dict[str, Asset] = {asset.key: asset for asset in ASSET_BY_ID.values()}
