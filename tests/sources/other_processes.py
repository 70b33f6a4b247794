"""What other processes of the same user do with a key, each started afresh, as a scheduler and a shell would be.

They get a path and plain values, and put what happened into a queue.
"""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.sources.limits import KeyLimiter, KeyState

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

SPAWN = multiprocessing.get_context("spawn")
PATIENCE_SECONDS = 60


def pace(path: Path, rate: float, times: int, start: Barrier, spans: "Queue[tuple[float, float]]") -> None:
    """Use the key so many times as fast as it may be; tell when that began and ended, in Unix seconds."""
    state = KeyState(path)
    limiter = KeyLimiter(state, rate)

    async def use() -> None:
        for _ in range(times):
            await limiter.wait()

    start.wait(PATIENCE_SECONDS)
    began = time.time()
    asyncio.run(use())
    spans.put((began, time.time()))
    state.close()


def spend(path: Path, quota: int, instants: list[datetime], start: Barrier, granted: "Queue[int]") -> None:
    """Spend one request at each of the instants; tell how many were granted."""
    state = KeyState(path)
    start.wait(PATIENCE_SECONDS)
    granted.put(sum(state.spend(quota, instant) for instant in instants))
    state.close()


def hold(path: Path, is_held: Event) -> None:
    """Take the key's lock and keep it until the end, whoever brings that about."""
    with KeyState(path).change() as use:
        use.requests = 999
        is_held.set()
        time.sleep(PATIENCE_SECONDS)


@contextlib.contextmanager
def started(count: int, target: Callable[..., None], *arguments: object) -> Iterator[list[SpawnProcess]]:
    """Start so many processes that do the same; at the end each has ended, if need be by force."""
    processes = [SPAWN.Process(target=target, args=arguments) for _ in range(count)]
    try:
        for process in processes:
            process.start()
        yield processes
        for process in processes:
            process.join(PATIENCE_SECONDS)
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
            process.join()
            process.close()
