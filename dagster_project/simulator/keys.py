"""Which API keys the simulated providers accept, and how many requests each may make in a lived minute.

Where a key travels (which header) is the dialect's matter.
"""

from collections import Counter

MINUTE = 60
_PLAIN_LIMIT = 600
_LIMITS = {"simulated-discover": 30}
_KEPT_MINUTES = 4096


def judge(key: str) -> int | None:
    """The HTTP status with which a key is turned away, or None when it is good."""
    if not key.startswith("simulated") or key == "simulated-revoked":
        return 401
    if key == "simulated-forbidden":
        return 403
    return None


def limit_of(key: str) -> int:
    """How many requests a key has in a lived minute."""
    return _LIMITS.get(key, _PLAIN_LIMIT)


class Meter:
    """Requests counted per dialect, key and lived minute."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, int]] = Counter()

    def admit(self, dialect: str, key: str, lived_at: int) -> int | None:
        """Count a request; the seconds until the next lived minute when it is one too many, else None."""
        minute, second = divmod(lived_at, MINUTE)
        if len(self._counts) >= _KEPT_MINUTES:
            # a long backfill lives thousands of minutes: the oldest counted one makes room
            del self._counts[next(iter(self._counts))]
        slot = (dialect, key, minute)
        self._counts[slot] += 1
        return MINUTE - second if self._counts[slot] > limit_of(key) else None

    def left(self, dialect: str, key: str, lived_at: int) -> int:
        """How many requests the key still has in this lived minute."""
        return max(0, limit_of(key) - self._counts[dialect, key, lived_at // MINUTE])

    def clear(self) -> None:
        """Give every key its whole limit again."""
        self._counts.clear()
