"""The chains of the book, by CAIP-2 id, in the order in which providers list them.

When their blocks come is told by `blocks`, what lives on them by `assets`.
"""

from dataclasses import dataclass

ETHEREUM_CHAIN = "eip155:1"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain: its CAIP-2 id and the name that people know."""

    id: str
    name: str

    @property
    def reference(self) -> str:
        """What stands behind the colon: for an EVM chain its number."""
        return self.id.partition(":")[2]

    @property
    def is_evm(self) -> bool:
        """Whether it is an EVM chain, whose reference is a number."""
        return self.id.startswith("eip155:")

    @property
    def number(self) -> int:
        """The EVM chain's number.

        Raises:
            ValueError: It is no EVM chain.
        """
        return int(self.reference)


CHAINS: tuple[Chain, ...] = (
    Chain(ETHEREUM_CHAIN, "Ethereum"),
    Chain("eip155:42161", "Arbitrum"),
    Chain("eip155:8453", "Base"),
    Chain("eip155:10", "Optimism"),
    Chain("eip155:56", "BNB Chain"),
    Chain(SOLANA, "Solana"),
)
CHAIN_BY_ID: dict[str, Chain] = {chain.id: chain for chain in CHAINS}
EVM_CHAINS: tuple[Chain, ...] = tuple(chain for chain in CHAINS if chain.is_evm)
EVM_CHAIN_BY_NUMBER: dict[int, Chain] = {chain.number: chain for chain in EVM_CHAINS}
