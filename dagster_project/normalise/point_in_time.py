"""Whether an answer is of the instant that was asked for, by the rule of its endpoint; in words where it is not.

Pure: no clock but that of the answer.
"""

from datetime import datetime

from dagster_project.holdings import Reading
from dagster_project.http_date import parse_http_date
from dagster_project.model import CLOCK_TOLERANCE, POINT_IN_TIME_WINDOW, Answer, Capability, ProviderPlan, Pull


def of_another_time(plan: ProviderPlan, pull: Pull, answer: Answer, reading: Reading) -> str | None:
    """Say in words why the answer is not of the instant that was asked for; None where it is."""
    effective_at, as_of = reading.effective_at or answer.observed_at, plan.as_of
    if pull.capability is Capability.NOW:
        return not_of_now(plan, answer, reading.effective_at)
    has_limit = pull.capability is not Capability.PUBLISHED and not reading.is_proven
    is_old = has_limit and effective_at < as_of - POINT_IN_TIME_WINDOW
    is_good = reading.effective_at is not None and effective_at <= as_of and not is_old
    return None if is_good else _shown_times(reading.effective_at, as_of)


def not_of_now(plan: ProviderPlan, answer: Answer, effective_at: datetime | None) -> str | None:
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
