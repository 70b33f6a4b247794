"""Promises of Dagster's processes that are killed during a run, or down over ticks: each instant is stored once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import ScheduleInstigatorData

from tests.deploy.test_code_server import children, free_port, started
from tests.orchestration.test_accidents import is_whole
from tests.orchestration.test_dagster import green
from tests.orchestration.test_sensors import Recent, own_instance, recent
from tests.orchestration.test_slots import holders
from tests.orchestration.test_webserver import DAEMON, PATIENCE, until
from tests.simulator.running_simulator import address

__all__ = ["recent"]

pytestmark = pytest.mark.every

WORKSPACE = """
load_from: [{{grpc_server: {{host: 127.0.0.1, port: {}, location_name: portfolio_snapshots}}}}]
"""


@contextmanager
def daemon(recent: Recent, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon in front of the code server at a port."""
    workspace = recent.folder / "workspace.yaml"
    workspace.write_text(WORKSPACE.format(port), encoding="utf-8")
    environment = recent.environment | {"DAGSTER_HOME": str(recent.folder / "dagster"), "PYTHONWARNINGS": "ignore"}
    with (recent.folder / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", DAEMON, "run", "-w", str(workspace)],
            env=environment, cwd=recent.folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def is_taken_up_to(recent: Recent, own: dg.DagsterInstance, first: int) -> None:
    """Wait until the run that catches up has stored a day, and is asking for the next."""
    until(lambda: green(own, "credmark"), lambda found: recent.key(first) in found)
    until(recent.requests, lambda found: len(found) >= 2)


def ends_well(recent: Recent, own: dg.DagsterInstance, days: range) -> None:
    """Every day is stored, once, and no slot is held."""
    keys = {recent.key(days_ago) for days_ago in days}
    until(lambda: green(own, "store"), lambda found: keys <= found)
    until(
        lambda: {run.status for run in own.get_runs()},
        lambda found: found <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE},
    )
    until(lambda: holders(own), lambda found: found == set())
    is_whole(recent)


@pytest.mark.parametrize(("is_orphan", "days_ago"), [(False, 3), (True, 4)])
def test_a_code_server_that_is_killed_during_a_run(recent: Recent, is_orphan: bool, days_ago: int) -> None:  # noqa: FBT001 - a case
    """Killed with its run or alone, a run of the next server takes the rest, each attempt once, and no slot is held."""
    recent.take(recent.number(days_ago), recent.number(0))
    recent.forget_requests()
    at = int((recent.latest - timedelta(days=days_ago - 2)).timestamp())
    recent.simulator.order("slow_first_byte", account=address("treasury"), at=at, seconds=40 if is_orphan else 3600)
    port = free_port()
    with own_instance(recent.folder / "dagster") as own:
        with started(recent, port) as server, daemon(recent, port):
            is_taken_up_to(recent, own, days_ago - 1)
            (killed,) = own.get_runs()
            left = children(server.pid)
            server.kill()
            server.wait()
            for pid in left if not is_orphan else ():
                os.kill(pid, signal.SIGKILL)
            recent.simulator.clear_faults()
            with started(recent, port):
                until(own.get_runs_count, lambda found: found == 2)
                ends_well(recent, own, range(1, days_ago))
        ended = own.get_run_by_id(killed.run_id)
        assert ended is not None
        retried = own.get_runs(dg.RunsFilter(tags={"dagster/parent_run_id": killed.run_id}))
        assert [run.status for run in retried] == [dg.DagsterRunStatus.SUCCESS]
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("days_down", [8])
def test_a_daemon_that_is_killed_and_down_over_ticks(recent: Recent, days_down: int) -> None:
    """Killed during a run and started anew hours after several ticks, it takes each of them, every attempt once."""
    recent.begins(days_down + 3)
    recent.take(recent.number(days_down))
    recent.forget_requests()
    at = int((recent.latest - timedelta(days=days_down - 2)).timestamp())
    recent.simulator.order("slow_first_byte", account=address("treasury"), at=at, seconds=15)
    port = free_port()
    with own_instance(recent.folder / "dagster") as own, started(recent, port):
        with daemon(recent, port) as process:
            is_taken_up_to(recent, own, days_down - 1)
            process.kill()
        (state,) = (one for one in own.all_instigator_state() if one.instigator_name == "every_tick")
        since = (recent.latest - timedelta(days=days_down - 0.5)).timestamp()
        own.update_instigator_state(state.with_data(ScheduleInstigatorData("0 0 * * *", since, since)))
        with daemon(recent, port):
            until(
                lambda: own.get_runs(dg.RunsFilter(tags={"dagster/schedule_name": "every_tick"})),
                bool,
            )
            ends_well(recent, own, range(days_down))
