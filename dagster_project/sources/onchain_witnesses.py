"""Which contracts prove that a node has a chain's state: a token that always has a supply, and contracts with code.

First blocks are lower bounds, some of them generous: below them the contract proves what it answers, but disproves
nothing. The wrapped native coin is asked for its supply within the call for balances.
"""

from dagster_project.normalise.onchain_question import Proof, Witness

_OP_WETH = "0x4200000000000000000000000000000000000006"
"""Part of the genesis of every OP-stack chain."""

PROOFS: dict[str, Proof] = {
    "eip155:1": Proof(
        Witness("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", 4_800_000),
        (
            Witness("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", 4_800_000),
            Witness("0xbb9bc244d798123fde783fcc1c72d3bb8c189413", 1_500_000),
        ),
    ),
    "eip155:10": Proof(Witness(_OP_WETH, 4_286_263), (Witness(_OP_WETH),)),
    "eip155:56": Proof(
        Witness("0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c", 15_921_452),
        (Witness("0x0000000000000000000000000000000000001000"),),
    ),
    "eip155:130": Proof(Witness(_OP_WETH, 10_000_000), (Witness(_OP_WETH),)),
    "eip155:137": Proof(
        Witness("0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270", 25_770_160),
        (Witness("0x0000000000000000000000000000000000001010"),),
    ),
    "eip155:8453": Proof(Witness(_OP_WETH, 2_500_000), (Witness(_OP_WETH),)),
    "eip155:42161": Proof(
        Witness("0x82af49447d8a07e3bd95bd0d56f35241523fbab1", 7_654_707),
        (Witness("0x82af49447d8a07e3bd95bd0d56f35241523fbab1", 100_000),),
        is_number_own=False,
    ),
    "eip155:43114": Proof(
        Witness("0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7", 11_907_934),
        (Witness("0x0100000000000000000000000000000000000000"),),
    ),
    "eip155:59144": Proof(Witness("0xe5d7c2a44ffddf6b295a15c148167daaaf5cf34f", 1_000_000)),
    "eip155:80094": Proof(
        Witness("0x6969696969696969696969696969696969696969", 1_000_000),
        (Witness("0x6969696969696969696969696969696969696969"),),
    ),
    "eip155:81457": Proof(
        Witness("0x4300000000000000000000000000000000000004", 500_000),
        (Witness("0x4300000000000000000000000000000000000004"),),
    ),
}
"""By CAIP-2 chain. On Arbitrum a contract sees the number of the parent chain's block, so only the time is compared."""
