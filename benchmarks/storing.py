"""Store a day of 100,000 rows into an empty history and into one of 10 million rows; publishing is apart."""

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pyarrow as pa

from benchmarks.server import ANSWERS, POSITIONS, address_of, body_of
from dagster_project.model import Account, Answer, Attempt, Frame, Plan, ProviderPlan
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import judge
from dagster_project.slices import Slice
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Question
from dagster_project.tables import HISTORY
from dagster_project.warehouse.store import Store

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 100
PAIRS = 9
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
    later = {table.name: shifted(getattr(rows, table.name)) for table in HISTORY}
    return Plan(frame, (part,)), replace(rows, attempt=attempt, **later)


def seconds_to_save(store: Store, plan: Plan, rows: Slice, number: int) -> float:
    """Save one day in a session of its own and give the seconds it took."""
    moved_plan, moved_rows = moved(plan, rows, number)
    started = time.perf_counter()
    store.save([(moved_plan, [moved_rows])])
    return time.perf_counter() - started


def main() -> list[str]:
    """Fill a history with 10 million rows, then save a day into it and one into an empty history, in turn."""
    plan, rows = day_of(FIRST)
    empty, full = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        store = Store(path / "full.duckdb", path / "portfolio.duckdb", "simulated")
        for number in range(DAYS):
            seconds_to_save(store, plan, rows, number)
        for number in range(PAIRS):
            new = Store(path / f"empty{number}.duckdb", path / "portfolio.duckdb", "simulated")
            new.known(FIRST, FIRST)
            empty.append(seconds_to_save(new, plan, rows, 0))
            full.append(seconds_to_save(store, plan, rows, DAYS + number))
    into_full, into_empty = median(full), median(empty)
    history = f"{DAYS * ANSWERS * POSITIONS:,} rows"
    what = f"a day of 100,000 rows into {history}: {into_full:.2f} s; into an empty history {into_empty:.2f} s"
    return [f"{what} | {into_full / into_empty:.2f} x | <= 1.2 x"]
