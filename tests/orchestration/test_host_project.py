"""Promises to other Dagster projects: they import our definitions, put assets behind ours, and keep what is theirs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.errors import SettingsError
from dagster_project.orchestration.build import build
from dagster_project.orchestration.host import portfolio_definitions, published_file
from tests.portfolio import Portfolio

PAGE = Path(__file__).parents[2] / "docs" / "extend.md"


def project(portfolio: Portfolio) -> Path:
    """Write the project that the page shows, beside the settings of this portfolio; give its module."""
    (code,) = re.findall("```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = portfolio.folder / "their_definitions.py"
    file.write_text(code, encoding="utf-8")
    return file


def dagster(portfolio: Portfolio, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Dagster as its own process in a folder where nothing is, with an instance of its own."""
    elsewhere = portfolio.folder / "elsewhere"
    home = elsewhere / "home"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTFOLIO_")}
    return subprocess.run(
        [sys.executable, "-m", "dagster", *command],
        env=environment | {"DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"},
        cwd=elsewhere, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_another_project_runs_an_asset_behind_ours(portfolio: Portfolio) -> None:
    """The project of the page loads, and its asset reads the published file in the run that writes our report."""
    portfolio.take(0)
    file = project(portfolio)
    loaded = dagster(portfolio, "definitions", "validate", "-f", str(file))
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    report = portfolio.published.with_name("report.html")
    report.unlink(missing_ok=True)
    done = dagster(portfolio, "asset", "materialize", "-f", str(file), "--select", "report,largest_account")
    assert done.returncode == 0, done.stdout + done.stderr
    assert report.exists()
    with dg.DagsterInstance.from_config(str(portfolio.folder / "elsewhere" / "home")) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("largest_account"))
    assert event is not None
    assert event.asset_materialization is not None
    found = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    first = portfolio.query("select name, value_usd::varchar from current_value() where per = 'account' "
                            "order by value_usd desc limit 1").rows[0]  # fmt: skip
    assert (found["account"], found["value_usd"]) == first


@pytest.mark.slow
def test_a_snapshot_is_taken_within_another_project(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merged with definitions that have an executor of their own, the job takes the snapshot of its partition."""
    portfolio.settings()
    ours = portfolio_definitions(portfolio.config, with_executor=False)
    theirs = dg.Definitions(executor=dg.multiprocess_executor)
    merged = dg.Definitions.merge(ours, theirs)
    monkeypatch.chdir(portfolio.folder.parent)
    with dg.DagsterInstance.ephemeral() as instance:
        result = merged.resolve_job_def("snapshot").execute_in_process(
            partition_key="2026-05-01T00:00", instance=instance
        )
    assert result.success
    assert portfolio.query("select count(*) from snapshot").rows == [(1,)]
    assert published_file(portfolio.config) == portfolio.published


def test_what_is_theirs_stays_theirs(portfolio: Portfolio) -> None:
    """As a guest nothing drops records of runs, failed runs of others are not ours, and automation can be left out."""
    portfolio.settings()
    guest = portfolio_definitions(portfolio.config)
    repository = guest.get_repository_def()
    assert [name for name in repository.job_names if not name.startswith("__")] == ["snapshot"]
    assert [one.name for one in repository.schedule_defs] == ["every_tick"]
    failing = repository.get_sensor_def("failed_run")
    assert [job.name for job in vars(failing)["_monitored_jobs"]] == ["snapshot"]
    assert not vars(build(portfolio.settings()).get_repository_def().get_sensor_def("failed_run"))["_monitored_jobs"]
    quiet = portfolio_definitions(portfolio.config, with_automation=False, with_executor=False)
    assert (quiet.schedules, quiet.sensors, quiet.executor) == (None, None, None)


@pytest.mark.every
def test_a_guest_without_settings_says_what_to_do(tmp_path: Path) -> None:
    """Importing reads nothing; asked for definitions without a settings file the error has its path and the remedy."""
    with pytest.raises(SettingsError) as caught:
        portfolio_definitions(tmp_path / "portfolio.toml")
    assert str(tmp_path / "portfolio.toml") in str(caught.value)
    assert "write one with `portfolio init`, or point PORTFOLIO_CONFIG at it" in str(caught.value)
    code = "import dagster_project.orchestration.host"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PAGE.parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_another_project_without_settings_does_not_load(portfolio: Portfolio) -> None:
    """Where the settings file is missing the host's code location fails with the path and the remedy."""
    file = project(portfolio)
    portfolio.config.unlink(missing_ok=True)
    loaded = dagster(portfolio, "definitions", "validate", "-f", str(file))
    assert loaded.returncode != 0
    assert "write one with `portfolio init`" in loaded.stdout + loaded.stderr
