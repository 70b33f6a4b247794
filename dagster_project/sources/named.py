"""Contracts that the settings of a source may name: tokens as CAIP-19 types, and spenders by their address.

Which chains a source has is its own matter.
"""

from collections.abc import Collection

from dagster_project import caip, chains


def spender(address: str) -> str:
    """Give a spender's address in lower case.

    Raises:
        ValueError: it is none.
    """
    if not caip.is_evm_address(address):
        raise ValueError("is not a spender's address (0x and 40 hexadecimal digits)")
    return address.lower()


def token(asset_id: str, known: Collection[str], of_whom: str) -> str:
    """Give our spelling of an ERC-20 token on one of the known chains, which are those of `of_whom`.

    Every name of a native coin gives the one that providers use, so that nobody asks for one balance twice.

    Raises:
        ValueError: it is none, or on another chain.
    """
    chain_id, _, asset = asset_id.partition("/")
    namespace, _, address = asset.partition(":")
    if chain_id not in known or namespace != "erc20" or not caip.is_evm_address(address):
        raise ValueError(f"is not a token's CAIP-19 type on a chain of {of_whom}, for example eip155:1/erc20:0x…")
    return caip.erc20(chain_id, chains.NATIVE_PSEUDO_ADDRESS if chains.is_native(chain_id, address) else address)
