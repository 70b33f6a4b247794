"""Ask 10 million balance rows, stored day by day, and 100 million where the disk has room for them.

Each answer is a multiple of `select sum(value_usd)` in the same run. `python -m benchmarks.asking FOLDER ACCOUNTS` asks
only what it made in the folder, and leaves it there: 250 accounts make 10 million rows.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.beside import Asked, in_pandas, in_sqlite
from benchmarks.server import address_of
from benchmarks.storing import FIRST, PROVIDER
from dagster_project.model import Account, Answer, Attempt, Frame, Plan, ProviderPlan
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.booking import book
from dagster_project.normalise.judge import judge
from dagster_project.slices import Slice
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Question
from dagster_project.tables import HISTORY
from dagster_project.warehouse.store import Store

Done = TypeVar("Done")

ACCOUNTS = 250
ASSETS = 110
DAYS = 365
ROUNDS = 5
LARGE_NEEDS_GB = 20
"""The store, the published file and the copy that becomes the next one, of 100 million rows each."""
QUESTIONS = {
    "the whole history's chart": ("value_chart()", 0.36),
    "one account's chart": ("value_chart(account := '7')", 0.10),
    "tokens metrics of one account": ("tokens_metrics(account := '7')", 0.38),
    "returns of one account": ("returns(account := '7')", 0.29),
    "what is held now": ("current_value()", None),
    "what changed in all": ("value_change()", None),
}
"""Each question with the multiple that a prototype reached."""


COLD = """
import duckdb, sys, time
connection = duckdb.connect(sys.argv[1], read_only=True)
started = time.perf_counter()
connection.execute(sys.argv[2]).fetchall()
print(time.perf_counter() - started)
"""


def first_day(wallets: int = ACCOUNTS, assets: int = ASSETS) -> tuple[Plan, Slice]:
    """Make a day of so many wallets with so many assets each, read by the real normaliser."""
    provider = PROVIDERS[PROVIDER]
    accounts = tuple(
        Account(f"eip155:0:{address_of(number)}", address_of(number), str(number), ("eip155:1",))
        for number in range(wallets)
    )
    frame = Frame(FIRST, accounts, "0 0 * * *", FIRST, 90, "benchmark")
    asked = provider.source.pulls(Question(accounts, FIRST, {}, provider.source.options()))
    plan = ProviderPlan(frame, PROVIDER, 0, tuple(asked))
    at = int(FIRST.timestamp()) - 60
    judged = [
        judge(plan, pull, Answer(FIRST, 1.0, 200, {}, body_of(index, at, assets)), 1, provider.normalise)
        for index, pull in enumerate(plan.pulls)
    ]
    return Plan(frame, (plan,)), assemble(Attempt(plan, f"day-{FIRST:%Y%m%d}", FIRST), 1, judged)


def body_of(index: int, at: int, assets: int = ASSETS) -> bytes:
    """Write what one wallet holds."""
    held = [(asset, 1 + (index * 7 + asset) % 90, 1 + asset / 8) for asset in range(1, assets + 1)]
    rows = ",".join(
        f'{{"tokenAddress":"0x{asset:040x}","balance":{amount},"tokenPrice":{price},"value":{amount * price}}}'
        for asset, amount, price in held
    )
    head = f'"chainId":1,"blockNumber":1,"blockTimestamp":{at},"accounts":["{address_of(index)}"]'
    return f'{{{head},"quoteAddress":"0x{840:040x}","value":1,"positions":[{rows}]}}'.encode()


def on_day(plan: Plan, rows: Slice, number: int) -> tuple[Plan, Slice]:
    """Give the same holdings so many days later, at the prices of that day; every tenth wallet has moved something."""
    as_of = plan.as_of + timedelta(days=number)
    frame = replace(plan.frame, as_of=as_of)
    part = replace(plan.providers[0], frame=frame)
    tables = {
        table.name: _set(getattr(rows, table.name), "as_of", _same(getattr(rows, table.name), as_of))
        for table in HISTORY
    }
    balance, factor = tables["balance"], 1 + ((number * 37) % 101 - 50) / 1000
    more = pa.array([1.0 + (number % 10 == row % 10) * (row % 3) / 100 for row in range(balance.num_rows)])
    amount = pc.multiply(balance["amount"], more)
    price = pc.multiply(balance["price_usd"], factor)
    value = pc.multiply(amount, price)
    booked, _ = book(
        value.combine_chunks(), balance["price_status"].combine_chunks(), balance["layer"].combine_chunks()
    )
    for name, column in {"amount": amount, "price_usd": price, "stated_value_usd": value, "value_usd": booked}.items():
        balance = _set(balance, name, column)
    sums = (
        pa.table({"pull_key": balance["pull_key"], "value": booked})
        .group_by("pull_key", use_threads=False)
        .aggregate([("value", "sum")])
    )
    cell = tables["cell"]
    ordered = dict(zip(sums["pull_key"].to_pylist(), sums["value_sum"].to_pylist(), strict=True))
    worth = pa.array([ordered[key] for key in cell["pull_key"].to_pylist()], cell.schema.field("value_usd").type)
    tables |= {"balance": balance, "cell": _set(cell, "value_usd", worth)}
    attempt = Attempt(part, f"day-{as_of:%Y%m%d}", as_of)
    return Plan(frame, (part,)), replace(rows, attempt=attempt, **tables)


def _same(table: pa.Table, as_of: datetime) -> pa.Array:
    return pa.array([as_of.replace(tzinfo=None)] * table.num_rows, table.schema.field("as_of").type)


def _set(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)


def fill(folder: Path, accounts: int = ACCOUNTS) -> Path:
    """Store the days of so many accounts one by one, as a schedule does, and give the published file."""
    published = folder / "portfolio.duckdb"
    store = Store(folder / "store.duckdb", published, "simulated")
    plan, rows = first_day(accounts)
    for number in range(DAYS):
        day, of_day = on_day(plan, rows, number)
        store.save([(day, [of_day])])
    store.publish()
    return published


def seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Ask once and fetch everything."""
    started = time.perf_counter()
    connection.execute(query).fetchall()
    return time.perf_counter() - started


