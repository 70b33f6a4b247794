"""What became of one instant: its plan, the rows to store, and how each planned pull ended.

How instants are taken is history.py; one provider's part of an instant is take.py.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from dagster_project.model import TRUSTED, Frame, Outcome, Plan, ProviderPlan, format_as_of
from dagster_project.slices import Slice
from dagster_project.warehouse.save import Doubted


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one instant: rows to store, pulls asked now, and how each planned pull stands, by provider.

    `outcomes` are those of pulls that cover cells; `beside` those of pulls for what providers state beside them, rates
    among it, which make no instant partial: a vendor that shuts its report down takes nothing from the history.
    """

    plan: Plan
    slices: tuple[Slice, ...]
    asked: int
    outcomes: Mapping[str, Counter[Outcome]]
    beside: Mapping[str, Counter[Outcome]]

    @property
    def is_complete(self) -> bool:
        """Tell whether every planned pull that covers cells has a trusted answer."""
        return all(outcome in TRUSTED for counts in self.outcomes.values() for outcome in counts)

    def counts_of(self, provider: str) -> Counter[Outcome]:
        """Give how the pulls ended by which a provider is judged: those that cover cells, else those beside them."""
        return self.outcomes[provider] or self.beside[provider]

    def is_answered_by(self, provider: str) -> bool:
        """Tell whether every planned pull by which a provider is judged has a trusted answer."""
        return all(outcome in TRUSTED for outcome in self.counts_of(provider))

    @property
    def has_answer(self) -> bool:
        """Tell whether at least one planned pull has a trusted answer."""
        return any(outcome in TRUSTED for counts in self.outcomes.values() for outcome in counts)

    def without(self, doubted: Collection[Doubted]) -> "Taken":
        """Give it with the pulls whose answers are in doubt counted as failed: what nobody believes is not complete."""
        outcomes = {provider: Counter(counts) for provider, counts in self.outcomes.items()}
        planned = {(pull.provider, pull.pull_key) for pull in self.plan.pulls}
        for one in (one for one in doubted if not one.is_believed and (one.provider, one.pull_key) in planned):
            outcomes[one.provider].subtract([one.outcome])
            outcomes[one.provider].update([Outcome.FAILED])
        return replace(self, outcomes={provider: +counts for provider, counts in outcomes.items()})

    def words(self) -> str:
        """Say in a line how the instant ended, by provider."""
        parts = []
        for provider, counts in self.outcomes.items():
            beside = self.beside[provider]
            own = [f"{_good(counts)}/{counts.total()}"] if counts or not beside else []
            further = [f"+{_good(beside)}/{beside.total()}"] if beside else []
            parts.append(" ".join([provider, *own, *further]))
        return f"{format_as_of(self.plan.as_of)}  {', '.join(parts)}  {self._state()}"

    def _state(self) -> str:
        """Say whether it is complete, and if not, whether anything was answered and why the rest was not."""
        if self.is_complete:
            return "complete"
        causes = ", ".join(f"{provider} {reason} x{count}" for (provider, reason), count in self._reasons().items())
        state = "PARTIAL" if self.has_answer else "FAILED, nothing was answered"
        return f"{state}: {causes}" if causes else state

    def _reasons(self) -> Counter[tuple[str, str]]:
        """Count why the pulls that were asked now and cover cells have no answer, by provider."""
        covering = {(pull.provider, pull.pull_key) for pull in self.plan.pulls if pull.cells}
        reasons = Counter[tuple[str, str]]()
        for rows in self.slices:
            provider = rows.attempt.plan.provider
            keys, why = rows.pull["pull_key"].to_pylist(), rows.pull["reason"].to_pylist()
            in_part = zip(rows.cell["pull_key"].to_pylist(), rows.cell["reason"].to_pylist(), strict=True)
            asked = {key: reason for key, reason in in_part if reason}
            asked |= {key: reason for key, reason in zip(keys, why, strict=True) if reason}
            covered = (reason for key, reason in asked.items() if (provider, key) in covering)
            reasons.update((provider, reason) for reason in covered)
        return reasons


def _good(counts: Counter[Outcome]) -> int:
    return sum(counts[outcome] for outcome in TRUSTED)


@dataclass(frozen=True, slots=True)
class TakenPart:
    """What became of one provider's part: the plan that was kept, rows to store, and how each planned pull stands.

    `is_asked` tells whether the run asks this provider at all.
    """

    plan: ProviderPlan
    slices: tuple[Slice, ...]
    ended: Mapping[str, Outcome]
    is_asked: bool = True


def taken_of(frame: Frame, parts: Sequence[TakenPart]) -> Taken:
    """Join what became of the parts of an instant."""
    slices = tuple(one for part in parts for one in part.slices)
    outcomes = {part.plan.provider: count_outcomes(part, with_cells=True) for part in parts}
    beside = {part.plan.provider: count_outcomes(part, with_cells=False) for part in parts}
    plan = Plan(frame, tuple(part.plan for part in parts))
    asked = sum(one.pull.num_rows for part in parts if part.is_asked for one in part.slices)
    return Taken(plan, slices, asked, outcomes, beside)


def trusted(ended: Mapping[str, Outcome]) -> set[str]:
    """Give the pulls that have a trusted answer."""
    return {pull_key for pull_key, outcome in ended.items() if outcome in TRUSTED}


def count_outcomes(part: TakenPart, *, with_cells: bool) -> Counter[Outcome]:
    """Count how the pulls of a part ended: those that cover cells, or those that cover none; unknown is failed."""
    pulls = (pull for pull in part.plan.pulls if bool(pull.cells) is with_cells)
    return Counter(part.ended.get(pull.pull_key, Outcome.FAILED) for pull in pulls)


def outcomes_of(rows: Slice) -> dict[str, Outcome]:
    """Tell how the pulls of a slice ended; one of whose cells has no trusted answer ended as that cell did."""
    ended = zip(rows.pull_keys, rows.pull["outcome"].to_pylist(), strict=True)
    found = {pull_key: Outcome(outcome) for pull_key, outcome in ended}
    cells = zip(rows.cell["pull_key"].to_pylist(), rows.cell["outcome"].to_pylist(), strict=True)
    return found | {pull_key: Outcome(outcome) for pull_key, outcome in cells if outcome not in TRUSTED}
