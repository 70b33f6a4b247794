"""How a pull ended, and why: from an answer to an outcome, by the same rules live and when history is rebuilt.

Pure: no network, no clock, no store. What the bytes mean is asked of the normaliser.
"""

from dataclasses import dataclass
from datetime import datetime

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Normalise, Reading
from dagster_project.http_date import parse_http_date
from dagster_project.model import (
    CLOCK_TOLERANCE,
    POINT_IN_TIME_WINDOW,
    Answer,
    Capability,
    Outcome,
    ProviderPlan,
    Pull,
    Reason,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A pull with its last answer and how it ended; `reading` is there when the body could be read."""

    pull: Pull
    answer: Answer
    tries: int
    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = None
    reading: Reading | None = None


def judge(plan: ProviderPlan, pull: Pull, answer: Answer, tries: int, normalise: Normalise) -> Judged:
    """Judge the last answer of a pull.

    A point-in-time answer must be true for at most an hour before `as_of` and never after it, unless it proves that
    nothing changed in between. What is published now and then must never be true for after it. A now-only answer must
    be true for at most the grace after it, and its `Date` must be of the time at which it came: a cache keeps the date
    of what it gives again, and a clock that is off files an answer of now under a wrong instant. An answer that was
    read but is of another time keeps its reading out.
    """
    if answer.reason is not None:
        asked_nothing = answer.reason is Reason.NOW_ONLY
        outcome = Outcome.NOT_AVAILABLE if asked_nothing else Outcome.FAILED
        return Judged(pull, answer, tries, outcome, answer.reason, answer.detail)
    try:
        reading = normalise(pull, answer.body)
    except UnreadableError as error:
        return Judged(pull, answer, tries, Outcome.FAILED, Reason(error.reason), str(error))
    if detail := _of_another_time(plan, pull, answer, reading):
        return Judged(pull, answer, tries, Outcome.FAILED, Reason.NOT_POINT_IN_TIME, detail)
    outcome = Outcome.EMPTY if reading.is_empty else Outcome.ANSWERED
    return Judged(pull, answer, tries, outcome, reading=reading)


def _of_another_time(plan: ProviderPlan, pull: Pull, answer: Answer, reading: Reading) -> str | None:
    """Say in words why the answer is not of the instant that was asked for; None where it is."""
    effective_at, as_of = reading.effective_at or answer.observed_at, plan.as_of
    if pull.capability is Capability.NOW:
        said = parse_http_date(answer.headers.get("date"))
        if said is not None and abs(said - answer.observed_at) > CLOCK_TOLERANCE:
            ours = _shown(answer.observed_at)
            return f"it is dated {_shown(said)} but came at {ours}: a stale cache, or one of both clocks is wrong"
        is_good = as_of <= effective_at <= as_of + plan.frame.grace
    else:
        has_limit = pull.capability is not Capability.PUBLISHED and not reading.is_proven
        is_old = has_limit and effective_at < as_of - POINT_IN_TIME_WINDOW
        is_good = reading.effective_at is not None and effective_at <= as_of and not is_old
    if is_good:
        return None
    return f"the answer is of {_shown(reading.effective_at)}, but {_shown(as_of)} was asked for"


def _shown(instant: datetime | None) -> str:
    return "an unstated time" if instant is None else f"{instant:%Y-%m-%dT%H:%M:%SZ}"
