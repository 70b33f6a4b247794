"""Why pulls of a run have no answer, by provider, host and reason, with the remedy of each: for people, never a key.

What a reason means is remedies.py; the same of one instant, for SQL, is the answer failures().
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from dagster_project.model import TRUSTED, Outcome, Pull, Reason
from dagster_project.remedies import ABOUT_THE_KEY, HOW, IN_PART, REMEDIES
from dagster_project.settings.load import Settings
from dagster_project.slices import Slice
from dagster_project.snapshot.taken import Taken
from dagster_project.sources.registry import PROVIDERS

MOST_HOSTS = 4
"""Hosts that are named of those that one line is about; the others are counted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Pulls of one provider without a whole answer for one reason: how many of how many, and one of them in words."""

    provider: str
    subject: str
    hosts: tuple[str, ...]
    reason: Reason
    outcome: Outcome
    pulls: int
    of: int
    detail: str
    remedy: str

    @property
    def name(self) -> str:
        """The provider, what it was asked about where that decides whom it asks, and the hosts."""
        named = ", ".join(self.hosts[:MOST_HOSTS])
        more = f" and {len(self.hosts) - MOST_HOSTS} more" if len(self.hosts) > MOST_HOSTS else ""
        return f"{self.provider}{f' {self.subject}' if self.subject else ''} ({named}{more})"

    def lines(self) -> Iterator[str]:
        """Say it in a line, and one of the pulls in another."""
        how = HOW[self.outcome]
        yield f"{self.name}: {self.pulls} of {self.of} pulls {how}: {self.reason}; {self.remedy}"
        if self.detail:
            yield f"  for example: {self.detail.removeprefix('$: ')}"


def failures_of(settings: Settings, taken: Iterable[Taken]) -> list[Failure]:
    """Group what a run asked and was not answered, the most frequent first."""
    totals: dict[tuple[str, str], int] = {}
    found: dict[tuple[object, ...], Failure] = {}
    for one in taken:
        for pull, outcome, reason, detail in _ended(one):
            subject = _subject(pull)
            totals[pull.provider, subject] = totals.get((pull.provider, subject), 0) + 1
            if reason is None or (outcome == Outcome.NOT_AVAILABLE and not pull.cells):
                continue
            hosts = _hosts(settings, pull, detail)
            key = (pull.provider, subject, hosts, reason, outcome)
            before = found.get(key)
            if before is None:
                is_read = outcome in TRUSTED
                remedy = IN_PART if is_read else remedy_of(settings, pull.provider, Reason(reason))
                named = (pull.provider, subject, hosts, Reason(reason), Outcome(outcome), 1, 0, detail, remedy)
                found[key] = Failure(*named)
            else:
                found[key] = replace(before, pulls=before.pulls + 1)
    counted = (replace(one, of=totals[one.provider, one.subject]) for one in found.values())
    return sorted(counted, key=lambda one: (-one.pulls, one.name))


def lines_once(settings: Settings, taken: Taken, named: set[tuple[str, str]]) -> Iterator[str]:
    """Say why pulls of an instant have no answer, each cause of a run once: `named` grows by what is said."""
    for failure in failures_of(settings, [taken]):
        if (failure.name, failure.reason) not in named:
            named.add((failure.name, failure.reason))
            yield from failure.lines()


def remedy_of(settings: Settings, provider: str, reason: Reason) -> str:
    """Say what to do about a reason, with the variable of the provider's key where that is the matter."""
    variable = settings.providers[provider].api_key_env or PROVIDERS[provider].source.api_key_env
    return f"{REMEDIES[reason]}{f' ({variable})' if variable and reason in ABOUT_THE_KEY else ''}"


def _ended(taken: Taken) -> Iterator[tuple[Pull, str, str | None, str]]:
    """Give each pull that was asked now with how it ended last."""
    planned = {(pull.provider, pull.pull_key): pull for pull in taken.plan.pulls}
    last: dict[tuple[str, str], tuple[Pull, str, str | None, str]] = {}
    for rows in taken.slices:
        provider = rows.attempt.plan.provider
        ended = (rows.pull[name].to_pylist() for name in ("pull_key", "outcome", "reason", "detail"))
        without = _reasons_of_cells(rows)
        for pull_key, outcome, reason, detail in zip(*ended, strict=True):
            if (pull := planned.get((provider, pull_key))) is not None:
                in_part = without.get(pull_key, Reason.UNREADABLE) if detail else None
                last[provider, pull_key] = (pull, outcome, reason or in_part, detail or "")
    yield from last.values()


def _reasons_of_cells(rows: Slice) -> dict[str, str]:
    """Give by pull why cells of it have no record."""
    cells = zip(*(rows.cell[name].to_pylist() for name in ("pull_key", "outcome", "reason")), strict=True)
    return {pull_key: reason for pull_key, outcome, reason in cells if outcome not in TRUSTED}


def _subject(pull: Pull) -> str:
    """Name the chains of a pull whose hosts depend on them; most providers are asked at one address for all."""
    is_spread = PROVIDERS[pull.provider].source.converse is not None
    return ", ".join(sorted({cell.chain_id for cell in pull.cells})) if is_spread else ""


def _hosts(settings: Settings, pull: Pull, detail: str) -> tuple[str, ...]:
    source, section = PROVIDERS[pull.provider].source, settings.providers[pull.provider]
    own = section.base_url or ("" if settings.is_simulated else source.base_url)
    addresses = (address or own for address in source.asked_at(pull, detail))
    return tuple(dict.fromkeys(urlsplit(address).netloc or "the simulator" for address in addresses))
