"""Random histories whose instants are asked again and again: some pulls fail at first, some say another thing later.

What is expected of them stands in the tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from dagster_project.model import Plan
from dagster_project.slices import Slice
from tests.metrics.histories import AMOUNTS, KEYS, PULLS, START, Random, histories, taken

AFTERWARDS = START + timedelta(days=30)
"""When the first attempt is made: behind every instant, so that only the order of attempts decides what is known."""


@dataclass(frozen=True)
class Retake:
    """One attempt at an instant: which pulls fail in it, and what is held otherwise than the history tells."""

    number: int
    failed: frozenset[tuple[str, str, str]]
    amounts: tuple[tuple[tuple[str, str, str, str, str], float | None], ...]


@dataclass(frozen=True)
class Retaken:
    """A history, and the attempts by which it became known, in their order."""

    history: Random
    retakes: Sequence[Retake]

    def taken_at(self, turn: int) -> datetime:
        """When an attempt is made."""
        return AFTERWARDS + timedelta(hours=turn)

    def saved(self, turn: int) -> tuple[Plan, list[Slice]]:
        """Give what an attempt brings."""
        retake = self.retakes[turn]
        told = self.history.told[retake.number]
        amounts = {**told.amounts, **dict(retake.amounts)}
        known = {key: amount for key, amount in amounts.items() if amount is not None}
        return taken(self.history, replace(told, amounts=known), retake.failed, self.taken_at(turn))


@st.composite
def retaken_histories(draw: st.DrawFn) -> Retaken:
    """Draw a history, and attempts at its instants in any order, most of them more than once."""
    history = draw(histories(most=4))
    numbers = st.integers(0, len(history.told) - 1)
    retakes = [
        Retake(
            draw(numbers),
            draw(st.one_of(st.just(frozenset[tuple[str, str, str]]()), st.frozensets(st.sampled_from(PULLS)))),
            tuple(draw(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(AMOUNTS)), max_size=3))),
        )
        for _ in range(draw(st.integers(3, 7)))
    ]
    return Retaken(history, retakes)
