"""Promises of a run that Dagster ends: it stops though a provider is slow, and keeps what was answered."""

import json
import signal
import subprocess
import sys

import dagster as dg
import pytest

from dagster_project.orchestration.build import JOB
from dagster_project.orchestration.home import make_home, open_instance
from tests.kills.wholeness import instants_in
from tests.orchestration.test_dagster import RANGE, green, key
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_stopping import open_streams
from tests.waiting import until

pytestmark = pytest.mark.every

PATIENCE = 300
"""Seconds; ten where nobody shares the machine."""


def test_a_run_that_dagster_terminates(portfolio: Portfolio) -> None:
    """Told to stop while an answer is slow, it ends as cancelled; what is stored is green, and no stream stays open."""
    portfolio.write()
    home = make_home(portfolio.folder / "dagster")
    slow = {"account": address("cold"), "at": int(day(2).timestamp()), "seconds": 2 * PATIENCE}
    portfolio.simulator.order("slow_first_byte", **slow)
    tags = {RANGE[0]: key(0), RANGE[1]: key(4)}
    command = ["-m", "dagster", "job", "execute", "-m", "dagster_project.definitions", "-j", JOB, "--tags"]
    run = subprocess.Popen(
        [sys.executable, *command, json.dumps(tags)], env=portfolio.environment | {"DAGSTER_HOME": str(home)},
        cwd=portfolio.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with run, open_instance(home) as own:
        try:
            until(lambda: green(own, "credmark") == {key(0), key(1)}, PATIENCE)
            (recorded,) = own.get_runs()
            own.report_run_canceling(recorded)  # as Dagster's launcher does it, before the same signal
            run.send_signal(signal.SIGINT)
            said, _ = run.communicate(timeout=PATIENCE)
        finally:
            run.kill()
        assert run.returncode == 1, said
        assert [one.status for one in own.get_runs()] == [dg.DagsterRunStatus.CANCELED], said
        assert green(own, "store") == {key(0), key(1)}
    assert open_streams(portfolio) == []
    assert instants_in(portfolio.published) == instants_in(portfolio.store) == {day(0), day(1)}
