"""Questions put through the real door, and everything that was heard of them.

What is expected stands in the tests.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from dagster_project.model import Answer, Request
from dagster_project.sources.access import Access, Patience
from dagster_project.sources.http import Door
from tests.waiting import comes_true

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
"""Where processes of their own are started."""
QUESTION = Request("/things/{id}", "/things/7", (("quote", "usd"),))
ONCE = Patience(connect=20, read=20, one_try=30, tries=1)
"""One try with plenty of time, for a slow machine."""
SHORT = Patience(connect=20, read=20, one_try=30, tries=3, first_wait=0.01, longest_wait=0.05)
"""Real retries that are over soon; each try has plenty of time."""


@dataclass(frozen=True)
class Heard:
    """The answer that the door gave, and those of all tries."""

    answer: Answer
    tries: list[Answer]


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def run(coroutine: Coroutine[Any, Any, T], seconds: float = 60) -> T:
    """Run to the end in a loop of its own; TimeoutError if it takes longer than a test may wait."""
    results: list[T] = []

    async def in_time() -> None:
        async with asyncio.timeout(seconds):
            results.append(await coroutine)  # what the main task returns Python would spell out, megabytes and all

    asyncio.run(in_time())
    return results[0]


async def put(door: Door, request: Request = QUESTION, clock: Callable[[], datetime] = now) -> Heard:
    """Ask through an open door."""
    tries: list[Answer] = []
    return Heard(await door.ask(request, clock, tries.append), tries)


def ask(access: Access, request: Request = QUESTION, *, seconds: float = 60) -> Heard:
    """Ask once through a door of its own."""
    return ask_in_turn(access, [request], seconds=seconds)[0]


def ask_at(url: str, patience: Patience = ONCE) -> Heard:
    """Ask once at this address, without a key."""
    return ask(Access(url, patience=patience))


def ask_in_turn(access: Access, requests: Iterable[Request], *, seconds: float = 60) -> list[Heard]:
    """Ask one after another through one door."""

    async def in_turn() -> list[Heard]:
        async with Door(access) as door:
            return [await put(door, request) for request in requests]

    return run(in_turn(), seconds)


def ask_together(access: Access, requests: Iterable[Request]) -> list[Heard]:
    """Ask all at once through one door."""

    async def together() -> list[Heard]:
        async with Door(access) as door:
            return list(await asyncio.gather(*(put(door, request) for request in requests)))

    return run(together())


async def becomes_true(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait as `comes_true` does, for a test inside a loop, which goes on turning meanwhile."""
    return await asyncio.to_thread(comes_true, condition, seconds)
