"""How a pull ended, and why: from an answer to an outcome, by the same rules live and when history is rebuilt.

Pure: no network, no clock, no store. What the bytes mean is asked of the normaliser.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Fault, Normalise, Reading
from dagster_project.http_date import parse_http_date
from dagster_project.model import (
    CLOCK_TOLERANCE,
    POINT_IN_TIME_WINDOW,
    Answer,
    Capability,
    Cell,
    Outcome,
    ProviderPlan,
    Pull,
    Reason,
)

MOST_NAMED = 3
"""Parts of an answer that are named of those that could not be read."""

LONGEST_DETAIL = 700
"""Letters of a detail, which may quote what a provider wrote."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A pull with its last answer and how it ended; `reading` is there when the body could be read.

    A pull that could be read in part is answered, and its `detail` names the parts that could not.
    """

    pull: Pull
    answer: Answer
    tries: int
    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = None
    reading: Reading | None = None

    def effective_at(self, cell: Cell | None = None) -> datetime | None:
        """Give the instant that the answer is true for, as a whole or of a cell; None where nothing was read."""
        if self.reading is None:
            return None
        is_now = bool(self.reading.now) if cell is None else cell in self.reading.now
        return self.answer.observed_at if is_now else self.reading.effective_at or self.answer.observed_at


def judge(plan: ProviderPlan, pull: Pull, answer: Answer, tries: int, normalise: Normalise) -> Judged:
    """Judge the last answer of a pull.

    A point-in-time answer must be true for at most an hour before `as_of` and never after it, unless it proves that
    nothing changed in between. What is published now and then must never be true for after it. A now-only answer must
    be true for at most the grace after it, and its `Date` must be of the time at which it came: a cache keeps the date
    of what it gives again, and a clock that is off files an answer of now under a wrong instant. An answer that says
    itself that it is of now is held to the same. An answer that was read but is of another time keeps its reading out,
    and so does one of which no cell could be read.
    """
    if answer.reason is not None:
        asked_nothing = answer.reason is Reason.NOW_ONLY
        outcome = Outcome.NOT_AVAILABLE if asked_nothing else Outcome.FAILED
        return Judged(pull, answer, tries, outcome, answer.reason, answer.detail)
    try:
        reading = normalise(pull, answer.body)
    except UnreadableError as error:
        return Judged(pull, answer, tries, Outcome.FAILED, Reason(error.reason), str(error))
    reading = _without_stale(plan, answer, reading)
    lost = {cell for fault in reading.faults for cell in fault.cells}
    if lost and lost.issuperset(pull.cells):
        return Judged(pull, answer, tries, Outcome.FAILED, reading.faults[0].reason, _in_words(reading.faults))
    is_all_now = bool(reading.now) and reading.now.union(lost).issuperset(pull.cells)
    if not is_all_now and (detail := _of_another_time(plan, pull, answer, reading)):
        return Judged(pull, answer, tries, Outcome.FAILED, Reason.NOT_POINT_IN_TIME, detail)
    outcome = Outcome.EMPTY if reading.is_empty else Outcome.ANSWERED
    return Judged(pull, answer, tries, outcome, None, _in_words(reading.faults), reading)


def _without_stale(plan: ProviderPlan, answer: Answer, reading: Reading) -> Reading:
    """Take out the cells of which the answer speaks as of now, where now is another time than the instant."""
    detail = _not_of_now(plan, answer, answer.observed_at) if reading.now else None
    if detail is None:
        return reading
    fault = Fault("$", f"rows without a time speak of now, and {detail}", tuple(reading.now), Reason.NOT_POINT_IN_TIME)
    return replace(reading.without(reading.now), faults=(*reading.faults, fault))


def _in_words(faults: Sequence[Fault]) -> str | None:
    """Name the first parts that could not be read, and count the others; None where there are none."""
    if not faults:
        return None
    named = "; ".join(f"{fault.where}: {fault.why}" for fault in faults[:MOST_NAMED])
    shown = "".join(letter if letter.isprintable() else "?" for letter in named[:LONGEST_DETAIL])
    further = len(faults) - MOST_NAMED
    return f"{shown}; and {further} more" if further > 0 else shown


def _of_another_time(plan: ProviderPlan, pull: Pull, answer: Answer, reading: Reading) -> str | None:
    """Say in words why the answer is not of the instant that was asked for; None where it is."""
    effective_at, as_of = reading.effective_at or answer.observed_at, plan.as_of
    if pull.capability is Capability.NOW:
        return _not_of_now(plan, answer, reading.effective_at)
    has_limit = pull.capability is not Capability.PUBLISHED and not reading.is_proven
    is_old = has_limit and effective_at < as_of - POINT_IN_TIME_WINDOW
    is_good = reading.effective_at is not None and effective_at <= as_of and not is_old
    return None if is_good else _shown_times(reading.effective_at, as_of)


def _not_of_now(plan: ProviderPlan, answer: Answer, effective_at: datetime | None) -> str | None:
    """Say in words why an answer of now does not stand for the instant; None where it does."""
    said = parse_http_date(answer.headers.get("date"))
    if said is not None and abs(said - answer.observed_at) > CLOCK_TOLERANCE:
        ours = _shown(answer.observed_at)
        return f"it is dated {_shown(said)} but came at {ours}: a stale cache, or one of both clocks is wrong"
    is_good = plan.as_of <= (effective_at or answer.observed_at) <= plan.as_of + plan.frame.grace
    return None if is_good else _shown_times(effective_at, plan.as_of)


def _shown_times(effective_at: datetime | None, as_of: datetime) -> str:
    return f"the answer is of {_shown(effective_at)}, but {_shown(as_of)} was asked for"


def _shown(instant: datetime | None) -> str:
    return "an unstated time" if instant is None else f"{instant:%Y-%m-%dT%H:%M:%SZ}"
