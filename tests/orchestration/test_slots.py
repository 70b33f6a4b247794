"""Promises of the pool: who is killed gives its slot back, seen through Dagster's own daemon and code server."""

import os
import signal
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from dagster_project.orchestration.assets import POOL
from dagster_project.orchestration.build import JOB
from dagster_project.orchestration.home import open_instance
from tests.orchestration.test_dagster import RANGE, green, key
from tests.orchestration.test_webserver import LOCATION, dagster, until
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import address

pytestmark = pytest.mark.every

LAUNCH = """
mutation ($run: ExecutionParams!) { launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } } } }
"""


def launched(ask: Callable[..., Any], number: int) -> str:
    """Launch the job for a day as the UI does; gives the run's id."""
    job = {"repositoryLocationName": "portfolio_snapshots", "repositoryName": "__repository__", "jobName": JOB}
    about = {"tags": [{"key": name, "value": key(number)} for name in RANGE]}
    answer = ask(LAUNCH, run={"selector": job, "runConfigData": {}, "mode": "default", "executionMetadata": about})
    assert answer["launchRun"]["__typename"] == "LaunchRunSuccess", answer
    return str(answer["launchRun"]["run"]["runId"])


def status(own: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    """Tell how a run stands."""
    run = own.get_run_by_id(run_id)
    assert run is not None
    return run.status


def holders(own: dg.DagsterInstance) -> set[str]:
    """The runs that hold a slot of the pool."""
    return {one.run_id for one in own.event_log_storage.get_concurrency_info(POOL).claimed_slots}


def process_of(own: dg.DagsterInstance, run_id: str) -> int:
    """The process of a run, as Dagster noted it."""
    for entry in own.all_logs(run_id):
        event = entry.dagster_event
        metadata = getattr(event.event_specific_data, "metadata", {}) if event else {}
        if "pid" in metadata:
            return int(str(metadata["pid"].value))
    raise AssertionError([entry.user_message for entry in own.all_logs(run_id)])


def test_killed_runs_give_their_slots_back(portfolio: Portfolio) -> None:
    """With both slots held by killed runs, a run that waits goes on, the killed ones are tried again, none is held."""
    portfolio.accounts = ("cold",)
    portfolio.write()
    portfolio.simulator.order("slow_first_byte", account=address("cold"), seconds=3_600)
    with dagster(portfolio) as ask, open_instance(portfolio.folder / "dagster") as own:
        until(
            lambda: ask(LOCATION)["workspaceOrError"].get("locationEntries", []),
            lambda found: bool(found) and found[0]["loadStatus"] == "LOADED",
        )
        killed = {launched(ask, number) for number in (0, 1)}
        until(lambda: holders(own), lambda found: found == killed)
        waiting = launched(ask, 2)
        portfolio.simulator.clear_faults()
        assert status(own, waiting) in {dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED}
        for one in killed:
            os.kill(process_of(own, one), signal.SIGKILL)
        until(lambda: status(own, waiting), lambda found: found is dg.DagsterRunStatus.SUCCESS)
        assert {status(own, one) for one in killed} == {dg.DagsterRunStatus.FAILURE}
        until(lambda: green(own, "store"), lambda found: found == {key(0), key(1), key(2)})
        until(lambda: holders(own), lambda found: found == set())
