"""How a pull ended, and why: from an answer to an outcome, by the same rules live and when history is rebuilt.

Pure: no network, no clock, no store. What the bytes mean is asked of the normaliser.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Fault, Normalise, Reading
from dagster_project.model import Answer, Cell, Outcome, ProviderPlan, Pull, Reason
from dagster_project.normalise.faults import in_words
from dagster_project.normalise.point_in_time import not_of_now, of_another_time


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
        return Judged(pull, answer, tries, Outcome.FAILED, reading.faults[0].reason, in_words(reading.faults))
    is_all_now = bool(reading.now) and reading.now.union(lost).issuperset(pull.cells)
    if not is_all_now and (detail := of_another_time(plan, pull, answer, reading)):
        return Judged(pull, answer, tries, Outcome.FAILED, Reason.NOT_POINT_IN_TIME, detail)
    outcome = Outcome.EMPTY if reading.is_empty else Outcome.ANSWERED
    return Judged(pull, answer, tries, outcome, None, in_words(reading.faults), reading)


def _without_stale(plan: ProviderPlan, answer: Answer, reading: Reading) -> Reading:
    """Take out the cells of which the answer speaks as of now, where now is another time than the instant."""
    detail = not_of_now(plan, answer, answer.observed_at) if reading.now else None
    if detail is None:
        return reading
    fault = Fault("$", f"rows without a time speak of now, and {detail}", tuple(reading.now), Reason.NOT_POINT_IN_TIME)
    return replace(reading.without(reading.now), faults=(*reading.faults, fault))
