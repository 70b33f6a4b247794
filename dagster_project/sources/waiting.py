"""How long a provider asks to wait: Retry-After, or x-ratelimit-reset where nothing remains.

Whether the wait is worth it is decided by the door.
"""

from datetime import UTC, datetime, timedelta

from dagster_project.http_date import parse_http_date
from dagster_project.model import Answer


def asked_wait(answer: Answer, *, only_when_spent: bool = False) -> timedelta | None:
    """Give the wait that an answer asks for, None where it asks for none.

    With `only_when_spent` a good answer counts too, if it says that nothing remains of the limit.
    Times are held against the provider's own Date, so that a clock that is off does not matter.
    """
    is_spent = answer.headers.get("x-ratelimit-remaining") == "0"
    if answer.status not in (429, 503) and not (only_when_spent and is_spent):
        return None
    said = parse_http_date(answer.headers.get("date")) or answer.observed_at
    retry_after = answer.headers.get("retry-after", "").strip()
    if retry_after.isdecimal() and len(retry_after) <= 6:
        return timedelta(seconds=int(retry_after))
    until = parse_http_date(retry_after) or _unix(answer.headers.get("x-ratelimit-reset", "").strip())
    return max(until - said, timedelta()) if until else None


def _unix(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and len(text) <= 10 else None
