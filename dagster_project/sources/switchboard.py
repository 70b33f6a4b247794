"""A provider's ways out where it is asked at several addresses: one door each, and what one run has learnt of them.

What is asked in which order is the source's conversation; the wire is http.py.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dagster_project.model import Answer, Pull, Reason, Request
from dagster_project.sources.http import Clock, Door, Heard
from dagster_project.sources.source import Conversation


def _unheard(_: Answer) -> None:
    pass


@dataclass
class _Shared:
    """A request of several conversations: its last answer, and how often it was asked."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Answer | None = None
    asked: int = 0


class Switchboard:
    """Doors by address, the provider's own under the empty one; None stands where a key is missing."""

    def __init__(
        self, doors: Mapping[str, Door | None], converse: Callable[[Pull, Any], Conversation], memory: object
    ) -> None:
        """Join doors that are open with the way in which their provider is spoken to."""
        self._doors = doors
        self._converse = converse
        self._memory = memory
        self._shared: dict[Request, _Shared] = {}
        self.concurrency = max((door.concurrency for door in doors.values() if door), default=1)

    def converse(self, pull: Pull) -> Conversation:
        """Begin the conversation that answers a pull."""
        return self._converse(pull, self._memory)

    async def ask(self, request: Request, clock: Clock, heard: Heard, lent: Heard = _unheard) -> Answer:
        """Ask at the request's address as `Door.ask` does; `lent` gets an answer that another conversation was given.

        Conversations that share a request wait for one answer. A good one stands for the rest of the run; one that
        failed is given to those who waited for it, and whoever comes later asks anew.
        """
        if not request.shared_until:
            return await self._ask(request, clock, heard)
        shared = self._shared.setdefault(request, _Shared())
        before = shared.asked
        async with shared.lock:
            answer = shared.answer
            if answer is not None and (answer.reason is None or shared.asked > before):
                answer = replace(answer, observed_at=clock())
                lent(answer)
                return answer
            shared.answer = await self._ask_for_all(request, clock, heard)
            shared.asked += 1
            return shared.answer

    async def _ask_for_all(self, request: Request, clock: Clock, heard: Heard) -> Answer:
        """Ask for several instants at once; where time is simulated not before the last one of them is lived."""
        last = datetime.fromtimestamp(request.shared_until, UTC)
        observed: list[datetime] = []

        def noted(answer: Answer) -> None:
            observed.append(clock())
            heard(replace(answer, observed_at=observed[-1]))

        answer = await self._ask(request, lambda: max(clock(), last), noted)
        return replace(answer, observed_at=observed[-1] if observed else clock())

    async def _ask(self, request: Request, clock: Clock, heard: Heard) -> Answer:
        door = self._doors.get(request.address)
        if door is None:
            why = "the key of this address is not in the environment; see api_key_env beside it in the settings"
            return Answer(clock(), 0.0, reason=Reason.MISSING_KEY, detail=why)
        return await door.ask(request, clock, heard)
