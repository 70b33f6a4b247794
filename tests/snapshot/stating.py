"""What providers of a test state of wallets: 1inch's tokens and positions, Credmark's value, OneBalance's balances.

Each body says what the test gives it, also where that contradicts itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.portfolio import FIRST

SECONDS_A_DAY = 86_400
TOKENS, PROTOCOLS, VALUE = "tokens/snapshot", "protocols/snapshot", "/v1/portfolio/1/"
BALANCES, LISTED = "balances/aggregated-balance", "assets/list"


@dataclass(frozen=True)
class Token:
    """So much of a contract at a price; `value` is what is stated, by default amount times price."""

    address: str
    amount: float
    price: float | None = 1.0
    value: float | None = None
    symbol: str = "TOK"

    @property
    def stated(self) -> float:
        """The value as stated; 0 without a price."""
        return self.amount * (self.price or 0.0) if self.value is None else self.value

    def leg(self) -> dict[str, Any]:
        """The token inside of a row of 1inch."""
        stated = {"amount": self.amount, "price_usd": self.price, "value_usd": self.stated}
        return {"address": self.address, "decimals": 6, "symbol": self.symbol, "name": self.symbol} | stated


@dataclass(frozen=True)
class Position:
    """A position known by its contract; `value` is its own, by default that of its legs."""

    contract: str
    legs: tuple[Token, ...]
    value: float | None = None
    sign: int = 1
    protocol: str = "lender"


Held = Sequence[Token | Position]
Wallets = Mapping[str, Held] | Callable[[int], Mapping[str, Held]]
"""What each wallet (lower case) holds, or a function of the day's number that says it."""


def oneinch(wallets: Wallets) -> dict[str, Any]:
    """Give the answers of 1inch Portfolio."""
    return {
        TOKENS: lambda path: {"result": [_token(one, path) for one in _asked(wallets, path) if isinstance(one, Token)]},
        PROTOCOLS: lambda path: {
            "result": [_position(one, path) for one in _asked(wallets, path) if isinstance(one, Position)]
        },
    }


def credmark(*tokens: Token, value: float | None = None) -> dict[str, Any]:
    """Give Credmark's value of whatever wallet is asked for, which may contradict its positions."""

    def answer(path: str) -> dict[str, Any]:
        at = int(parse_qs(urlsplit(path).query)["timestamp"][0])
        positions = [
            {"tokenAddress": one.address, "balance": one.amount, "tokenPrice": one.price or 0.0, "value": one.stated}
            for one in tokens
        ]
        total = sum(one.stated for one in tokens) if value is None else value
        head = {"chainId": 1, "blockNumber": at, "blockTimestamp": at, "accounts": [path.split("/")[4]]}
        return head | {"quoteAddress": "0x" + "348".zfill(40), "value": total, "positions": positions}

    return {VALUE: answer}


def onebalance(wallet: str, legs: Mapping[str, tuple[str, float]], total: float, aggregate: float) -> dict[str, Any]:
    """Give OneBalance's answer about one aggregated asset: legs (amount in base units, value) by CAIP-19 type."""
    individual = [{"assetType": one, "balance": raw, "fiatValue": value} for one, (raw, value) in legs.items()]
    whole = {"aggregatedAssetId": "ob:usdc", "balance": "1", "individualAssetBalances": individual}
    entities = [{"assetType": one, "decimals": 6, "name": "USD Coin", "symbol": "USDC"} for one in legs]
    listed = {"aggregatedAssetId": "ob:usdc", "symbol": "USDC", "name": "USD Coin", "decimals": 6}
    return {
        BALANCES: {
            "accounts": {"evm": wallet},
            "balanceByAggregatedAsset": [whole | {"fiatValue": aggregate}],
            "balanceBySpecificAsset": [],
            "totalBalance": {"fiatValue": total},
        },
        LISTED: [listed | {"aggregatedEntities": entities}],
    }


def asset(address: str) -> str:
    """Give a contract on Ethereum as its CAIP-19 type."""
    return f"eip155:1/erc20:{address}"


def at(number: int) -> datetime:
    """Give the instant of a day."""
    return datetime.fromtimestamp(FIRST.timestamp() + number * SECONDS_A_DAY, FIRST.tzinfo)


def _asked(wallets: Wallets, path: str) -> Held:
    query = parse_qs(urlsplit(path).query)
    number = (int(query["timestamp"][0]) - int(FIRST.timestamp())) // SECONDS_A_DAY
    held = wallets(number) if callable(wallets) else wallets
    return held[query["addresses"][0].lower()]


def _row(path: str, contract: str) -> dict[str, Any]:
    query = parse_qs(urlsplit(path).query)
    about = {"index": contract, "chain_id": 1, "contract_address": contract, "address": query["addresses"][0]}
    return about | {"protocol_type": "token", "protocol_group_id": "token", "timestamp": int(query["timestamp"][0])}


def _token(one: Token, path: str) -> dict[str, Any]:
    return _row(path, one.address) | {"asset_sign": 1, "value_usd": one.stated, "underlying_tokens": [one.leg()]}


def _position(one: Position, path: str) -> dict[str, Any]:
    value = sum(leg.stated for leg in one.legs) if one.value is None else one.value
    about = {"protocol_type": "lending", "protocol_group_id": one.protocol, "asset_sign": one.sign}
    return _row(path, one.contract) | about | {"value_usd": value, "underlying_tokens": [leg.leg() for leg in one.legs]}
