"""A provider's ways out where it is asked at several addresses: one door each, and what one run has learnt of them.

What is asked in which order is the source's conversation; the wire is http.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dagster_project.model import Answer, Pull, Reason, Request
from dagster_project.sources.http import Clock, Door, Heard
from dagster_project.sources.source import Conversation


class Switchboard:
    """Doors by address, the provider's own under the empty one; None stands where a key is missing."""

    def __init__(
        self, doors: Mapping[str, Door | None], converse: Callable[[Pull, Any], Conversation], memory: object
    ) -> None:
        """Join doors that are open with the way in which their provider is spoken to."""
        self._doors = doors
        self._converse = converse
        self._memory = memory
        self.concurrency = max((door.concurrency for door in doors.values() if door), default=1)

    def converse(self, pull: Pull) -> Conversation:
        """Begin the conversation that answers a pull."""
        return self._converse(pull, self._memory)

    async def ask(self, request: Request, clock: Clock, heard: Heard) -> Answer:
        """Ask at the request's address as `Door.ask` does."""
        door = self._doors.get(request.address)
        if door is None:
            why = "the key of this address is not in the environment; see api_key_env beside it in the settings"
            return Answer(clock(), 0.0, reason=Reason.MISSING_KEY, detail=why)
        return await door.ask(request, clock, heard)
