"""Promises across processes: runs at once lose nothing, readers are never waited for, a killed run is healed."""

import os
import shlex
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from dagster_project.settings.keys import SIMULATED_KEY
from dagster_project.sources.limits import KeyLimiter, KeyState, state_path
from dagster_project.warehouse.lock import exclusive, shared
from tests.portfolio import PORTFOLIO, Portfolio, day
from tests.simulator.running_simulator import address
from tests.waiting import has_open, until

pytestmark = pytest.mark.slow


def start(portfolio: Portfolio, *arguments: str) -> subprocess.Popen[str]:
    """Start the command as a process of its own."""
    return subprocess.Popen(
        [*PORTFOLIO, *arguments], env=portfolio.environment, cwd=portfolio.folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_four_runs_at_once_and_a_reader(portfolio: Portfolio) -> None:
    """Four overlapping processes for different instants store every row; an all-day reader stops none of them."""
    portfolio.write()
    portfolio.take(0)
    reader = duckdb.connect(portfolio.published, read_only=True)
    before = reader.execute("select count(*) from snapshot").fetchall()
    runs = [start(portfolio, "snapshot", "--at", f"{day(number):%Y-%m-%d}") for number in (1, 2, 3, 4)]
    for run in runs:
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
    assert reader.execute("select count(*) from snapshot").fetchall() == before == [(1,)]
    reader.close()
    with duckdb.connect(portfolio.published, read_only=True) as again:
        rows = again.execute("select as_of, count(*) from cell group by as_of order by as_of").fetchall()
        assert rows == [(day(number).replace(tzinfo=None), 5) for number in range(5)]
        held = again.execute("select count(*), count(distinct (as_of, account_id, asset_id)) from balance").fetchall()
        assert held[0][0] == held[0][1] > 5 * 40
        assert again.execute("select count(*) from value_chart() where value_usd is null").fetchall() == [(0,)]


@pytest.mark.every
def test_two_runs_of_the_same_instant(portfolio: Portfolio) -> None:
    """Two processes that take the same instant at once leave every row once and supersede nothing."""
    portfolio.write()
    runs = [start(portfolio, "snapshot", "--at", "2026-05-01") for _ in range(2)]
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    for run in runs:
        run.communicate()
    assert portfolio.query("select count(*) from cell").rows == [(5,)]
    assert portfolio.query("select count(*) from pull_superseded").rows == [(0,)]


@pytest.mark.every
def test_a_new_store_is_made_before_anybody_is_asked(portfolio: Portfolio) -> None:
    """A run whose store is not there makes it first: answers without a store would tell of one that was lost."""
    portfolio.write()
    portfolio.store.parent.mkdir(parents=True)
    lock = portfolio.store.with_name("store.duckdb.lock")
    with exclusive(lock, 0):
        run = start(portfolio, "snapshot", "--at", "2026-05-01")
        until(lambda: has_open(run, lock))
        time.sleep(1)
        assert portfolio.answers_kept() == 0
        assert not portfolio.store.exists()
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    assert portfolio.query("select count(*), count(*) filter (outcome = 'answered') from pull").rows == [(5, 5)]


@pytest.mark.every
def test_a_store_that_is_there_is_heeded_first(portfolio: Portfolio) -> None:
    """A run whose store is there asks nobody before it has read what is known: it may be told to ask nothing."""
    portfolio.take(0)
    kept = portfolio.answers_kept()
    lock = portfolio.store.with_name("store.duckdb.lock")
    with exclusive(lock, 0):
        run = start(portfolio, "snapshot", "--at", "2026-05-02")
        until(lambda: has_open(run, lock))
        time.sleep(1)
        assert portfolio.answers_kept() == kept
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    assert portfolio.answers_kept() == kept + 5


@pytest.mark.every
def test_a_killed_run_keeps_what_it_paid_for(portfolio: Portfolio) -> None:
    """After kill -9 while one answer is slow, the four answers that had come are not asked for again."""
    portfolio.write()
    portfolio.simulator.order("slow_first_byte", account=address("cold"), seconds=600)
    run = start(portfolio, "snapshot", "--at", "2026-05-01")
    streams = portfolio.folder / "data" / "simulated" / "raw"
    until(lambda: portfolio.answers_kept() == 4)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=30)
    assert not portfolio.published.exists()
    portfolio.simulator.clear_faults()
    portfolio.forget_requests()
    done = portfolio.process("snapshot", "--at", "2026-05-01")
    assert done.returncode == 0, done.stderr
    (line,) = portfolio.requests()
    assert address("cold") in line
    assert not list(streams.rglob("*.part"))
    assert portfolio.query("select count(*) from attempt").rows == [(2,)]


