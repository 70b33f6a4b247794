"""Promises of attempts: whoever stores one, and how many try at once, it is in the store and in the journal once."""

import os
import signal

import pytest

from dagster_project.archive.journal import Journal, Stored
from dagster_project.archive.layout import find_all
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.plan import plan
from dagster_project.snapshot.take import read_slice
from dagster_project.warehouse.store import Store
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_processes import start
from tests.waiting import until


def journalled(portfolio: Portfolio) -> list[tuple[str, str]]:
    """Give every attempt that the journal says was stored, as often as it says so."""
    entries = Journal(portfolio.published.with_name("raw")).read().entries
    return [key for entry in entries if isinstance(entry, Stored) for key in entry.attempts]


def stored(portfolio: Portfolio) -> list[tuple[str, str]]:
    """Give every attempt of the published file, as often as it stands there."""
    rows = portfolio.query("select provider, attempt_id from attempt order by attempt_id").rows
    return [(str(provider), str(attempt_id)) for provider, attempt_id in rows]


@pytest.mark.every
@pytest.mark.parametrize(("number", "stop"), [(0, signal.SIGINT), (2, signal.SIGKILL)])
def test_two_runs_take_over_what_a_third_left(portfolio: Portfolio, number: int, stop: signal.Signals) -> None:
    """Two runs at once over an instant that a stopped run left half answered store its attempt once, and verify."""
    portfolio.write()
    when = f"{day(number):%Y-%m-%d}"
    portfolio.simulator.order("slow_first_byte", account=address("cold"), seconds=600)
    run = start(portfolio, "snapshot", "--at", when)
    until(lambda: portfolio.answers_kept() == 4)
    os.kill(run.pid, stop)
    run.communicate(timeout=60)
    portfolio.simulator.clear_faults()
    portfolio.simulator.order("slow_first_byte", account=address("cold"), seconds=4)
    runs = [start(portfolio, "snapshot", "--at", when) for _ in range(2)]
    said = [one.communicate(timeout=120)[1] for one in runs]
    assert [one.returncode for one in runs] == [0, 0], said
    assert sorted(stored(portfolio)) == sorted(set(stored(portfolio)))
    assert sorted(journalled(portfolio)) == stored(portfolio)
    assert portfolio.query("select count(*) from attempt").rows == [(3,)]
    assert portfolio.command("verify").returncode == 0


@pytest.mark.parametrize("days", [(0,), (0, 1)])
def test_an_attempt_that_is_brought_again(portfolio: Portfolio, days: tuple[int, ...]) -> None:
    """What the store has of an attempt is not written again, nor in the journal, and nothing is confirmed."""
    portfolio.have(*days)
    settings, before = portfolio.settings(), (stored(portfolio), journalled(portfolio))
    store = Store(settings.paths.store, settings.paths.published, settings.mode)
    for stream in find_all(settings.paths.raw):
        found = read_slice(stream)
        assert found is not None
        planned = plan(settings, stream.as_of, None, {}, is_every_series_due=True)
        (saved,) = store.save([(planned, [found, found])], complete)
        assert (saved.pulls, saved.superseded) == (0, 0)
    store.publish()
    assert (stored(portfolio), journalled(portfolio)) == before
    assert portfolio.query("select count(*) from pull where confirmed_at is not null").rows == [(0,)]


@pytest.mark.every
@pytest.mark.parametrize("doubled", [1, 2])
def test_a_store_that_has_an_attempt_twice(portfolio: Portfolio, doubled: int) -> None:
    """An attempt that an earlier version stored twice breaks a claim, whose remedy makes store and raw answers one."""
    portfolio.have(0, 1)
    twice = "insert into attempt select * from attempt where as_of >= ?::timestamp"
    portfolio.change_store(twice.replace("?", f"'{day(2 - doubled):%Y-%m-%d}'"))
    portfolio.published.unlink()
    portfolio.take(0)
    done = portfolio.command("check")
    assert (done.returncode, "BROKEN attempt_is_unique" in done.stdout) == (1, True), done.stdout
    assert "the remedy is `portfolio rebuild`" in done.stdout
    assert portfolio.command("rebuild").returncode == 3
    assert portfolio.command("check").returncode == 0
    assert portfolio.command("verify").returncode == 0
