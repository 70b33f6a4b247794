"""Promises of a clock that is set back: no verb does harm, nothing that had come is removed, the order stays."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from dagster_project.alerts.watch import watch
from dagster_project.archive.layout import find_all
from dagster_project.errors import ClockError
from dagster_project.faces.cli.examine import look_at_history
from dagster_project.settings.load import load
from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.snapshot.verify import verify
from dagster_project.warehouse.ask import query
from tests.portfolio import PORTFOLIO
from tests.snapshot.answering import Provider, provider
from tests.snapshot.test_second_clock import TODAY, nothing, real

__all__ = ["provider", "real"]


@pytest.fixture
def hourly(real: Path) -> Path:
    """Give the settings of a real wallet that is watched every hour, for two days."""
    start = f'start = "{TODAY - timedelta(days=2):%Y-%m-%d}"\ncron = "0 * * * *"\n'
    lines = real.read_text(encoding="utf-8").splitlines(keepends=True)
    real.write_text("".join(start if line.startswith("start =") else line for line in lines), encoding="utf-8")
    return real


def instants(config: Path) -> list[datetime]:
    """Give the published instants, as an answer orders them."""
    rows = query(
        load(datetime.now(UTC), config).paths.published,
        "select as_of from value_chart() where reason is distinct from 'missed_tick'",
    ).rows
    return [cast("datetime", as_of).replace(tzinfo=UTC) for (as_of,) in rows]


def run(config: Path, hours_back: int, *words: str) -> tuple[int, str]:
    """Run a command by a clock that is so many hours back; gives its exit code and what it said."""
    back = ["faketime", "-f", f"-{hours_back}h"] if hours_back else []
    done = subprocess.run(
        [*back, *PORTFOLIO, *words], env=os.environ, cwd=config.parent, text=True, capture_output=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.every
@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not here; apt-get install -y faketime")
@pytest.mark.parametrize("hours", [1, 5])
def test_verbs_by_a_clock_that_is_back(hourly: Path, hours: int) -> None:
    """Each verb of a clock set back ends well or names the clock; what is stored stays, in order, and verifies."""
    assert run(hourly, 0, "snapshot")[0] == 0
    (last,) = instants(hourly)
    since = f"{last - timedelta(hours=hours + 2):%Y-%m-%dT%H:%M}"
    for words in (("snapshot",), ("backfill", "--since", since), ("status",), ("verify",)):
        assert run(hourly, hours, *words)[0] == 0, words
    assert "this machine's clock is behind" in run(hourly, hours, "alert")[1]
    code, said = run(hourly, hours, "rebuild", "--drop-future")
    assert (code, "is behind; nothing is removed; set the clock" in said) == (1, True), said
    found = instants(hourly)
    assert found == sorted(set(found))
    assert (len(found), found[-1]) == (4, last)
    assert run(hourly, 0, "snapshot", "--catch-up")[0] == 0
    assert "clock" not in run(hourly, 0, "alert")[1]
    assert run(hourly, 0, "verify")[0] == 0
    assert instants(hourly)[: len(found)] == sorted(instants(hourly))[: len(found)]


@pytest.mark.every
@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=2)])
def test_what_had_come_is_no_future(hourly: Path, back: timedelta) -> None:
    """By a clock set back nothing is removed as of the future, whoever asks for it; set right, nobody speaks of it."""
    settings = load(datetime.now(UTC), hourly)
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    take_history(settings, Job((last - timedelta(hours=3), last)))
    before, streams = settings.paths.store.read_bytes(), find_all(settings.paths.raw)
    now = last + timedelta(minutes=1)
    assert [one.subject for one in look_at_history(settings, now - back) if one.level == "FAIL"] == ["future"]
    assert "future" in {alarm.key for alarm in watch(settings, now - back).alarms}
    with pytest.raises(ClockError, match="UTC had come when it was answered"):
        rebuild(settings, now - back, nothing, discard_old=False, drops_future=True)
    assert (settings.paths.store.read_bytes(), find_all(settings.paths.raw)) == (before, streams)
    assert [one for one in look_at_history(settings, now) if one.level == "FAIL"] == []
    assert "future" not in {alarm.key for alarm in watch(settings, now).alarms}
    rebuild(settings, now, nothing, discard_old=False, drops_future=True)
    assert instants(hourly) == [last - timedelta(hours=3), last]
    assert verify(settings, nothing) == []


@pytest.mark.every
@pytest.mark.parametrize("ahead", [timedelta(minutes=30), timedelta(hours=2)])
def test_what_had_not_come_is_removed(hourly: Path, provider: Provider, ahead: timedelta) -> None:
    """Where no Date of its answers says that an instant had come, a clock was ahead, and what it left is removed."""
    settings = load(datetime.now(UTC), hourly)
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    provider.clock = lambda: datetime(1970, 1, 1, tzinfo=UTC)  # as of a server without a clock: nothing is refused
    take_history(settings, Job((last - timedelta(hours=3), last)))
    rebuild(settings, last - ahead, nothing, discard_old=False, drops_future=True)
    assert instants(hourly) == [last - timedelta(hours=3)]
    assert verify(settings, nothing) == []