def test_what_a_killed_run_stored_is_published_by_the_next(portfolio: Portfolio) -> None:
    """A store that is newer than the published file is published even when nothing is left to pull."""
    portfolio.take(0, 1)
    portfolio.published.unlink()
    portfolio.take(0)
    assert portfolio.query("select count(*) from snapshot").rows == [(2,)]


@pytest.mark.every
def test_a_backfill_lets_the_live_tick_go_first(portfolio: Portfolio) -> None:
    """While a live snapshot holds the gate, a backfill asks nothing; when it is free, the backfill goes on."""
    portfolio.write()
    gate = portfolio.folder / "data" / "simulated" / "live.lock"
    gate.parent.mkdir(parents=True)
    with shared(gate):
        run = start(portfolio, "backfill", "--until", "2026-05-03")
        time.sleep(4)
        assert portfolio.requests() == []
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    assert len(portfolio.requests()) == 15


@pytest.mark.every
def test_a_busy_store_says_so(portfolio: Portfolio) -> None:
    """When another program holds the store to write, the error names the file and says what to do."""
    portfolio.take(0)
    with duckdb.connect(portfolio.store) as held:
        held.execute("select 1")
        done = portfolio.process("snapshot", "--at", "2026-05-02")
    assert done.returncode == 1
    assert "another program has it open" in done.stderr
    assert str(portfolio.store) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.every
@pytest.mark.parametrize("kilobytes", [8, 60, 300, 1500, 2500])
def test_a_full_disk_loses_nothing(portfolio: Portfolio, kilobytes: int) -> None:
    """Where the disk is full, at whatever point, the error says so, and with space again a run makes all of it good."""
    portfolio.write()
    command = " ".join(shlex.quote(word) for word in (*PORTFOLIO, "backfill", "--until", "2026-05-05"))
    full = subprocess.run(
        ["bash", "-c", f"ulimit -f {kilobytes}; exec {command}"], env=portfolio.environment, cwd=portfolio.folder,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert full.returncode == 1, full.stdout + full.stderr
    assert "Traceback" not in full.stderr
    assert "free space" in full.stderr
    asked_before = len(portfolio.requests())
    if portfolio.published.exists():
        assert portfolio.query("select count(*) from value_chart() where value_usd is null").rows == [(0,)]
    done = portfolio.process("backfill", "--until", "2026-05-05")
    assert done.returncode == 0, done.stderr
    assert portfolio.query("select count(*), count(value_usd) from value_chart()").rows == [(5, 5)]
    assert len(portfolio.requests()) - asked_before <= 25


@pytest.mark.every
def test_three_runs_of_four_providers_keep_one_pace(portfolio: Portfolio) -> None:
    """However many processes ask with a key at once, no request arrives before the one rate of the key lets it go."""
    rate = 20
    portfolio.accounts = ("tiny",)
    portfolio.providers = ("oneinch_portfolio", "oneinch_balance", "onebalance", "credmark")
    portfolio.provider_keys = f"requests_per_second = {rate}\n"
    portfolio.write()
    key = KeyState(state_path("127.0.0.1", SIMULATED_KEY.get_secret_value()))
    begin = datetime.now(UTC) + timedelta(seconds=6)  # by when all three are there, where the machine is quiet
    KeyLimiter(key, rate).pause_until(begin)
    key.close()
    runs = [start(portfolio, "snapshot", "--at", f"2026-05-0{number}") for number in (1, 2, 3)]
    for run in runs:
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
    seen = portfolio.simulator.http.get(f"{portfolio.simulator.url}/_simulator/requests").json()["last"]
    arrived = sorted(one["received_at"] for one in seen if not one["path"].startswith("/_simulator"))
    assert len(arrived) == 3 * 7
    assert portfolio.query("select sum(tries)::integer from pull").rows == [(len(arrived),)]
    for number, at in enumerate(arrived):
        assert at >= begin.timestamp() + number / rate - 0.002, "milliseconds are what a pace counts in"
