"""A ledger: who holds what on each day, as a provider tells it over HTTP, and what must be reckoned from it.

The ledgers themselves stand in ledgers.py and ledgers_positions.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.portfolio import FIRST, day
from tests.snapshot.answering import Watched

DAY_SECONDS = 86_400
CONTRACTS = {
    "ETH": "0x" + "e" * 40,
    "USDC": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    "STETH": "0xae7ab96520de3a18e5e111b5eaab095312d7fe84",
    "X": "0x" + "78" * 20,
    "REWARD": "0x" + "3e" * 20,
    "POOL": "0x" + "5a" * 20,
    "LENT": "0x" + "5b" * 20,
    "BORROWED": "0x" + "5c" * 20,
}
WALLETS = {label: "0x" + digit * 40 for label, digit in (("a", "1"), ("b", "2"))}


def asset(name: str, chain: int = 1) -> str:
    """The asset's CAIP-19 type."""
    return f"eip155:{chain}/" + ("slip44:60" if name == "ETH" else f"erc20:{CONTRACTS[name]}")


def account(label: str) -> str:
    """The account's CAIP-10 id."""
    return f"eip155:0:{WALLETS[label]}"


class Token(NamedTuple):
    """So much of an asset at a price in US dollars; None is a price that the provider does not know."""

    name: str
    amount: str
    price: str | None
    chain: int = 1

    @property
    def value(self) -> float:
        """What the provider states, 0 where it knows no price."""
        return float(Decimal(self.amount) * Decimal(self.price)) if self.price else 0.0

    def leg(self) -> dict[str, Any]:
        """The token as 1inch writes it inside of everything."""
        price = float(self.price) if self.price else 0.0
        amount = float(self.amount)
        return {"address": CONTRACTS[self.name], "decimals": 18, "amount": amount} | {
            "price_usd": price,
            "value_usd": self.value,
        }


class Position(NamedTuple):
    """A position in a protocol, known by its contract."""

    contract: str
    legs: tuple[Token, ...]
    rewards: tuple[Token, ...] = ()
    is_debt: bool = False
    chain: int = 1


Things = tuple[Token | Position | int, ...]
"""What a wallet holds; a number among it is the HTTP status with which its tokens are refused, not its positions."""

Held = Mapping[str, Things]
"""What each wallet holds on a day, by label."""


@dataclass(frozen=True)
class Expected:
    """The parts of the change over all days, worked by hand; what is None is not meant by the ledger."""

    opening: str
    closing: str
    price: str = "0"
    accrual: str = "0"
    claimed: str = "0"
    fee: str = "0"
    flow: str = "0"
    scope: str = "0"
    revaluation: str = "0"
    exits_at_opening: int = 0
    roi: str | None = None
    inflow: str | None = None
    outflow: str | None = None
    modified_dietz: str | None = None
    rewards: str | None = None
    ambiguous: str | None = None

    @property
    def income(self) -> str:
        """What was earned: accrual and claims."""
        return str(Decimal(self.accrual) + Decimal(self.claimed))


@dataclass(frozen=True)
class Ledger:
    """Some days of one or two wallets.

    `days` is what 1inch tells, `second` what Credmark tells where it is asked too. `keys` are further settings of an
    account; `listed` says on how many days from the first on the settings list it; `groups` holds what is expected of
    parts of the whole by (grouping, id); `needs` names a key of [[assets]] without which the ledger cannot be told.
    """

    days: tuple[Held, ...]
    expected: Expected
    second: tuple[Held, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[tuple[str, str], Expected] = field(default_factory=dict)
    rule: str = ""
    needs: str = ""

    def take(self, watched: Watched) -> None:
        """Answer as the ledger says, and take the snapshot of every day."""
        watched.provider.answers = {
            "tokens/snapshot": self._tokens,
            "protocols/snapshot": self._protocols,
            "/v1/portfolio/1/": self._second,
            "current_value": 404,
        }
        watched.sections = {"oneinch_portfolio": ""} | ({"credmark": ""} if self.second else {})
        watched.further = self.rule
        for accounts, numbers in groupby(range(len(self.days)), self._accounts):
            watched.accounts = accounts
            days = list(numbers)
            if not all(one.is_complete for one in watched.take(*days)):
                watched.take(*days)  # what is gone from a chain is believed when another run is told so too

    def _accounts(self, number: int) -> str:
        """Write the accounts that the settings list on a day."""
        labels = sorted({label for one in self.days for label in one})
        return "".join(
            f'[[accounts]]\naddress = "{WALLETS[label]}"\nlabel = "{label}"\n{self.keys.get(label, "")}\n'
            for label in labels
            if number < self.listed.get(label, len(self.days))
        )

    def _asked(self, path: str, days: tuple[Held, ...]) -> tuple[int, Things]:
        """Find what the wallet holds that a path asks for, and when."""
        query = parse_qs(urlsplit(path).query)
        at = int(query["timestamp"][0])
        (label,) = (label for label, wallet in WALLETS.items() if wallet in path.lower())
        return at, days[(at - int(FIRST.timestamp())) // DAY_SECONDS][label]

    def _tokens(self, path: str) -> dict[str, Any] | int:
        at, held = self._asked(path, self.days)
        tokens = [one for one in held if isinstance(one, Token)]
        return _refusal(held) or {"result": [_row(path, at, one.name, one.chain) | _worth([one]) for one in tokens]}

    def _protocols(self, path: str) -> dict[str, Any] | int:
        at, held = self._asked(path, self.days)
        return {
            "result": [
                _row(path, at, one.contract, one.chain)
                | _worth(one.legs)
                | {"protocol_type": "lending", "protocol_group_id": "lender", "asset_sign": -1 if one.is_debt else 1}
                | {"reward_tokens": [reward.leg() for reward in one.rewards]}
                for one in held
                if isinstance(one, Position)
            ]
        }

    def _second(self, path: str) -> dict[str, Any] | int:
        at, held = self._asked(path, self.second)
        tokens = [one for one in held if isinstance(one, Token)]
        positions = [
            {
                "tokenAddress": CONTRACTS[one.name],
                "balance": float(one.amount),
                "tokenPrice": float(one.price) if one.price else 0.0,
                "value": one.value,
            }
            for one in tokens
        ]
        return _refusal(held) or {
            "chainId": 1,
            "blockNumber": at,
            "blockTimestamp": at,
            "accounts": [path.split("/")[4]],
            "quoteAddress": "0x0000000000000000000000000000000000000348",
            "value": sum(one.value for one in tokens),
            "positions": positions,
        }


def _refusal(held: Things) -> int | None:
    return next((one for one in held if isinstance(one, int)), None)


def _row(path: str, at: int, name: str, chain: int) -> dict[str, Any]:
    return {
        "index": CONTRACTS[name][:18] + f"{chain:x}",
        "chain_id": chain,
        "contract_address": CONTRACTS[name],
        "address": parse_qs(urlsplit(path).query)["addresses"][0],
        "protocol_type": "token",
        "protocol_group_id": "token",
        "asset_sign": 1,
        "timestamp": at,
    }


def _worth(tokens: Sequence[Token]) -> dict[str, Any]:
    return {"value_usd": sum(one.value for one in tokens), "underlying_tokens": [one.leg() for one in tokens]}


def naive(number: int) -> str:
    """Write the instant of a day as settings do."""
    return f"{day(number):%Y-%m-%d}"
