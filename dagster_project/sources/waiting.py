"""How long a provider asks to wait: Retry-After, or x-ratelimit-reset where nothing remains.

Whether the wait is worth it is decided by the door.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from dagster_project.model import Answer


def asked_wait(answer: Answer, *, only_when_spent: bool = False) -> timedelta | None:
    """Give the wait that an answer asks for, None where it asks for none.

    With `only_when_spent` a good answer counts too, if it says that nothing remains of the limit.
    Times are held against the provider's own Date, so that a clock that is off does not matter.
    """
    is_spent = answer.headers.get("x-ratelimit-remaining") == "0"
    if answer.status not in (429, 503) and not (only_when_spent and is_spent):
        return None
    said = _instant(answer.headers.get("date")) or answer.observed_at
    retry_after = answer.headers.get("retry-after", "").strip()
    if retry_after.isdecimal() and len(retry_after) <= 6:
        return timedelta(seconds=int(retry_after))
    until = _instant(retry_after) or _unix(answer.headers.get("x-ratelimit-reset", "").strip())
    return max(until - said, timedelta()) if until else None


def _instant(text: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text or "")
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # the second for years and offsets that no calendar holds
        return None


def _unix(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and len(text) <= 10 else None
