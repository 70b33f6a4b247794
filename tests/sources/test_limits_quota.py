"""Promises about a month's quota: counted once for all processes, by UTC months, and nothing is sent beyond it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from dagster_project.model import Reason
from dagster_project.sources.access import Access
from dagster_project.sources.http import Door
from dagster_project.sources.limits import KeyState
from tests.sources import other_processes
from tests.sources.asking import ONCE, QUESTION, SHORT, ask, ask_in_turn, ask_together, put, run
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving

MARCH = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
APRIL = MARCH + timedelta(seconds=1)


def test_a_quota_is_shared_by_processes(tmp_path: Path) -> None:
    """Four processes that would spend far more than the quota are granted it exactly, together."""
    start, granted = other_processes.SPAWN.Barrier(4), other_processes.SPAWN.Queue()
    arguments = (tmp_path / "key", 100, [MARCH] * 200, start, granted)
    with other_processes.started(4, other_processes.spend, *arguments):
        found = [granted.get(timeout=60) for _ in range(4)]
    assert sum(found) == 100
    state = KeyState(tmp_path / "key")
    assert state.spent(MARCH) == 100
    state.close()


def test_a_quota_outlives_a_process(tmp_path: Path) -> None:
    """What was spent is remembered by whoever opens the key's file next."""
    for granted in (True, True, False, False):
        state = KeyState(tmp_path / "key")
        assert state.spend(2, MARCH) is granted
        state.close()


def test_a_new_month_begins_anew(tmp_path: Path) -> None:
    """At midnight UTC on the first of a month the whole quota is there again; a year later the same month is new."""
    state = KeyState(tmp_path / "key")
    assert [state.spend(1, instant) for instant in (MARCH, MARCH, APRIL, APRIL)] == [True, False, True, False]
    assert state.spend(1, APRIL.replace(year=2027))
    assert (state.spent(APRIL), state.spent(APRIL.replace(year=2027))) == (0, 1)
    state.close()


def test_months_are_those_of_utc(tmp_path: Path) -> None:
    """An evening in New York that is the next month in UTC counts for the next month."""
    evening = MARCH.astimezone(timezone(timedelta(hours=-5))) + timedelta(hours=1)
    assert evening.month == 3
    state = KeyState(tmp_path / "key")
    assert [state.spend(1, instant) for instant in (MARCH, evening, APRIL)] == [True, True, False]
    state.close()


def test_telling_what_was_spent_spends_nothing(tmp_path: Path) -> None:
    """Asking for the count changes nothing, and without a quota requests are counted all the same."""
    state = KeyState(tmp_path / "key")
    for count in range(3):
        assert [state.spent(MARCH) for _ in range(3)] == [count] * 3
        assert state.spend(None, MARCH)
    state.close()


@pytest.mark.parametrize("quota", [0, 2])
def test_nothing_is_sent_beyond_the_quota(tmp_path: Path, quota: int) -> None:
    """When the quota is used up the answer is QUOTA with the remedy, nothing is sent, and no try is heard."""
    with serving(reply(200, BODY)) as server:
        access = Access(server.url, monthly_quota=quota, key_state=KeyState(tmp_path / "key"), patience=SHORT)
        heard = ask_in_turn(access, [QUESTION] * (quota + 2))
    assert len(server.requests) == server.connections * quota == quota
    for one in heard[quota:]:
        assert (one.answer.reason, one.answer.status, one.tries) == (Reason.QUOTA, None, [])
        assert "monthly_quota" in (one.answer.detail or "")


def test_askers_at_once_do_not_exceed_the_quota(tmp_path: Path) -> None:
    """Many askers at once get exactly the quota out of the door."""
    with serving(reply(200, BODY)) as server:
        access = Access(server.url, concurrency=8, monthly_quota=5, key_state=KeyState(tmp_path / "key"), patience=ONCE)
        heard = ask_together(access, [QUESTION] * 20)
    assert len(server.requests) == 5
    assert [one.answer.reason for one in heard].count(Reason.QUOTA) == 15


def test_each_try_counts(tmp_path: Path) -> None:
    """A try again is a request too: it is counted, and not sent when the quota is used up meanwhile."""
    with serving(reply(503)) as server:
        access = Access(
            server.url, monthly_quota=2, key_state=KeyState(tmp_path / "key"), patience=replace(SHORT, tries=9)
        )
        heard = ask(access)
    assert [answer.status for answer in heard.tries] == [503, 503]
    assert (len(server.requests), heard.answer.reason) == (2, Reason.QUOTA)


def test_the_clock_that_is_lived_counts(tmp_path: Path) -> None:
    """The month is that of the instant being lived, so that a simulated history spends simulated months."""

    async def live(url: str) -> list[Reason | None]:
        lived = (MARCH, MARCH, APRIL)
        state = KeyState(tmp_path / "key")
        async with Door(Access(url, monthly_quota=1, key_state=state, is_simulated=True, patience=ONCE)) as door:
            return [(await put(door, clock=partial(datetime.astimezone, instant))).answer.reason for instant in lived]

    with serving(reply(200, BODY)) as server:
        assert run(live(server.url)) == [None, Reason.QUOTA, None]
