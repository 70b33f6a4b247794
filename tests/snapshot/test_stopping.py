"""Promises of a run that is told to stop: it ends soon, what was answered is kept, and what is stored is published."""

import signal
import subprocess
from pathlib import Path

import pytest

from dagster_project.warehouse.lock import exclusive
from tests.kills.wholeness import instants_in
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_processes import start
from tests.waiting import has_open, until

pytestmark = pytest.mark.slow

SOON = 300
"""Seconds in which a run that is told to stop has ended: a second or two where nobody shares the machine."""

FOR_EVER = 600
"""Seconds that the slow answer takes, which nobody waits for."""


def stopped(run: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Tell a run to stop, and give its exit code and what it said; it has to end soon."""
    run.send_signal(number)
    _, errors = run.communicate(timeout=SOON)
    return run.returncode, errors


def open_streams(portfolio: Portfolio) -> list[Path]:
    """Raw streams that were never sealed."""
    return list((portfolio.folder / "data").rglob("*.part"))


@pytest.mark.every
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_stop(portfolio: Portfolio, number: signal.Signals, code: int) -> None:
    """It ends within seconds though an answer is slow, seals and publishes, says so, and the next run asks the rest."""
    portfolio.write()
    portfolio.simulator.order("slow_first_byte", account=address("cold"), at=int(day(2).timestamp()), seconds=FOR_EVER)
    run = start(portfolio, "backfill", "--until", "2026-05-05")
    until(lambda: portfolio.published.exists() and portfolio.answers_kept() == 24)
    returned, errors = stopped(run, number)
    assert (returned, "Traceback" in errors) == (code, False), errors
    assert f"stopped by {number.name} after" in errors
    assert open_streams(portfolio) == []
    assert {day(0)} <= instants_in(portfolio.published) == instants_in(portfolio.store) <= {day(0), day(1)}
    portfolio.simulator.clear_faults()
    portfolio.forget_requests()
    done = portfolio.process("backfill", "--until", "2026-05-05")
    assert done.returncode == 0, done.stderr
    assert len(portfolio.requests()) == 1
    assert portfolio.query("select count(*), count(value_usd) from value_chart()").rows == [(5, 5)]


@pytest.mark.every
def test_a_verb_that_waits_is_interrupted(portfolio: Portfolio) -> None:
    """Ctrl-C while a verb waits for another writer ends it with 130 and no stack, and changes nothing."""
    portfolio.take(0)
    lock = portfolio.store.with_name("store.duckdb.lock")
    before = portfolio.store.read_bytes()
    with exclusive(lock, 10):
        waiting = start(portfolio, "compact")
        until(lambda: has_open(waiting, lock))
        returned, errors = stopped(waiting, signal.SIGINT)
    assert (returned, errors.splitlines()) == (130, ["stopped by SIGINT"])
    assert portfolio.store.read_bytes() == before
