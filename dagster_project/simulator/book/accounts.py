"""The five wallets of the book, and how an EVM address is invented and spelled.

What they hold and when is the ledger's matter.
"""

from dataclasses import dataclass

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Ethereum's Keccak-256 (which is not SHA3-256)."""
    return keccak.new(digest_bits=256, data=data).digest()


def invented_address(name: str) -> str:
    """An EVM address, lower case, that belongs to nobody: the last 20 bytes of a hash of the name."""
    return "0x" + keccak256(f"portfolio-snapshots/{name}".encode())[-20:].hex()


def eip55(address: str) -> str:
    """The address in the mixed case of EIP-55, which carries a checksum."""
    digits = address.lower().removeprefix("0x")
    marks = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) >= 8 else digit for digit, mark in zip(digits, marks, strict=False)
    )


@dataclass(frozen=True, slots=True)
class Account:
    """One wallet: `label` is its name inside the book, `address` its EVM address in lower case."""

    label: str
    address: str

    @property
    def checksummed(self) -> str:
        """The address as people write it (EIP-55)."""
        return eip55(self.address)


ACCOUNTS: tuple[Account, ...] = tuple(
    Account(label, invented_address(label)) for label in ("treasury", "operations", "trading", "grants", "cold")
)

ACCOUNT_BY_LABEL: dict[str, Account] = {account.label: account for account in ACCOUNTS}
ACCOUNT_BY_ADDRESS: dict[str, Account] = {account.address: account for account in ACCOUNTS}
"""Keys are lower-case addresses."""
