"""Faults of the provider's view: a healthy answer from which chains are gone, or in which debts are assets.

What is seen with them is `seen`; times that are told wrong belong to `times`.
"""

from dagster_project.simulator.book.chains import CHAINS
from dagster_project.simulator.dialect import Call
from dagster_project.simulator.faults.orders import Order
from dagster_project.simulator.ordered import Ordered

HALF_DOWN = "half_of_chains_down"
HALF = frozenset(chain.id for chain in CHAINS[::2])
"""Every second chain, the first among them."""

VIEWS = frozenset({"missing_chain", HALF_DOWN, "flipped_debt"})


def view_of(order: Order | None) -> Ordered | None:
    """What the provider sees otherwise under this order; None for any other fault."""
    match order.fault if order else None:
        case "missing_chain":
            return Ordered("missing_chain", frozenset({order.chain}) if order and order.chain else None)
        case "half_of_chains_down":
            return Ordered("missing_chain", HALF)
        case "flipped_debt":
            return Ordered("flipped_debt")
    return None


def is_down(order: Order | None, call: Call) -> bool:
    """Whether the request is for one chain alone, and that one is down by this order."""
    chain = call.request.path_params.get("chain_id")
    return order is not None and order.fault == HALF_DOWN and f"eip155:{chain}" in HALF
