"""What the contracts of a chain of the book answer: its tokens as ERC-20, and Multicall3's many calls in one.

Bytes in, bytes out; which block stands for the instant is the node's matter.
"""

import functools
from typing import Any

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS, invented_address
from dagster_project.simulator.book.approvals import allowance
from dagster_project.simulator.book.assets import ASSET_BY_ID, Asset
from dagster_project.simulator.book.chains import Chain
from dagster_project.simulator.book.whole import whole_ledger

MULTICALL3 = "0xca11bde05977b3631167028862be2a173976ca11"
FILLERS = {invented_address(f"filler/{number}") for number in range(50)}
"""Tokens on every chain of which nobody holds anything, for questions about many."""

WRAPPED = {
    "eip155:1": "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    "eip155:10": "0x4200000000000000000000000000000000000006",
    "eip155:56": "0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c",
    "eip155:137": "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270",
    "eip155:8453": "0x4200000000000000000000000000000000000006",
    "eip155:42161": "0x82af49447d8a07e3bd95bd0d56f35241523fbab1",
}
"""The wrapped native coin by chain, which is there and has a supply whether or not anybody in the book holds it."""

SUPPLY = 10**27
"""Of every token, in its smallest units."""

_BYTES32_SYMBOLS = frozenset({"MKR"})
"""Of a token that was made before symbols were strings."""


@functools.cache
def _abi() -> Any:  # noqa: ANN401 - a module, which takes a second to import: only once a contract is called
    from eth_abi import abi  # noqa: PLC0415 - see above

    return abi


def encode(kinds: list[str], values: list[object]) -> bytes:
    """Values as contracts write them."""
    return bytes(_abi().encode(kinds, values))


def decode(kinds: list[str], data: bytes) -> Any:  # noqa: ANN401 - as the kinds say
    """What a caller wrote."""
    return _abi().decode(kinds, data)


class Reverted(Exception):  # noqa: N818 - what a contract does is no error of ours
    """The contract refuses the call."""


def is_contract(chain: Chain, address: str) -> bool:
    """Whether there is a contract at the address."""
    return address in (MULTICALL3, WRAPPED.get(chain.id), *FILLERS) or _token(chain.id, address) is not None


@functools.lru_cache(maxsize=4096)
def _token(chain: str, address: str) -> Asset | None:
    listed = (one for one in ASSET_BY_ID.values() if one.chain == chain and not one.is_native)
    return next((one for one in listed if one.address == address), None)


class Contracts:
    """The contracts of a chain as they are at a block that was made at an instant (unix seconds)."""

    def __init__(self, chain: Chain, number: int, at: int) -> None:
        self.chain = chain
        self.number = number
        self.at = at

    def called(self, target: str, data: bytes) -> bytes:
        """What a call returns; where there is no contract, nothing.

        Raises:
            Reverted: the contract refuses.
        """
        selector, rest = data[:4].hex(), data[4:]
        if target == MULTICALL3:
            return self._multicall(selector, rest)
        asset = _token(self.chain.id, target)
        if not is_contract(self.chain, target):
            return b""
        if selector == "70a08231":
            return encode(["uint256"], [self._balance(asset, *decode(["address"], rest))])
        if selector == "dd62ed3e":
            return encode(["uint256"], [self._allowance(asset, *decode(["address", "address"], rest))])
        return self._described(asset, selector)

    def _multicall(self, selector: str, rest: bytes) -> bytes:
        if selector in {"0f28c97d", "42cbb15c"}:
            return encode(["uint256"], [self.at if selector == "0f28c97d" else self.number])
        if selector == "4d2301cc":
            coin = next(one for one in ASSET_BY_ID.values() if one.chain == self.chain.id and one.is_native)
            return encode(["uint256"], [self._balance(coin, *decode(["address"], rest))])
        if selector != "82ad56cb":
            raise Reverted
        (calls,) = decode(["(address,bool,bytes)[]"], rest)
        return encode(["(bool,bytes)[]"], [[self._tried(target, may_fail, data) for target, may_fail, data in calls]])

    def _tried(self, target: str, may_fail: bool, data: bytes) -> tuple[bool, bytes]:  # noqa: FBT001 - as in the call
        try:
            return True, self.called(target.lower(), data)
        except Reverted:
            if not may_fail:
                raise
            return False, b""

    def _balance(self, asset: Asset | None, holder: str) -> int:
        account = ACCOUNT_BY_ADDRESS.get(holder.lower())
        return whole_ledger().holding(account.label, asset.id, self.at) if account and asset else 0

    def _allowance(self, asset: Asset | None, holder: str, spender: str) -> int:
        account = ACCOUNT_BY_ADDRESS.get(holder.lower())
        return allowance(account.label if account else None, asset, spender.lower(), self.at) if asset else 0

    def _described(self, asset: Asset | None, selector: str) -> bytes:
        symbol, name, decimals = (asset.symbol, asset.name, asset.decimals) if asset else ("FILL", "Filler", 18)
        if selector == "18160ddd":
            return encode(["uint256"], [SUPPLY])
        if selector == "313ce567":
            return encode(["uint8"], [decimals])
        if selector not in {"95d89b41", "06fdde03"}:
            raise Reverted
        said = symbol if selector == "95d89b41" else name
        is_old = asset is not None and asset.key in _BYTES32_SYMBOLS
        return encode(["bytes32"], [said.encode()]) if is_old else encode(["string"], [said])