def ask(published: Path) -> list[str]:
    """Measure every question in turn with the sum of all values, warm."""
    with duckdb.connect(published, read_only=True) as connection:
        (rows,) = connection.execute("select count(*) from balance").fetchall()[0]
        return _each("", f"the sum of {rows:,} values", lambda query: seconds(connection, query))


def cold_seconds(published: Path, query: str) -> float:
    """Ask once in a process of its own, with nothing of the file in memory; imports and opening aside."""
    with published.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    command = [sys.executable, "-c", COLD, str(published), query]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ask_cold(published: Path) -> list[str]:
    """Measure every question in turn with the sum of all values, each in a new process that reads from the disk."""
    return _each("cold, ", "the sum", lambda query: cold_seconds(published, query))


def _each(how: str, beside: str, clock: Callable[[str], float]) -> list[str]:
    """Time each question and the sum of all values in turn, and give the multiple of the medians."""
    lines = []
    for what, (call, reached) in QUESTIONS.items():
        pairs = [(clock(f"from {call}"), clock("select sum(value_usd) from balance")) for _ in range(ROUNDS)]
        asked, summed = median(one for one, _ in pairs), median(other for _, other in pairs)
        target = "" if reached is None else f"{1.5 * reached:.2f} x"
        figure = f"{asked * 1000:.0f} ms; {beside} {summed * 1000:.0f} ms"
        lines.append(f"{how}{what}: {figure} | {asked / summed:.2f} x | {target}")
    return lines


def ask_beside(published: Path) -> list[str]:
    """Measure what pandas and SQLite can answer too, each in turn with ours; their rows are loaded before."""
    lines = []
    peers = {"pandas": in_pandas(published, "7"), "SQLite": in_sqlite(published, "7", published.with_suffix(".sqlite"))}
    with duckdb.connect(published, read_only=True) as connection:
        for peer, questions in peers.items():
            for what, question in questions.items():
                call, _ = QUESTIONS[what]
                pairs = [(seconds(connection, f"from {call}"), clocked(question)) for _ in range(ROUNDS)]
                ours, theirs = median(one for one, _ in pairs), median(other for _, other in pairs)
                lines.append(f"{what}, beside {peer}: {theirs * 1000:.0f} ms there | {theirs / ours:.1f} x ours | ")
    return lines


def clocked(question: Asked) -> float:
    """Ask once, in whatever way."""
    started = time.perf_counter()
    question()
    return time.perf_counter() - started


def peak() -> float:
    """Give the most memory that this process ever had, in GB; getrusage counts what its parent had as well."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e6


def apart(work: Callable[[Path], Done], place: Path) -> tuple[Done, float]:
    """Do this in a process of its own, and give what came of it and the most memory that it had, in GB."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(work, place).result(), process.submit(peak).result()


def asked_at(folder: Path, accounts: int) -> list[str]:
    """Make the history of so many accounts in a folder, where it is not there yet, and ask it warm and cold."""
    published = folder / "portfolio.duckdb"
    lines = []
    if not published.exists():
        _, made_in = apart(partial(fill, accounts=accounts), folder)
        lines.append(f"memory while {accounts * ASSETS * DAYS:,} rows were stored day by day: {made_in:.1f} GB | | ")
    warm, asked_in = apart(ask, published)
    return [*lines, *warm, f"memory while asked: {asked_in:.1f} GB | | 2 GB", *ask_cold(published)]


def main() -> list[str]:
    """Make the history, ask it as it was left day by day and once compacted, then one of ten times as many accounts."""
    with tempfile.TemporaryDirectory() as made:
        folder, published = Path(made), Path(made) / "portfolio.duckdb"
        lines = [*asked_at(folder, ACCOUNTS), *ask_beside(published)]
        Store(folder / "store.duckdb", published, "simulated").compact()
        lines += [f"compacted, {line}" for line in ask(published)]
    with tempfile.TemporaryDirectory() as made:
        free = shutil.disk_usage(made).free / 1e9
        if free < LARGE_NEEDS_GB:
            return [*lines, f"ten times the rows: not made, {free:.0f} GB are free of {LARGE_NEEDS_GB} | | "]
        return [*lines, *asked_at(Path(made), 10 * ACCOUNTS)]


if __name__ == "__main__":
    made = Path(sys.argv[1])
    made.mkdir(exist_ok=True)
    print("\n".join(asked_at(made, int(sys.argv[2]) if len(sys.argv) > 2 else ACCOUNTS)))
