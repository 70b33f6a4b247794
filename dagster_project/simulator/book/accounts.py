"""The wallets of the book, and how an address is invented and spelled.

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


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def invented_solana_address(name: str) -> str:
    """A Solana address that belongs to nobody: a hash of the name in base 58."""
    number = int.from_bytes(keccak256(f"portfolio-snapshots/{name}".encode()))
    digits = ""
    while number:
        number, digit = divmod(number, len(_BASE58))
        digits = _BASE58[digit] + digits
    return digits


@dataclass(frozen=True, slots=True)
class Account:
    """One wallet: `label` is its name inside the book, `address` an EVM address in lower case or one of Solana."""

    label: str
    address: str

    @property
    def checksummed(self) -> str:
        """The address as people write it (EIP-55 on EVM chains)."""
        return eip55(self.address) if self.is_evm else self.address

    @property
    def is_evm(self) -> bool:
        """Whether it is an account of EVM chains, and not of Solana."""
        return self.address.startswith("0x")


ACCOUNTS: tuple[Account, ...] = tuple(
    Account(label, invented_address(label)) for label in ("treasury", "operations", "trading", "grants", "cold")
)

"""The five that live on Ethereum, and some of them on other EVM chains as well."""

ACCOUNTS_ELSEWHERE: tuple[Account, ...] = (
    Account("tiny", invented_address("tiny")),
    Account("solana-desk", invented_solana_address("solana-desk")),
)
"""Two that hold nothing on Ethereum."""

ALL_ACCOUNTS: tuple[Account, ...] = (*ACCOUNTS, *ACCOUNTS_ELSEWHERE)
ACCOUNT_BY_LABEL: dict[str, Account] = {account.label: account for account in ALL_ACCOUNTS}
ACCOUNT_BY_ADDRESS: dict[str, Account] = {account.address: account for account in ALL_ACCOUNTS}
"""Keys are EVM addresses in lower case and Solana addresses as they are."""
