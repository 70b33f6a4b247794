"""How many connections a client may hold, and how many of them whose request does not arrive.

A client is an address. What is sent to one that holds too many is patience.py.
"""

import logging
from collections import Counter
from typing import Protocol

MOST_SLOW = 16
"""Connections of one client that may wait for a request for longer than `SLOW_SECONDS`."""

SLOW_SECONDS = 1.0
SPARE = 16
"""Connections beyond all that are served, to which it can still be said that there are too many."""

log = logging.getLogger(__name__)


class Waiting(Protocol):
    """A connection that waits for a request, and can be given up."""

    def give_up(self) -> None:
        """Close it, and say why."""


class Clients:
    """The open connections of each client; nothing is remembered of a client that has none."""

    def __init__(self, most: int, most_of_one: int) -> None:
        """Admit so many connections in all, and so many of one client."""
        self._most = most
        self._most_of_one = most_of_one
        self._total = 0
        self._open: Counter[str] = Counter()
        self._heads: dict[str, dict[Waiting, float]] = {}
        self._logged: set[str] = set()

    def enter(self, client: str) -> bool:
        """Count a connection, and tell whether it is served; the first that is not is logged."""
        held = self._open[client]
        self._open[client] = held + 1
        if held >= self._most_of_one:
            self._log(client, f"it holds {held} connections, as many as [serve].connections_per_client allows")
        elif self._total >= self._most:
            self._log(client, f"all {self._most} connections of this server are in use, by {len(self._open)} clients")
        self._total += 1
        return held < self._most_of_one and self._total <= self._most

    def leave(self, client: str) -> None:
        """Count a connection no longer."""
        self._total -= 1
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]
            self._logged.discard(client)

    def is_flooding(self, client: str) -> bool:
        """Tell whether too many connections wait to be let go already: then a further one is not even answered."""
        return self._open[client] > 2 * self._most_of_one or self._total > self._most + SPARE

    def wait(self, client: str, connection: Waiting, now: float) -> None:
        """Note that a connection waits for a request; of a client with too many slow ones the oldest is given up."""
        heads = self._heads.setdefault(client, {})
        heads[connection] = now
        oldest, since = next(iter(heads.items()))
        if len(heads) > MOST_SLOW and now - since > SLOW_SECONDS:
            oldest.give_up()

    def arrived(self, client: str, connection: Waiting) -> None:
        """Note that a connection waits no longer."""
        heads = self._heads.get(client, {})
        heads.pop(connection, None)
        if not heads:
            self._heads.pop(client, None)

    def _log(self, client: str, why: str) -> None:
        if client not in self._logged:
            self._logged.add(client)
            log.warning("a connection of %s is refused: %s; said once until it holds none", client, why)
