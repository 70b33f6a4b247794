"""Promises of clocks: what has not come by the newest answer is not stored; what a clock ahead has left is removed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dagster_project.archive.journal import Journal, Stored
from dagster_project.archive.layout import find_all
from dagster_project.errors import ClockError
from dagster_project.faces.cli.examine import look_at_history
from dagster_project.model import format_exactly
from dagster_project.settings.load import load
from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.plan import heeded_by
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.snapshot.stores import store_of
from dagster_project.snapshot.verify import verify
from dagster_project.warehouse.ask import query
from tests.commands import run
from tests.normalise.asking import WALLET
from tests.portfolio import Portfolio, day, use_folder
from tests.snapshot.answering import Provider, provider
from tests.snapshot.stating import Token, credmark

__all__ = ["provider"]

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
START = TODAY - timedelta(days=60)


def nothing(*_: object) -> None:
    """Hear of progress."""


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Path:
    """Give the settings of a real wallet, asked of Credmark's dialect at an address of this machine."""
    use_folder(monkeypatch, tmp_path)
    monkeypatch.setenv("PORTFOLIO_CONFIG", str(tmp_path / "portfolio.toml"))
    monkeypatch.setenv("CREDMARK_API_KEY", "a-key-of-a-test")
    provider.answers = credmark(Token("0x" + "01" * 20, 5.0))
    config = tmp_path / "portfolio.toml"
    config.write_text(
        f'mode = "real"\n[snapshots]\nstart = "{START:%Y-%m-%d}"\n[[accounts]]\naddress = "{WALLET}"\n'
        f'[providers.credmark]\nbase_url = "{provider.url}"\nseries_every = "never"\n',
        encoding="utf-8",
    )
    return config


@pytest.mark.every
@pytest.mark.parametrize("ahead", [timedelta(days=30), timedelta(days=2, hours=5)])
def test_an_instant_that_has_not_come_is_refused(real: Path, provider: Provider, ahead: timedelta) -> None:
    """Where the clock is ahead of the answers, the latest tick is refused, both clocks are named, nothing is stored."""
    stated = datetime.now(UTC).replace(microsecond=0) - ahead
    provider.clock = lambda: stated
    for _ in range(2):
        done = run(("snapshot",), dict(os.environ), real.parent)
        assert done.returncode == 1, done.stdout
        assert f"{TODAY:%Y-%m-%dT%H:%M} UTC has not come yet: this machine's clock says" in done.stderr
        assert f"the newest answer was made at {format_exactly(stated)} UTC by its Date header" in done.stderr
        assert "set the clock" in done.stderr
        assert find_all(real.parent / "data" / "real" / "raw") == []
    assert len(list((real.parent / "data" / "real" / "future").rglob("*.arrows"))) == 2
    provider.clock = lambda: datetime.now(UTC)
    assert run(("snapshot",), dict(os.environ), real.parent).returncode == 0
    assert run(("verify",), dict(os.environ), real.parent).returncode == 0


@pytest.mark.every
@pytest.mark.parametrize("days", [1, 3])
def test_what_has_come_is_stored(real: Path, provider: Provider, days: int) -> None:
    """A backfill across what is now by the answers stores what has come, and stops at the first that has not."""
    provider.clock = lambda: TODAY - timedelta(days=days) + timedelta(hours=1)
    settings = load(datetime.now(UTC), real)
    with pytest.raises(ClockError, match=f"{TODAY - timedelta(days=days - 1):%Y-%m-%dT%H:%M} UTC has not come yet"):
        take_history(settings, Job(tuple(TODAY - timedelta(days=number) for number in range(days + 2, -1, -1))))
    rows = query(settings.paths.published, "select count(*), max(as_of) from snapshot").rows
    assert rows == [(3, (TODAY - timedelta(days=days)).replace(tzinfo=None))]
    assert verify(settings, nothing) == []


@pytest.mark.parametrize("clock", [datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC) - timedelta(minutes=4)])
def test_clocks_of_servers_that_are_off(real: Path, provider: Provider, clock: datetime) -> None:
    """A Date of a year before this program, or some minutes late, refuses nothing."""
    provider.clock = lambda: clock
    done = run(("snapshot",), dict(os.environ), real.parent)
    assert done.returncode == 0, done.stderr


@pytest.mark.every
@pytest.mark.parametrize("last", [0, 1])
def test_what_a_clock_ahead_has_left_is_removed(portfolio: Portfolio, last: int) -> None:
    """Instants of the future are named with the remedy, which removes them, and store, raw and journal are one."""
    portfolio.have(0, 1, 2, 3)
    now, settings = day(last + 0.5), portfolio.settings()
    ended = [one for one in look_at_history(settings, now) if one.level == "FAIL"]
    assert [one.subject for one in ended] == ["future"]
    assert f"{3 - last} snapshots lie in the future, the first of {day(last + 1):%Y-%m-%d}" in ended[0].words
    assert "`portfolio rebuild --drop-future`" in ended[0].words
    rebuild(settings, now, nothing, discard_old=False, drops_future=True)
    assert [one for one in look_at_history(settings, now) if one.level == "FAIL"] == []
    assert portfolio.query("select count(*), max(as_of) from snapshot").rows == [
        (last + 1, day(last).replace(tzinfo=None))
    ]
    assert portfolio.query("select max(as_of) from tick").rows == [(day(last).replace(tzinfo=None),)]
    stored = [one.as_of for one in Journal(settings.paths.raw).read().entries if isinstance(one, Stored)]
    assert stored == [day(number) for number in range(last + 1)]
    assert len(find_all(settings.paths.raw)) == last + 1
    assert verify(settings, nothing) == []
    portfolio.forget_requests()
    portfolio.take(last + 1)
    assert portfolio.requests(), "it is asked anew once it has come"
    assert verify(settings, nothing) == []


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 2])
def test_what_was_kept_is_held_against_its_own_date(real: Path, provider: Provider, days: int) -> None:
    """A stream that a killed run left is believed if its instant had come, else set aside and asked for anew."""
    settings = load(datetime.now(UTC), real)
    store_of(settings).heed(heeded_by(settings))
    begun = {path: path.read_bytes() for path in (settings.paths.store, settings.paths.raw / "journal.txt")}
    take_history(settings, Job((TODAY - timedelta(days=3), TODAY)))
    for path, content in begun.items():
        path.write_bytes(content)
    settings.paths.published.unlink()
    provider.clock = lambda: TODAY - timedelta(days=days)
    provider.asked.clear()
    take_history(settings, Job((TODAY - timedelta(days=3),)))
    assert provider.asked == []
    with pytest.raises(ClockError):
        take_history(settings, Job((TODAY,), again=True))
    provider.clock = lambda: datetime.now(UTC)
    take_history(settings, Job((TODAY,)))
    assert query(settings.paths.published, "select count(*), count(value_usd) from value_chart()").rows == [(4, 2)]
    assert verify(settings, nothing) == []
