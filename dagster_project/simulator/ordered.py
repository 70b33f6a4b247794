"""What a test orders a provider to see otherwise while one request is answered: chains gone, debts turned over.

It stands beside what is planted and lasts no longer than the request; which fault orders what is `faults/views`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from dagster_project.simulator.planted import DifferenceKind


@dataclass(frozen=True, slots=True)
class Ordered:
    """A kind of difference, on these chains (CAIP-2; None: on all)."""

    kind: DifferenceKind
    chains: frozenset[str] | None = None


_standing: ContextVar[Ordered | None] = ContextVar("ordered", default=None)


@contextmanager
def ordering(ordered: Ordered | None) -> Iterator[None]:
    """Let it hold for what is answered meanwhile."""
    token = _standing.set(ordered)
    try:
        yield
    finally:
        _standing.reset(token)


def is_ordered(kind: DifferenceKind, chain: str) -> bool:
    """Whether this kind is ordered on the chain for the request that is being answered."""
    ordered = _standing.get()
    return ordered is not None and ordered.kind == kind and (ordered.chains is None or chain in ordered.chains)
