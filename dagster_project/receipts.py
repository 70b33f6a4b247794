"""Receipts that every portfolio knows: tokens that stand for what was lent or borrowed in a lending market.

Addresses alone, from the publishers' own files; sources/receipt_tokens.json names these, and the day they were read.
What a receipt does to a value is sql/views/ruling.sql.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dagster_project.chains import CHAINS, evm_asset

_SHIPPED = Path(__file__).parent / "sources" / "receipt_tokens.json"
_NATIVE = "native"
"""Stands for the chain's own coin, which has no contract."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A token that stands for an asset in a market: all three as CAIP-19 types, the protocol in one lower-case word.

    The token of a debt is owed, not owned. A wrapped receipt is its own market and names no protocol: no position of
    its holder in the market stands for it.
    """

    asset_id: str
    receipt_of: str
    market_id: str
    protocol: str | None
    is_debt: bool


@cache
def shipped_receipts() -> tuple[Receipt, ...]:
    """Give the receipts of the list that ships, ordered by asset id; each token stands there once."""
    markets = json.loads(_SHIPPED.read_text(encoding="utf-8"))["markets"]
    found = (
        Receipt(
            asset_id=evm_asset(market["chain_id"], token),
            receipt_of=CHAINS[market["chain_id"]].native_asset_id
            if of == _NATIVE
            else evm_asset(market["chain_id"], of),
            market_id=evm_asset(market["chain_id"], token if kind == "wrapped" else market["contract"]),
            protocol=None if kind == "wrapped" else market["protocol"],
            is_debt=kind == "debts",
        )
        for market in markets
        for kind in ("receipts", "debts", "wrapped")
        for token, of in market[kind].items()
    )
    return tuple(sorted(found, key=lambda one: one.asset_id))
