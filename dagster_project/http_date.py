"""Read a date as HTTP writes it in its headers; what follows from one is the reader's business."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_http_date(text: str | None) -> datetime | None:
    """Read a date as HTTP writes it; None where the text is none, or of a year that no calendar holds."""
    try:
        parsed = parsedate_to_datetime(text or "")
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
