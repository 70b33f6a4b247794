"""Serve 10 million balance rows under load: requests at an open rate beside the bare questions, memory, and a publish.

A request is timed from when it was due, not from when it could be sent, so that a server that falls behind shows it.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import duckdb
import httpx

from benchmarks.asking import ACCOUNTS, DAYS, fill
from benchmarks.server import address_of
from benchmarks.storing import FIRST

RATE = 20
SECONDS = 20
BARE = 40
WATCHED_EVERY = 10
_V5 = "/portfolio/portfolio/v5.0"
_SETTINGS = """\
mode = "simulated"
[snapshots]
start = "{start:%Y-%m-%d}"
[[accounts]]
address = "{address}"
[providers.credmark]
[serve]
requests_per_minute = 1000000
incomplete = "known"
"""

Ask = Callable[[int], tuple[str, str]]
ENDPOINTS: dict[str, tuple[str, Ask]] = {
    "chart": (
        "from value_chart(account := $account, timerange := '1year')",
        lambda number: (f"{_V5}/general/chart", f"addresses={address_of(number)}"),
    ),
    "current value": (
        "from current_value(account := $account)",
        lambda number: (f"{_V5}/general/current_value", f"addresses={address_of(number)}"),
    ),
    "snapshot": (
        "from tokens_snapshot(account := $account)",
        lambda number: (f"{_V5}/tokens/snapshot", f"addresses={address_of(number)}"),
    ),
}
"""Each endpoint with the bare question behind it."""


def bare(published: Path, question: str) -> list[float]:
    """Time the bare question of as many accounts, warm, one after the other, on a connection that is open."""
    found = []
    with duckdb.connect(published, read_only=True) as connection:
        for number in range(BARE):
            started = time.perf_counter()
            connection.execute(question, {"account": f"eip155:0:{address_of(number)}"}).fetchall()
            found.append(time.perf_counter() - started)
    return found


async def load(url: str, ask: Ask, seconds: float, publish: Callable[[], None] | None) -> tuple[list[float], int]:
    """Send requests at the open rate, each about another account and without a tag; halfway a file is published.

    Returns:
        (seconds from when each request was due to its answer, how many were not answered with 200).
    """
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
        began = time.perf_counter()
        failed = 0

        async def one(number: int) -> float:
            nonlocal failed
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            path, query = ask(number % ACCOUNTS)
            response = await client.get(f"{url}{path}?{query}&n={number}")
            failed += response.status_code != 200
            return time.perf_counter() - due

        tasks = [asyncio.create_task(one(number)) for number in range(int(seconds * RATE))]
        if publish is not None:
            await asyncio.sleep(seconds / 2)
            await asyncio.to_thread(publish)
        return list(await asyncio.gather(*tasks)), failed


def serve(published: Path, seconds: float) -> list[str]:
    """Measure every endpoint beside its bare question, and look at the server's memory and at what failed."""
    folder = published.parent
    config = folder / "portfolio.toml"
    config.write_text(_SETTINGS.format(start=FIRST, address=address_of(0)))
    data = folder / "data" / "simulated"
    data.mkdir(parents=True, exist_ok=True)
    (data / "portfolio.duckdb").unlink(missing_ok=True)
    os.link(published, data / "portfolio.duckdb")

    def publish() -> None:
        temporary = data / ".portfolio.duckdb.tmp"
        shutil.copyfile(published, temporary)
        temporary.replace(data / "portfolio.duckdb")

    environment = os.environ | {"PORTFOLIO_CONFIG": str(config), "PORTFOLIO_DATA": str(folder / "data")}
    command = [sys.executable, "-m", "dagster_project.faces.cli.main", "serve", "--port", "0"]
    lines: list[str] = []
    memory: list[int] = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("the server has no pipe")
        url = process.stdout.readline().split()[-1]
        asyncio.run(load(url, ENDPOINTS["chart"][1], 3, None))
        for name, (question, ask) in ENDPOINTS.items():
            alone = quantile(bare(published, question))
            with _watched(process.pid, memory):
                times, failed = asyncio.run(load(url, ask, seconds, publish))
            figure = f"{quantile(times) * 1000:.0f} ms, median {median(times) * 1000:.0f}; bare {alone * 1000:.0f} ms"
            what = f"serving the {name} at {RATE} a second, a publish halfway, {failed} of {len(times)} failed: p95"
            lines.append(f"{what} | {figure}: {quantile(times) / alone:.1f} x | ≤ 3 x")
        process.terminate()
    shown = ", ".join(f"{one / 2**20:.0f}" for one in memory)
    lines.append(f"memory of the server every {WATCHED_EVERY} s, three publishes, MiB | {shown} | flat")
    return lines


def quantile(times: Sequence[float]) -> float:
    """Give the 95th percentile."""
    return quantiles(times, n=20)[-1]


@contextmanager
def _watched(pid: int, memory: list[int]) -> Iterator[None]:
    """Note the memory of a process at the begin and so often after."""
    ended = threading.Event()

    def watch() -> None:
        memory.append(_resident(pid))
        while not ended.wait(WATCHED_EVERY):
            memory.append(_resident(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def main() -> list[str]:
    """Make the history, serve it, and throw it away."""
    folder = Path(tempfile.mkdtemp())
    try:
        return serve(fill(folder), SECONDS)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    made = Path(sys.argv[1])
    made.mkdir(exist_ok=True)
    print(f"{DAYS} days of {ACCOUNTS} accounts in {made / 'portfolio.duckdb'}")
    found = made / "portfolio.duckdb"
    print("\n".join(serve(found if found.exists() else fill(made), float(sys.argv[2]))))
