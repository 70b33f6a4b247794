"""Pulling alone, through the door: requests a second as a share of the ideal, which is concurrency / latency."""

import asyncio
import time
from datetime import UTC, datetime

import uvloop

from benchmarks.running import server
from benchmarks.server import ANSWERS, address_of
from dagster_project.model import Answer, Request
from dagster_project.sources.access import Access
from dagster_project.sources.http import Door

LATENCY = 0.05
NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


async def pull(port: int, concurrency: int) -> float:
    """Ask every question once and give the seconds it took."""
    access = Access(f"http://127.0.0.1:{port}", {"Authorization": "Bearer benchmark"}, b"benchmark", concurrency)
    upcoming = iter(range(ANSWERS))
    answered = 0

    async with Door(access) as door:

        async def work() -> None:
            nonlocal answered
            for index in upcoming:
                path = f"/v1/portfolio/1/{address_of(index)}/value"
                answer: Answer = await door.ask(Request("", path, (("timestamp", "1"),)), lambda: NOW, lambda _: None)
                answered += answer.reason is None

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        seconds = time.perf_counter() - started
    if answered != ANSWERS:
        raise RuntimeError(f"only {answered} of {ANSWERS} were answered")
    return seconds


def main() -> list[str]:
    """Measure 32 and 128 requests at once."""
    lines = []
    for concurrency, target in ((32, 85), (128, 80)):
        with server(LATENCY, int(NOW.timestamp())) as port:
            best = min(uvloop.run(pull(port, concurrency)) for _ in range(3))
        share = ANSWERS / best / (concurrency / LATENCY) * 100
        lines.append(f"pulling, 50 ms, {concurrency} at once | {share:.0f} % of the ideal | >= {target} %")
    return lines
