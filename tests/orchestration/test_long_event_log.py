"""Promises of Dagster's own record of hundreds of runs: scheduled runs and backfills go on, and cost about the same."""

import sqlite3
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.orchestration.build import build
from dagster_project.orchestration.prune import prune
from tests.orchestration.test_dagster import green, key, run
from tests.orchestration.test_sensors import evaluate, own_instance
from tests.portfolio import Portfolio

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::dagster.PreviewWarning"),
]

MOST_TIMES = 3
"""How many times the processor's time of a run may be that of one with an empty record; behind 50 runs it was 0.98."""


def multiply(history: Path, own: dg.DagsterInstance, count: int) -> None:
    """Copy Dagster's record of its only run, with all its events, so many times, each under a name of its own."""
    (first,) = own.get_runs()
    names = [str(uuid.uuid4()) for _ in range(count)]
    _copy_rows(history / "runs.db", "runs", first.run_id, names)
    _copy_rows(history / "runs.db", "run_tags", first.run_id, names)
    _copy_rows(history / "runs" / "index.db", "event_logs", first.run_id, names)
    events = history / "runs" / f"{first.run_id}.db"
    for name in names:
        copy = events.with_stem(name)
        copy.write_bytes(events.read_bytes())
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("pragma synchronous = off")
            new = {"old": first.run_id, "new": name}
            connection.execute("update event_logs set run_id = :new, event = replace(event, :old, :new)", new)


def _copy_rows(path: Path, table: str, old: str, names: list[str]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [column for _, column, *_ in connection.execute(f"pragma table_info({table})") if column != "id"]
        listed = ", ".join(columns)
        renamed = ", ".join(f"replace({column}, :old, :new)" if _is_text(column) else column for column in columns)
        sql = f"insert into {table} ({listed}) select {renamed} from {table} where run_id = :old"
        connection.executemany(sql, [{"old": old, "new": name} for name in names])


def _is_text(column: str) -> bool:
    return column in {"run_id", "run_body", "event"}


def seconds_of(portfolio: Portfolio, own: dg.DagsterInstance, first: int, last: int) -> float:
    """Take a range of days in a run as the schedule or a backfill does; gives the processor's time."""
    began = time.process_time()
    assert run(portfolio, own, first, last).success
    return time.process_time() - began


@pytest.mark.every
@pytest.mark.parametrize("count", [500])
def test_runs_go_on_behind_a_long_record(portfolio: Portfolio, count: int) -> None:
    """Behind so many recorded runs a tick and a backfill are taken, green and as cheap, and pruning ends the record."""
    portfolio.accounts = ("treasury",)
    home = portfolio.folder / "dagster"
    with own_instance(home) as own:
        seconds_of(portfolio, own, 0, 0)
        alone = seconds_of(portfolio, own, 1, 1) + seconds_of(portfolio, own, 2, 3)
        for one in own.get_runs(limit=2):
            own.delete_run(one.run_id)
        multiply(home / "history", own, count)
        assert own.get_runs_count() == count + 1
        behind = seconds_of(portfolio, own, 4, 4) + seconds_of(portfolio, own, 5, 6)
        record = f"{behind:.2f} s behind {count} runs, {alone:.2f} s alone"
        assert behind < MOST_TIMES * alone, record
        assert green(own, "store") >= {key(number) for number in range(4, 7)}
        assert not evaluate(portfolio, "catch_up", own).run_requests
        schedule = build(portfolio.settings()).get_repository_def().get_schedule_def("every_tick")
        with dg.build_schedule_context(instance=own, scheduled_execution_time=datetime(2026, 5, 8, tzinfo=UTC)) as at:
            (request,) = schedule.evaluate_tick(at).run_requests or []
        assert request.partition_key == key(7)
        assert prune(own, datetime.now(UTC) + timedelta(days=1)) == count + 3
    assert portfolio.query("select count(*), count(value_usd) from value_chart()").rows == [(7, 7)]
