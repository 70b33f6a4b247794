"""Calls to contracts as bytes and back, by eth-abi: the ERC-20 functions, and Multicall3's many calls in one.

eth-abi takes a second to import, so it is imported by the first call and never by a verb that only reads.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

Call = tuple[str, str]
"""A contract (lower case) and the call data (0x and hexadecimal digits)."""

AGGREGATE3 = bytes.fromhex("82ad56cb")
BLOCK_TIMESTAMP, BLOCK_NUMBER, TOTAL_SUPPLY = "0x0f28c97d", "0x42cbb15c", "0x18160ddd"
_ETH_BALANCE = "4d2301cc"
_BALANCE_OF = "70a08231"
_ALLOWANCE = "dd62ed3e"
DECIMALS, SYMBOL, NAME = "0x313ce567", "0x95d89b41", "0x06fdde03"
"""First four bytes of the keccak-256 of each signature; a test works them out again."""

HOLDINGS = tuple(f"0x{one}" for one in (_ETH_BALANCE, _BALANCE_OF, _ALLOWANCE))
"""Selectors of getEthBalance, balanceOf and allowance: how the call data of each begins."""

_CALLS = "(address,bool,bytes)[]"
_RESULTS = "(bool,bytes)[]"
LARGEST_BYTE = 255
LONGEST_TEXT = 200
"""Letters of a symbol or a name that are kept; a contract may say as much as it likes."""


@cache
def _abi() -> Any:  # noqa: ANN401 - a module
    import eth_abi  # noqa: PLC0415 - a second, and most starts never need it

    return eth_abi


@lru_cache(maxsize=65_536)
def balance_of(holder: str) -> str:
    """Give the call data that asks a token for a balance."""
    return f"0x{_BALANCE_OF}{_abi().encode(['address'], [holder]).hex()}"


@lru_cache(maxsize=65_536)
def eth_balance(holder: str) -> str:
    """Give the call data that asks Multicall3 for a balance of the native coin."""
    return f"0x{_ETH_BALANCE}{_abi().encode(['address'], [holder]).hex()}"


@lru_cache(maxsize=65_536)
def allowance(holder: str, spender: str) -> str:
    """Give the call data that asks a token how much of it a spender may take."""
    return f"0x{_ALLOWANCE}{_abi().encode(['address', 'address'], [holder, spender]).hex()}"


@lru_cache(maxsize=256)
def aggregate(calls: tuple[Call, ...]) -> str:
    """Put many calls into one, each of which may fail by itself."""
    plain = [(target, True, bytes.fromhex(data[2:])) for target, data in calls]
    return f"0x{(AGGREGATE3 + _abi().encode([_CALLS], [plain])).hex()}"


def parts(asked: list[Call], size: int) -> Iterator[list[Call]]:
    """Cut calls into requests of at most so many."""
    return (asked[start : start + size] for start in range(0, len(asked), size))


@lru_cache(maxsize=256)
def calls_in(data: str) -> tuple[Call, ...]:
    """Give the calls that `aggregate` put into one.

    Raises:
        ValueError: it is something else.
    """
    calls: tuple[tuple[str, bool, bytes], ...] = _decoded(_CALLS, bytes.fromhex(data[2:])[len(AGGREGATE3) :])
    return tuple((target.lower(), f"0x{inner.hex()}") for target, _, inner in calls)


@lru_cache(maxsize=64)
def results(data: str) -> tuple[tuple[bool, bytes], ...]:
    """Give what each of many calls answered: whether it went well, and its bytes.

    Raises:
        ValueError: it is something else.
    """
    return tuple(_decoded(_RESULTS, bytes.fromhex(data[2:])))


def is_balance(data: str) -> bool:
    """Tell whether call data asks a token for a balance."""
    return data.startswith(f"0x{_BALANCE_OF}")


@lru_cache(maxsize=65_536)
def number(data: bytes) -> int | None:
    """Read an unsigned 256-bit integer; None where fewer than 32 bytes came, which is no answer and never 0."""
    return int(_decoded("uint256", data[:32])) if len(data) >= 32 else None


def decimals(data: bytes) -> int | None:
    """Read decimals, which ERC-20 has as one byte; None for what is no number or a larger one."""
    found = number(data)
    return found if found is not None and found <= LARGEST_BYTE else None


def text(data: bytes) -> str | None:
    """Read a symbol or a name: a string, or as old tokens have it 32 bytes filled up with zeros; None for neither."""
    try:
        found = data.rstrip(b"\0").decode() if len(data) == 32 else str(_decoded("string", data))
    except (ValueError, UnicodeDecodeError):
        return None
    return found[:LONGEST_TEXT]


def _decoded(kind: str, data: bytes) -> Any:  # noqa: ANN401 - as the kind says
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415 - see above

    try:
        (found,) = _abi().decode([kind], data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"is no {kind} as contracts write it") from error
    return found
