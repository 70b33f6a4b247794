"""What the doors of other processes do with a shared key; apart from other_processes.py, which starts faster."""

import asyncio
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.sources.access import Access
from dagster_project.sources.http import Door
from dagster_project.sources.limits import KeyState
from tests.sources.asking import ONCE, put
from tests.sources.other_processes import PATIENCE_SECONDS

if TYPE_CHECKING:
    from multiprocessing.queues import Queue


def ask_with_key(
    url: str, path: Path, rate: float, start: Barrier, heard: "Queue[tuple[float, list[str | None]]]"
) -> None:
    """Ask five times through a door of one's own, with the shared key; tell when that began, and the reasons."""

    async def ask() -> list[str | None]:
        access = Access(url, concurrency=5, requests_per_second=rate, key_state=KeyState(path), patience=ONCE)
        async with Door(access) as door:
            return [one.answer.reason for one in await asyncio.gather(*(put(door) for _ in range(5)))]

    start.wait(PATIENCE_SECONDS)
    began = time.monotonic()
    heard.put((began, asyncio.run(ask())))
