"""Which cells a plan asks nobody for, kept in few words: what looks like everything is then known not to be.

Pure data; plan.py makes it, the store keeps it with the instant.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Layers of a chain that no provider of a plan is asked for, and the providers that would cover them.

    Without account ids, those of every watched account on the chain.
    """

    chain_id: str
    layers: tuple[str, ...]
    could_ask: tuple[str, ...]
    account_ids: tuple[str, ...] = ()
