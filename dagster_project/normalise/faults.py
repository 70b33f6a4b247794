"""What parts of an answer that cannot be read cost: the cells that they belong to, or the whole of it.

How a part is found to be unreadable is the matter of each provider's module.
"""

from collections.abc import Sequence
from typing import Any

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Fault, Reading
from dagster_project.model import Pull
from dagster_project.normalise.reading import Decoded

MOST_NAMED = 3
"""Parts of an answer that are named of those that could not be read."""

LONGEST_DETAIL = 700
"""Letters of a detail, which may quote what a provider wrote."""


def without_lost(pull: Pull, reading: Reading) -> Reading:
    """Give a reading without the cells that its faults cost.

    Raises:
        UnreadableError: no cell of the pull is left, with the first fault.
    """
    lost = {cell for fault in reading.faults for cell in fault.cells}
    if lost and lost.issuperset(pull.cells):
        first = next(fault for fault in reading.faults if fault.cells)
        raise UnreadableError(first.where, first.why, first.reason)
    return reading.without(lost)


def faults_in(decoded: Decoded[Any], items: Sequence[object], where: str = "$") -> tuple[Fault, ...]:
    """Give a fault for each item of a list that cannot be read and costs itself alone; `where` is the list's path.

    Raises:
        UnreadableError: none of them can be read, with the first one.
    """
    bad = [decoded.why(f"{where}[{index}]") for index, item in enumerate(items) if item is None]
    if bad and len(bad) == len(items):
        raise UnreadableError(bad[0].where, bad[0].why)
    return tuple(Fault(one.where, one.why) for one in bad)


def in_words(faults: Sequence[Fault]) -> str | None:
    """Name the first parts that could not be read, and count the others; None where there are none."""
    if not faults:
        return None
    named = "; ".join(f"{fault.where}: {fault.why}" for fault in faults[:MOST_NAMED])
    shown = "".join(letter if letter.isprintable() else "?" for letter in named[:LONGEST_DETAIL])
    further = len(faults) - MOST_NAMED
    return f"{shown}; and {further} more" if further > 0 else shown
