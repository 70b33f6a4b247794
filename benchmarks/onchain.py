"""A year of ten accounts with fifty tokens on three chains, asked of the chains at 20 ms a request: what it costs.

Requests as the plan said beside those that the simulator counted, and how calls grow with tokens.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.running import settings_of
from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL, invented_address
from dagster_project.snapshot.forecast import forecast
from dagster_project.snapshot.history import Job, take_history
from dagster_project.warehouse.ask import query

FIRST = datetime(2025, 10, 17, tzinfo=UTC)
DAYS = 365
LATENCY = 0.02
CHAINS = ("eip155:1", "eip155:8453", "eip155:42161")
LABELS = ("treasury", "operations", "trading", "cold", "grants")
ACCOUNTS = 10
TOKENS = 50
"""On each chain; the simulator has so many that nobody holds, beside those of its book."""


@contextmanager
def _slow_simulator() -> Iterator[httpx.Client]:
    """Run a simulator of its own whose answers take the latency."""
    command = [sys.executable, "-m", "dagster_project.simulator", "--port", "0", "--stop-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the simulator has no pipes")
        url = process.stdout.readline().split()[-1]
        with httpx.Client(base_url=url, trust_env=False) as http:
            orders = [{"dialect": "onchain", "fault": "slow_first_byte", "seconds": LATENCY}]
            http.put("/_simulator/faults", json=orders).raise_for_status()
            yield http
        process.stdin.close()


def _settings(folder: Path, url: str, tokens: int) -> Path:
    """Write the settings of ten accounts, and a list of so many tokens a chain."""
    addresses = [ACCOUNT_BY_LABEL[label].checksummed for label in LABELS]
    addresses += [invented_address(f"extra/{number}") for number in range(ACCOUNTS - len(LABELS))]
    listed = [
        {"chainId": int(chain[7:]), "address": invented_address(f"filler/{number}"), "decimals": 18}
        | {"symbol": "FILL", "name": "Filler"}
        for chain in CHAINS
        for number in range(tokens)
    ]
    whole = {"name": "Fillers", "timestamp": "2026-05-01T00:00:00Z", "tokens": listed}
    (folder / "fillers.json").write_text(json.dumps(whole | {"version": {"major": 1, "minor": 0, "patch": 0}}))
    config = folder / "portfolio.toml"
    accounts = "".join(f'[[accounts]]\naddress = "{one}"\n' for one in addresses)
    config.write_text(
        f'mode = "simulated"\n[snapshots]\nstart = "{FIRST:%Y-%m-%d}"\nchains = {json.dumps(CHAINS)}\n{accounts}'
        f'[providers.onchain]\nbase_url = "{url}/onchain"\ntoken_lists = ["fillers.json"]\nseries_every = "never"\n'
    )
    return config


def _measured(http: httpx.Client, days: int, tokens: int) -> tuple[int, dict[str, int], float]:
    """Backfill so many days into a new store; gives requests as planned, as counted by path, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(_settings(Path(folder), str(http.base_url).rstrip("/"), tokens))
        instants = tuple(FIRST + timedelta(days=number) for number in range(days))
        (demand,) = forecast(settings, instants, datetime.now(UTC)).demands
        http.delete("/_simulator/requests").raise_for_status()
        started = time.perf_counter()
        take_history(settings, Job(instants))
        seconds = time.perf_counter() - started
        failed = query(settings.paths.published, "select count(*) from cell where outcome = 'failed'").rows
        if failed != [(0,)]:
            raise RuntimeError(f"cells failed: {failed}")
    asked: dict[str, int] = http.get("/_simulator/requests").json()["by_path"]
    return demand.requests, asked, seconds


def main() -> list[str]:
    """Measure the year, and ten days with more and more tokens."""
    lines = []
    with _slow_simulator() as http:
        planned, by_path, seconds = _measured(http, DAYS, TOKENS)
        asked = sum(by_path.values())
        what = f"{DAYS} days of {ACCOUNTS} accounts, {TOKENS} tokens, {len(CHAINS)} chains at 20 ms: {seconds:.0f} s"
        off = f"{(asked / planned - 1) * 100:+.1f} %"
        lines.append(f"{what}; {planned:,} requests planned, {asked:,} asked | {off} | within 5 %")
        for tokens in (10, 20, 50):
            _, by_path, _ = _measured(http, 10, tokens)
            to_nodes = sum(count for path, count in by_path.items() if "/rpc/" in path)
            each = to_nodes / (10 * len(CHAINS))
            lines.append(
                f"requests to a node per snapshot and chain, {tokens} tokens of {ACCOUNTS} accounts | {each:.1f} | "
            )
    return lines
