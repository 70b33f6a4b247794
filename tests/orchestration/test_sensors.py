"""Promises of the daemon beside its schedule: what was missed is caught up once, a failed run is told, old runs go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from dagster_project.model import format_as_of
from dagster_project.orchestration.build import JOB, QUIET, build
from dagster_project.orchestration.checks import ANSWERED, TOTAL
from dagster_project.orchestration.home import make_home, open_instance
from dagster_project.orchestration.partitions import instants
from dagster_project.orchestration.prune import prune
from dagster_project.orchestration.tags import range_tags
from tests.alerts.receiving import webhook_of_a_test
from tests.orchestration.test_dagster import evaluations
from tests.portfolio import FIRST, Portfolio
from tests.simulator.running_simulator import address

pytestmark = pytest.mark.every

ROOT = Path(__file__).parents[2]
PATIENCE = 300
"""Seconds for the daemon to see what was missed, and to end; a minute where nobody shares the machine."""


@dataclass
class Recent(Portfolio):
    """A portfolio whose days count back from its latest tick; the next one is hours away, at whatever time of day."""

    latest: datetime = field(
        default_factory=lambda: datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=12)
    )

    def begins(self, days_ago: int) -> None:
        """Let the history begin so many days before the latest tick."""
        start = self.latest - timedelta(days=days_ago)
        self.snapshots = f'cron = "0 {self.latest.hour} * * *"\nstart = "{start:%Y-%m-%d}"'

    def number(self, days_ago: int) -> float:
        """Give the number of a day as the test portfolio counts them."""
        return (self.latest - timedelta(days=days_ago) - FIRST) / timedelta(days=1)

    def key(self, days_ago: int) -> str:
        """Give the partition key of a day."""
        return format_as_of(self.latest - timedelta(days=days_ago))


@pytest.fixture
def recent(portfolio: Portfolio) -> Recent:
    """Give a portfolio whose history began six days ago."""
    one = Recent(portfolio.folder, portfolio.simulator, accounts=("treasury",))
    one.begins(6)
    return one


@contextmanager
def own_instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    """Give an instance with its records in a folder, as users have."""
    with open_instance(make_home(folder)) as own:
        yield own


def evaluate(portfolio: Portfolio, name: str, own: dg.DagsterInstance) -> SensorExecutionData:
    """Evaluate a sensor as the daemon does."""
    repository = build(portfolio.settings()).get_repository_def()
    sensor = repository.get_sensor_def(name)
    with dg.build_sensor_context(instance=own, repository_def=repository) as context:
        return sensor.evaluate_tick(context)


def test_what_was_missed_is_asked_for_once(recent: Recent) -> None:
    """The latest gap is one run over its range; once it was asked for, however that ended, nothing is asked again."""
    recent.take(recent.number(5), recent.number(2), recent.number(1), recent.number(0))
    with dg.DagsterInstance.ephemeral() as own:
        (request,) = evaluate(recent, "catch_up", own).run_requests or []
        assert range_tags(recent.key(4), recent.key(3)).items() <= dict(request.tags).items()
        assert request.run_key == f"{recent.key(4)}..{recent.key(3)}"
        recent.simulator.order("forbidden")
        job = build(recent.settings()).resolve_job_def(JOB)
        assert not job.execute_in_process(QUIET, instance=own, tags=request.tags, raise_on_error=False).success
        recent.simulator.clear_faults()
        assert not evaluate(recent, "catch_up", own).run_requests
        assert "no instant was missed" in str(evaluate(recent, "catch_up", own).skip_message)
    missing = recent.query("select distinct as_of from coverage() where status = 'missing'").rows
    assert len(missing) == 2


@pytest.mark.parametrize("days_ago", [1, 4])
def test_a_scheduled_run_asks_again_for_what_failed_lately(recent: Recent, days_ago: int) -> None:
    """The run of a tick turns an instant of the last seven days green that failed before, with its checks."""
    at = int((recent.latest - timedelta(days=days_ago)).timestamp())
    with dg.DagsterInstance.ephemeral() as own:
        job = build(recent.settings()).resolve_job_def(JOB)
        recent.simulator.order("forbidden", account=address("treasury"), at=at)
        for first, last in ((5, 1), (0, 0)):
            tags = range_tags(recent.key(first), recent.key(last))
            assert job.execute_in_process(QUIET, instance=own, tags=tags).success
            recent.simulator.clear_faults()
        for asset, check in (("credmark", ANSWERED), ("store", TOTAL)):
            keys = {recent.key(days) for days in range(6)}
            assert own.get_materialized_partitions(dg.AssetKey(asset)) == keys
            assert evaluations(own, asset, check)[recent.key(days_ago)].passed
    assert [row["value_usd"] is None for row in recent.answer("value_chart")] == [False] * 6


def test_what_nobody_asked_for_is_no_gap(recent: Recent) -> None:
    """Before the first snapshot nothing is missed, and neither is what a range further back left open."""
    with dg.DagsterInstance.ephemeral() as own:
        assert not evaluate(recent, "catch_up", own).run_requests
        recent.begins(90)
        recent.take(recent.number(80))
        assert not evaluate(recent, "catch_up", own).run_requests
        recent.take(recent.number(0), recent.number(30))
        (request,) = evaluate(recent, "catch_up", own).run_requests or []
        assert request.run_key == f"{recent.key(29)}..{recent.key(1)}"


def test_a_now_only_provider_is_not_asked_for_the_past(recent: Recent) -> None:
    """Where nobody can answer for a past instant there is nothing to catch up; the gap stays and is seen."""
    recent.providers = ("onebalance",)
    recent.account_keys = {"treasury": 'chains = ["eip155:1"]'}
    recent.take(recent.number(5), recent.number(0))
    with dg.DagsterInstance.ephemeral() as own:
        assert not evaluate(recent, "catch_up", own).run_requests


def test_plain_cron_catches_up_too(recent: Recent) -> None:
    """`snapshot --catch-up` takes the latest tick, then what was missed before it, and the next time nothing more."""
    recent.take(recent.number(4))
    done = recent.command("snapshot", "--catch-up", check=True)
    assert "catching up 3 instants" in done.stderr
    assert len(recent.answer("value_chart")) == 5
    assert recent.answer("gaps") == []
    again = recent.command("snapshot", "--catch-up", check=True)
    assert "catching up" not in again.stderr


def test_old_runs_go_and_partitions_stay_green(recent: Recent, tmp_path: Path) -> None:
    """Pruning frees the records of old runs from the disk; every partition stands as before, and runs go on."""
    with own_instance(tmp_path / "dagster") as own:
        job = build(recent.settings()).resolve_job_def(JOB)
        for first, last in ((5, 3), (2, 2)):
            tags = range_tags(recent.key(first), recent.key(last))
            assert job.execute_in_process(QUIET, instance=own, tags=tags).success
        assert prune(own, datetime.now(UTC) - timedelta(days=1)) == 0
        size = sum(path.stat().st_size for path in (tmp_path / "dagster" / "history" / "runs").glob("*-*.db"))
        assert prune(own, datetime.now(UTC) + timedelta(days=1)) == 2
        assert own.get_runs_count() == 0
        assert size > 100_000
        assert list((tmp_path / "dagster" / "history" / "runs").glob("*-*.db")) == []
        assert not [path for path in (tmp_path / "dagster" / "storage").rglob("*") if path.is_file()]
    with own_instance(tmp_path / "dagster") as own:
        keys = [recent.key(days) for days in (5, 4, 3, 2)]
        for asset in ("store", "credmark"):
            assert own.get_materialized_partitions(dg.AssetKey(asset)) == set(keys)
            status = own.get_status_by_partition(dg.AssetKey(asset), keys, instants(recent.settings()))
            assert status is not None
            assert {one.value for one in status.values() if one is not None} == {"MATERIALIZED"}
        assert job.execute_in_process(QUIET, instance=own, tags=range_tags(recent.key(1), recent.key(1))).success
        pruned = build(recent.settings()).resolve_job_def("prune_runs").execute_in_process(instance=own)
        assert pruned.success
        assert own.get_runs_count() == 2


def test_the_daemon_catches_up_tells_and_stops(recent: Recent, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that was down asks for what was missed by itself, tells that this run failed, and obeys SIGINT."""
    with webhook_of_a_test() as webhook:
        monkeypatch.setenv("MY_ALERTS_URL", webhook.url)
        recent.extra = '[alerts]\nwebhook_url_env = "MY_ALERTS_URL"\n'
        recent.take(recent.number(2), recent.number(0))
        recent.simulator.order("forbidden")
        home = make_home(recent.folder / "dagster")
        environment = os.environ | recent.environment | {"DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(ROOT / "workspace.yaml")]
        with (recent.folder / "log").open("w") as log:
            daemon = subprocess.Popen(command, env=environment, cwd=recent.folder, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while not any("failed_run" in line for line in webhook.lines) and time.monotonic() < deadline:
                assert daemon.poll() is None
                time.sleep(0.5)
            daemon.send_signal(signal.SIGINT)
            daemon.wait(timeout=PATIENCE)
        finally:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
    assert any("of the job snapshot failed" in line for line in webhook.lines), (recent.folder / "log").read_text()
    assert recent.query("select count(*) from snapshot").rows == [(3,)]
