"""Complete the slices of an instant by what others say there.

The same for answers that come in and for those that are read again from raw; the rules are normalise/.
"""

from collections.abc import Sequence

from dagster_project.normalise.lend import lend
from dagster_project.slices import Slice
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.references import References


def complete(slices: Sequence[Slice], known: References) -> list[Slice]:
    """Give the slices, with borrowed prices and decimals.

    Whose holdings another provider prices is said by the plan, which stands in the raw stream.
    """
    plans = [one.attempt.plan for one in slices]
    borrowers = {plan.provider for plan in plans if PROVIDERS[plan.provider].source.is_unpriced(plan)}
    return lend(slices, borrowers, known)
