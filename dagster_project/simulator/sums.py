"""Adding doubles the plain way, so that every Python gives the same last digit.

Exact sums of base units are whole numbers and need none of this.
"""

from collections.abc import Iterable


def plain_sum(values: Iterable[float]) -> float:
    """The doubles added up in their order, each sum rounded; 0.0 for none."""
    total = 0.0
    for value in values:
        total += value  # not sum(): since Python 3.12 it corrects rounding, and the providers' addition does not
    return total
