"""What an asset of the book is: identity, decimals, address. Which ones there are is listed in `assets`.

Prices belong to `prices`, holdings to the ledger.
"""

from dataclasses import dataclass
from fractions import Fraction

NATIVE_ADDRESS = "0x" + "e" * 40
"""What stands in the place of a contract address where a provider lists the chain's own coin."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset on one chain.

    `id` is its CAIP-19 type, `key` its unique name inside the book, `symbol` and `name` are what its contract
    claims (neither unique nor trustworthy), `address` is its contract in lower case, its mint on Solana, or
    `NATIVE_ADDRESS`. An invented asset stands on no token list.
    """

    id: str
    key: str
    symbol: str
    name: str
    decimals: int
    address: str
    is_rebasing: bool
    is_spam: bool
    is_invented: bool = False

    @property
    def chain(self) -> str:
        """The CAIP-2 id of its chain."""
        return self.id.partition("/")[0]

    @property
    def price_key(self) -> str:
        """Under which key its price is found: `USDC@8453` costs what `USDC` costs."""
        return self.key.partition("@")[0]

    @property
    def is_native(self) -> bool:
        """Whether it is its chain's own coin."""
        return "/slip44:" in self.id

    @property
    def unit(self) -> int:
        """Base units in one whole unit."""
        return int(10**self.decimals)

    def raw(self, amount: str) -> int:
        """The amount, a decimal number as text, in base units.

        Raises:
            ValueError: The amount is finer than the asset's decimals.
        """
        scaled = Fraction(amount) * self.unit
        if scaled.denominator != 1:
            raise ValueError(f"{amount} {self.key} is finer than {self.decimals} decimals")
        return scaled.numerator
