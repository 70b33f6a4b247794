"""Approvals: how much of a token somebody else may take from a wallet, from which instant on.

They change nothing that is held and are no entries of the ledger.
"""

from typing import NamedTuple

from dagster_project.simulator.book.assets import ASSET_BY_KEY, Asset
from dagster_project.simulator.book.window import utc

UNLIMITED = 2**256 - 1
"""What wallets write when they approve everything; a chain's own coin, which needs no approval, is told as this."""

ROUTER_V5 = "0x1111111254eeb25477b68fb85ed929f73a960582"
ROUTER_V6 = "0x111111125421ca6dc452d289314280a0f8842a65"


class Approval(NamedTuple):
    """From the instant on (unix seconds) the spender may take so many base units; 0 revokes."""

    at: int
    account: str
    key: str
    spender: str
    raw: int


APPROVALS: tuple[Approval, ...] = (
    Approval(utc(2025, 7, 2), "treasury", "USDC", ROUTER_V5, 1_000_000 * 10**6),
    Approval(utc(2025, 7, 3), "trading", "USDC", ROUTER_V6, UNLIMITED),
    Approval(utc(2025, 9, 9), "trading", "WETH", ROUTER_V6, 250 * 10**18),
    Approval(utc(2025, 11, 3), "operations", "DAI", ROUTER_V6, 1),
    Approval(utc(2026, 1, 5), "treasury", "USDC", ROUTER_V5, 0),
    Approval(utc(2026, 1, 20), "trading", "USDC@8453", ROUTER_V6, 40_000 * 10**6),
    Approval(utc(2026, 4, 6), "treasury", "WETH@8453", ROUTER_V6, 30 * 10**18 + 1),
)


def allowance(account: str | None, asset: Asset | None, spender: str, at: int) -> int:
    """Base units that the spender (lower case) may take at the instant; None is one that the book does not know."""
    if asset is not None and asset.is_native:
        return UNLIMITED
    allowed = 0
    for approval in APPROVALS:
        if (approval.account, ASSET_BY_KEY[approval.key], approval.spender) == (account, asset, spender):
            allowed = approval.raw if approval.at <= at else allowed
    return allowed
