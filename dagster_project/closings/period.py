"""What a period is that can be closed: a month, a quarter, a year or a span of days, all in UTC.

Which numbers are locked for it is warehouse/closings.py.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_PERIOD = re.compile(r"(?P<year>\d{4})(-(?P<month>\d{2})|-Q(?P<quarter>[1-4]))?")
_SPAN = re.compile(r"(?P<first>\d{4}-\d{2}-\d{2})\.\.(?P<last>\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """A period by its name: from `since` to `until`, the begin of the next one."""

    name: str
    since: datetime
    until: datetime


def parse_period(text: str) -> Period:
    """Read 2026-03, 2026-Q1, 2026 or 2026-03-10..2026-04-20, whose last day belongs to it.

    Raises:
        ValueError: the text is none of them, or no such time exists.
    """
    if span := _SPAN.fullmatch(text):
        first, last = (datetime.fromisoformat(span[name]).replace(tzinfo=UTC) for name in ("first", "last"))
        if last < first:
            raise ValueError(f"{text!r} ends before it begins")
        return Period(text, first, last + timedelta(days=1))
    if (found := _PERIOD.fullmatch(text)) is None:
        raise ValueError(f"{text!r} is no period; write 2026-03, 2026-Q1, 2026 or 2026-03-10..2026-04-20")
    year = int(found["year"])
    if found["month"]:
        month, months = int(found["month"]), 1
    elif found["quarter"]:
        month, months = 3 * int(found["quarter"]) - 2, 3
    else:
        month, months = 1, 12
    after = month - 1 + months
    ends = datetime(year + after // 12, after % 12 + 1, 1, tzinfo=UTC)
    return Period(text, datetime(year, month, 1, tzinfo=UTC), ends)
