"""Which block of a chain stands for an instant, and when a block was made.

Only numbers and times: what a block contains is the ledger's matter.
"""

from dataclasses import dataclass

from dagster_project.simulator.book.chains import SOLANA
from dagster_project.simulator.book.window import BEGIN_AT


@dataclass(frozen=True, slots=True)
class BlockClock:
    """A chain with a block every `seconds`, none missed, from block `first` at `first_at` (unix seconds) on."""

    chain: str
    first: int
    first_at: int
    seconds: int

    def at_or_before(self, at: int) -> int:
        """The number of the last block made at or before the instant (unix seconds).

        Raises:
            ValueError: The instant lies before the first block.
        """
        if at < self.first_at:
            raise ValueError(f"{at} lies before the first block of {self.chain} ({self.first_at})")
        return self.first + (at - self.first_at) // self.seconds

    def time_of(self, number: int) -> int:
        """When the block was made, in unix seconds.

        Raises:
            ValueError: The number lies before the first block.
        """
        if number < self.first:
            raise ValueError(f"{number} lies before the first block of {self.chain} ({self.first})")
        return self.first_at + (number - self.first) * self.seconds


ETHEREUM = BlockClock("eip155:1", first=22_600_000, first_at=BEGIN_AT - 1, seconds=12)
"""As on mainnet, blocks come at seconds 11, 23, 35, 47 and 59: midnight resolves to the block of 23:59:59."""

CLOCKS: dict[str, BlockClock] = {
    clock.chain: clock
    for clock in (
        ETHEREUM,
        # the book counts one block of Arbitrum a second, where mainnet makes four
        BlockClock("eip155:42161", first=342_000_000, first_at=BEGIN_AT - 1, seconds=1),
        BlockClock("eip155:8453", first=31_000_000, first_at=BEGIN_AT - 1, seconds=2),
        BlockClock("eip155:10", first=136_600_000, first_at=BEGIN_AT - 1, seconds=2),
        BlockClock("eip155:56", first=50_600_000, first_at=BEGIN_AT - 1, seconds=3),
        BlockClock(SOLANA, first=343_000_000, first_at=BEGIN_AT - 1, seconds=1),
    )
}
"""The clock of each chain, by CAIP-2 id."""
