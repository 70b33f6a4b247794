"""How many requests a client may send: a bucket of a minute's worth for each, refilled as time goes on.

What is done with one who is too fast is gate.py. The state is this process's own: a server is one process.
"""

from dataclasses import dataclass

MOST_CLIENTS = 10_000
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request may pass, how many more may at once, and in how many seconds the next one or all may."""

    passes: bool
    remaining: int
    next_in: float
    full_in: float


class Buckets:
    """A bucket a client; the oldest are forgotten when there are too many, which only ever helps a client."""

    def __init__(self, per_minute: int) -> None:
        """Let each client send so many requests a minute, and at most so many at once."""
        self.per_minute = per_minute
        self._spent: dict[str, tuple[float, float]] = {}

    def take(self, client: str, now: float) -> Allowance:
        """Take one request out of a client's bucket; `now` is in seconds of a clock that never goes back."""
        tokens, at = self._spent.pop(client, (float(self.per_minute), now))
        pace = self.per_minute / _MINUTE
        tokens = min(float(self.per_minute), tokens + (now - at) * pace)
        passes = tokens >= 1
        tokens -= passes
        while len(self._spent) >= MOST_CLIENTS:
            del self._spent[next(iter(self._spent))]
        self._spent[client] = (tokens, now)
        return Allowance(passes, int(tokens), max(0.0, 1 - tokens) / pace, (self.per_minute - tokens) / pace)
