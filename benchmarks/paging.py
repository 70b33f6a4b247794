"""Write the page of ten years of fifty accounts, a snapshot a day: how long that takes, and how large the page is."""

import tempfile
import time
from pathlib import Path

from benchmarks import asking
from dagster_project.faces.page import write_report
from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.store import Store

ACCOUNTS, ASSETS, DAYS = 50, 6, 3650
AT_ONCE = 100


def fill(folder: Path) -> Path:
    """Store the days a hundred at a time, and give the published file."""
    published = folder / "portfolio.duckdb"
    store = Store(folder / "store.duckdb", published, "simulated")
    plan, rows = asking.first_day(ACCOUNTS, ASSETS)
    for start in range(0, DAYS, AT_ONCE):
        days = [asking.on_day(plan, rows, number) for number in range(start, min(start + AT_ONCE, DAYS))]
        store.save([(day, [of_day]) for day, of_day in days])
    store.publish()
    return published


def main() -> list[str]:
    """Make the history, write its page beside fetching its charts alone, and throw both away."""
    with tempfile.TemporaryDirectory() as folder:
        published, report = fill(Path(folder)), Path(folder) / "report.html"
        write_report(published, report, is_simulated=True)  # the library is bundled once and kept
        started = time.perf_counter()
        write_report(published, report, is_simulated=True)
        written = time.perf_counter() - started
        started = time.perf_counter()
        for number in range(ACCOUNTS):
            answer(published, "value_chart", account=str(number))
        charts = time.perf_counter() - started
        size = report.stat().st_size
    ratio = f"{written / charts:.1f} x the {ACCOUNTS} accounts' charts alone ({charts:.1f} s)"
    return [
        f"the page of {DAYS} days of {ACCOUNTS} accounts: {written:.1f} s, {size / 1e6:.1f} MB | {ratio} | at most 5 MB"
    ]
