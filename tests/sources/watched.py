"""Accounts to ask about: the simulator's, and some that Credmark knows nothing of."""

from dagster_project.model import Account
from tests.simulator.running_simulator import address

ETHEREUM = "eip155:1"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"


def account(label: str, *chains: str) -> Account:
    """An account of the simulator's book, on Ethereum unless chains are named."""
    spelled = address(label)
    return Account(f"eip155:0:{spelled.lower()}", spelled, label, chains or (ETHEREUM,))


def solana_account() -> Account:
    """A wallet on Solana."""
    spelled = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"
    return Account(f"{SOLANA}:{spelled}", spelled, "solana", (SOLANA,))
