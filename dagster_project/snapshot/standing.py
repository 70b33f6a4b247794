"""How the pulls of a plan stand in the store, and which of them are to be asked.

Pure; what the store knows is handed in, and nothing is asked here.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from dagster_project.model import TRUSTED, Outcome, ProviderPlan, Pull
from dagster_project.snapshot.plan import is_available
from dagster_project.warehouse.known import Known


def standing(part: ProviderPlan, known: Known) -> dict[str, Outcome]:
    """Tell how the plan's pulls stand in the store; a pull counts only if every cell of it is there."""
    found = {}
    for pull in part.pulls:
        key = (part.as_of, part.provider, pull.pull_key)
        stored = {known.cells.get((key, cell)) for cell in pull.cells} or {known.pulls.get(key)}
        if None not in stored:
            found[pull.pull_key] = next((one for one in stored if one not in TRUSTED), Outcome.ANSWERED)
    return {key: outcome for key, outcome in found.items() if outcome is not None}


def missing(part: ProviderPlan, stands: Mapping[str, Outcome], now: datetime, *, again: bool = False) -> Iterator[Pull]:
    """Give the pulls to take; what nobody can say any more is noted once, and never in place of why it is missing."""
    for pull in part.pulls:
        outcome = stands.get(pull.pull_key)
        if not is_available(pull, part.as_of, now, part.frame.grace):
            if outcome is None:
                yield pull
        elif again or outcome not in TRUSTED:
            yield pull


def unknown(part: ProviderPlan, stands: Mapping[str, Outcome]) -> list[Pull]:
    """List the pulls of which nothing is known yet: a run that does not ask them records just that."""
    return [pull for pull in part.pulls if pull.pull_key not in stands]
