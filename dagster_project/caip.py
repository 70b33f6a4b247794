"""Identifiers by the chain-agnostic standards: CAIP-2 chains, CAIP-10 accounts, CAIP-19 assets, EIP-55 spelling.

Pure text in, text out; which chains exist and what their native coin is stands in chains.py.
Sources: ChainAgnostic/CAIPs caip-2, caip-10, caip-19; ethereum/ERCs erc-55; the eip155 and solana namespaces.
"""

import re

_CHAIN = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}")
_ACCOUNT = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}:[-.%a-zA-Z0-9]{1,128}")
_EVM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_BASE58_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58 = re.compile(rf"[{_BASE58_LETTERS}]{{32,44}}")
_LONGEST_ADDRESS = 50
"""Letters of an address of any kind that was mistyped, at most; a private key has 64 and more."""

EVM = "eip155"
SOLANA = "solana"
SOLANA_MAINNET = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
ANY_EVM_CHAIN = "eip155:0"
"""The eip155 namespace's way to write an account that is the same on every chain."""


def namespace_of(identifier: str) -> str:
    """Give the CAIP namespace of a chain, account or asset id (`eip155`, `solana`)."""
    return identifier.partition(":")[0]


def is_chain_id(text: str) -> bool:
    """Tell whether `text` has the grammar of CAIP-2."""
    return _CHAIN.fullmatch(text) is not None


def is_evm_address(text: str) -> bool:
    """Tell whether `text` is 0x and forty hexadecimal digits, in any case."""
    return _EVM_ADDRESS.fullmatch(text) is not None


def checksum_address(address: str) -> str:
    """Spell an EVM address as EIP-55 does (keccak-256 of the lower-case digits decides the case).

    Raises:
        ValueError: the text is no EVM address.
    """
    from Crypto.Hash import keccak  # noqa: PLC0415 - costs 60 ms, and most starts never need it

    if not is_evm_address(address):
        raise ValueError(f"{shown(address)} is not 0x followed by 40 hexadecimal digits")
    digits = address[2:].lower()
    digest = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    letters = (
        letter.upper() if int(nibble, 16) > 7 else letter for letter, nibble in zip(digits, digest, strict=False)
    )
    return "0x" + "".join(letters)


def parse_account(text: str) -> tuple[str, str, str | None]:
    """Read an account as people write it.

    Takes an EVM address in any case, CAIP-10, or `solana:<address>` (two parts, as one provider writes it).

    Returns:
        (account id, address as displayed, the CAIP-2 chain that the text names or None).
        EVM ids are `eip155:0:0x…` in lower case; Solana keeps its case.

    Raises:
        ValueError: with the reason and, for a wrong checksum, the right spelling.
    """
    if _is_solana_address(text):
        raise ValueError(f"{text!r} is not 0x followed by 40 hexadecimal digits; a Solana account is {SOLANA}:{text}")
    if ":" not in text:
        return _evm_account(text, None)
    head, _, rest = text.partition(":")
    if head == SOLANA and ":" not in rest:
        text = f"{SOLANA_MAINNET}:{rest}"
    if _ACCOUNT.fullmatch(text) is None:
        raise ValueError(
            f"{shown(text)} is neither an EVM address (0x and 40 digits) nor CAIP-10 (namespace:chain:address)"
        )
    chain, _, address = text.rpartition(":")
    if namespace_of(chain) == EVM:
        return _evm_account(address, None if chain == ANY_EVM_CHAIN else chain)
    if namespace_of(chain) == SOLANA:
        if not _is_solana_address(address):
            raise ValueError(f"{shown(address)} is not a Solana address (32 bytes in base58, 32 to 44 letters)")
        return text, address, chain
    raise ValueError(f"namespace {namespace_of(chain)!r} is not supported; known: {EVM}, {SOLANA}")


def _evm_account(address: str, chain: str | None) -> tuple[str, str, str | None]:
    spelled = checksum_address(address)
    digits = address[2:]
    if digits not in (digits.lower(), digits.upper()) and address != spelled:
        raise ValueError(
            f"{address} has a wrong EIP-55 checksum, so a letter may be mistyped; "
            f"if every digit is right, write {spelled} or all lower case"
        )
    return f"{ANY_EVM_CHAIN}:{address.lower()}", spelled, chain


def _is_solana_address(text: str) -> bool:
    """Tell whether `text` is 32 bytes in base58; a leading 1 is a byte of zeros."""
    if _BASE58.fullmatch(text) is None:
        return False
    number = 0
    for letter in text:
        number = number * 58 + _BASE58_LETTERS.index(letter)
    return len(text) - len(text.lstrip("1")) + (number.bit_length() + 7) // 8 == 32


def shown(text: str) -> str:
    """Repeat what was written, but for what may be a private key or the words of one."""
    return repr(text) if len(text) <= _LONGEST_ADDRESS and " " not in text else "what stands here"


def erc20(chain_id: str, address: str) -> str:
    """Give the CAIP-19 type of a token contract, address in lower case (`eip155:1/erc20:0x…`).

    Raises:
        ValueError: the address is no EVM address.
    """
    if not is_evm_address(address):
        raise ValueError(f"{shown(address)} is not 0x followed by 40 hexadecimal digits")
    return f"{chain_id}/erc20:{address.lower()}"
