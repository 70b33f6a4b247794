"""Store a day of 100,000 rows into an empty history and into one of 10 million rows; publishing is apart."""

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.server import ANSWERS, address_of, body_of
from dagster_project.model import Account, Answer, Attempt, Frame, Plan, ProviderPlan
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import judge
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Question
from dagster_project.tables import Slice
from dagster_project.warehouse.store import Store

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 100
PROVIDER = "credmark"


def day_of(as_of: datetime) -> tuple[Plan, Slice]:
    """Make a day of 2,000 answers of 50 positions, read by the real normaliser."""
    provider = PROVIDERS[PROVIDER]
    accounts = tuple(Account(f"eip155:0:{address_of(n)}", address_of(n), str(n), ("eip155:1",)) for n in range(ANSWERS))
    frame = Frame(as_of, accounts, "0 0 * * *", FIRST, 90, "benchmark")
    asked = provider.source.pulls(Question(accounts, as_of, {}, provider.source.options()))
    plan = ProviderPlan(frame, PROVIDER, 0, tuple(asked))
    at = int(as_of.timestamp()) - 60
    judged = [
        judge(plan, pull, Answer(as_of, 1.0, 200, {}, body_of(index, at)), 1, provider.normalise)
        for index, pull in enumerate(plan.pulls)
    ]
    return Plan(frame, (plan,)), assemble(Attempt(plan, f"day-{as_of:%Y%m%d}", as_of), 1, judged)


def moved(plan: Plan, rows: Slice, days: int) -> tuple[Plan, Slice]:
    """Give the same day so many days later."""
    as_of = plan.as_of + timedelta(days=days)
    frame = replace(plan.frame, as_of=as_of)
    part = replace(plan.providers[0], frame=frame)
    naive = as_of.replace(tzinfo=None)

    def shifted(table: pa.Table) -> pa.Table:
        column = pa.array([naive] * table.num_rows, table.schema.field("as_of").type)
        return table.set_column(0, table.schema.field("as_of"), column)

    attempt = Attempt(part, f"day-{as_of:%Y%m%d}", as_of)
    return Plan(frame, (part,)), Slice(attempt, shifted(rows.pull), shifted(rows.cell), shifted(rows.balance))


def seconds_to_save(store: Store, plan: Plan, rows: Slice, days: list[int]) -> float:
    """Save some days, one session each, and give the best seconds of one."""
    best = float("inf")
    for number in days:
        day = moved(plan, rows, number)
        started = time.perf_counter()
        store.save([(day[0], [day[1]])])
        best = min(best, time.perf_counter() - started)
    return best


def main() -> list[str]:
    """Measure the empty history first, then fill it to 10 million rows and measure again."""
    plan, rows = day_of(FIRST)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.duckdb"
        store = Store(path, Path(folder) / "portfolio.duckdb", "simulated")
        store.known(FIRST, FIRST)
        empty = seconds_to_save(store, plan, rows, [0, 1, 2])
        for number in range(3, DAYS):
            day = moved(plan, rows, number)
            store.save([(day[0], [day[1]])])
        full = seconds_to_save(store, plan, rows, [DAYS, DAYS + 1, DAYS + 2])
        with duckdb.connect(path, read_only=True) as connection:
            count = connection.execute("select count(*) from balance").fetchall()[0][0]
    what = f"a day of 100,000 rows into {count - 300_000:,} rows: {full:.2f} s; into an empty history {empty:.2f} s"
    return [f"{what} | {full / empty:.2f} x | <= 1.2 x"]
