"""The protocol positions of the book: who has them, in which contract, and which wallet token stands for them.

How much lies in each is the ledger's matter, and when it changes that of `lending`, `pools` and `staking`.
"""

from dataclasses import dataclass

from dagster_project.simulator.book.accounts import invented_address
from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.ledger import Layer

_UNISWAP_NFT = "0xc36442b4a4522e871399cd717abdd847ab11fe88"
_UNISWAP_NFT_BASE = "0x03a520b32c04bf3beef7beb72e919cf822ed34f1"


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol: its id and name as providers write them, and what kind of thing it is."""

    id: str
    name: str
    kind: str


AAVE = Protocol("aave-v3", "Aave V3", "lending")
UNISWAP = Protocol("uniswap-v3", "Uniswap V3", "dex")
AERODROME = Protocol("aerodrome", "Aerodrome", "staking")
OP_STAKING = Protocol("op-staking", "OP Staking", "staking")
PROTOCOLS: tuple[Protocol, ...] = (AAVE, UNISWAP, AERODROME, OP_STAKING)


@dataclass(frozen=True, slots=True)
class Position:
    """One position of one account (a label) on one chain (CAIP-2).

    `contract` is the address under which providers list it. `receipt` is the key of the wallet token that stands
    for the same money, if there is one: then `contract` is that token's. `pool` is the protocol's own contract.
    Debt is a position of its own, with every amount above zero.
    """

    id: str
    account: str
    chain: str
    protocol: Protocol
    handler: str
    contract: str
    contract_name: str
    contract_symbol: str
    pool: str
    token_id: int = 0
    receipt: str | None = None
    is_debt: bool = False
    is_locked: bool = False

    @property
    def layer(self) -> Layer:
        """The layer of its legs."""
        return "debt" if self.is_debt else "position"


def _supply(id_: str, receipt: str) -> Position:
    token = ASSET_BY_KEY[receipt]
    return Position(
        id=id_,
        account=id_.partition("/")[0],
        chain=token.chain,
        protocol=AAVE,
        handler="aave-v3-supply",
        contract=token.address,
        contract_name=token.name,
        contract_symbol=token.symbol,
        pool=invented_address(f"aave-v3/{token.chain}"),
        receipt=receipt,
    )


def _debt(id_: str, key: str) -> Position:
    token = ASSET_BY_KEY[key]
    return Position(
        id=id_,
        account=id_.partition("/")[0],
        chain=token.chain,
        protocol=AAVE,
        handler="aave-v3-variable-debt",
        contract=invented_address(f"variable-debt/{key}"),
        contract_name=f"Aave Variable Debt {token.symbol}",
        contract_symbol=f"variableDebt{token.symbol}",
        pool=invented_address(f"aave-v3/{token.chain}"),
        is_debt=True,
    )


def _pool(id_: str, chain: str, contract: str, token_id: int) -> Position:
    return Position(
        id=id_,
        account=id_.partition("/")[0],
        chain=chain,
        protocol=UNISWAP,
        handler="uniswap-v3-nft",
        contract=contract,
        contract_name="Uniswap V3 Positions NFT-V1",
        contract_symbol="UNI-V3-POS",
        pool=invented_address(f"uniswap-v3/{chain}/WETH-USDC"),
        token_id=token_id,
    )


def _stake(id_: str, chain: str, protocol: Protocol, token_id: int = 0, *, is_locked: bool = False) -> Position:
    contract = invented_address(f"{protocol.id}/{chain}")
    return Position(
        id=id_,
        account=id_.partition("/")[0],
        chain=chain,
        protocol=protocol,
        handler=f"{protocol.id}-stake",
        contract=contract,
        contract_name=f"{protocol.name} Stake",
        contract_symbol="STAKE",
        pool=contract,
        token_id=token_id,
        is_locked=is_locked,
    )


POSITIONS: tuple[Position, ...] = (
    _supply("treasury/aave-ethereum", "aEthUSDC"),
    _supply("treasury/aave-base", "aBasUSDC@8453"),
    _debt("treasury/aave-base/debt", "WETH@8453"),
    _stake("treasury/aerodrome-lock", "eip155:8453", AERODROME, 71_234, is_locked=True),
    # an NFT's number may be anything up to 2**256: these two do not fit into 63 and 64 bits
    _pool("treasury/uniswap-arbitrum", "eip155:42161", _UNISWAP_NFT, 2**63 + 4_242),
    _supply("trading/aave-arbitrum", "aArbUSDC@42161"),
    _debt("trading/aave-arbitrum/debt", "USDT@42161"),
    _pool("trading/uniswap-base", "eip155:8453", _UNISWAP_NFT_BASE, 2**64 + 7),
    _stake("trading/op-staking", "eip155:10", OP_STAKING),
    _supply("tiny/aave-base", "aBasEXACT@8453"),
    _debt("tiny/aave-base/debt", "EXACT@8453"),
)
POSITION_BY_ID: dict[str, Position] = {position.id: position for position in POSITIONS}
