"""The stretch of time that the book covers, and the words in which its instants are written.

Instants are unix seconds all over the simulator; what happens at them belongs to the story and to `planted`.
"""

from datetime import UTC, datetime

DAY = 86_400


def utc(year: int, month: int, day: int, hour: int = 0) -> int:
    """Unix seconds of a full hour in UTC."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


BEGIN_AT = utc(2025, 6, 1)
"""The first instant that can be asked for; nothing was held before it."""

END_AT = utc(2029, 1, 1)
"""No entry lies at or after this instant; holdings and prices stay as they are from here on."""
