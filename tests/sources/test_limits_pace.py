"""Promises about pace: a key is never used faster than allowed, by however many processes, and pauses hold for all."""

import asyncio
import struct
import time
import zlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pyrate_limiter.abstracts.algorithm import TokenBucket

from dagster_project.sources.access import Access
from dagster_project.sources.limits import KeyLimiter, KeyState, SharedStore
from tests.sources import other_doors, other_processes
from tests.sources.asking import ONCE, QUESTION, ask, ask_together, run
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving
from tests.waiting import comes_true

CLOCK_STEP = 0.002
"""The limiter counts in whole milliseconds."""


async def grants(limiter: KeyLimiter, times: int) -> list[float]:
    """The instants at which so many requests may be sent, in Unix seconds."""
    instants = []
    for _ in range(times):
        await limiter.wait()
        instants.append(time.time())
    return instants


def waited(limiter: KeyLimiter) -> float:
    """How long one request has to wait."""
    began = time.monotonic()
    run(limiter.wait(), 20)
    return time.monotonic() - began


def as_if_written(path: Path, seconds_ahead: int) -> None:
    """Move what a key's file holds ahead, as by a clock that was set back since."""
    arrival, month, requests, written = struct.unpack("<qqqq", path.read_bytes()[:32])
    ahead = seconds_ahead * 1_000_000
    record = struct.pack("<qqqq", arrival + ahead, month, requests, written + ahead)
    path.write_bytes(record + struct.pack("<I", zlib.crc32(record)))


def share_taken_us(path: Path, rate: float) -> int:
    """For how long a fresh key is taken by its first request, in microseconds, at an instant that stands still."""
    state, now_ms = KeyState(path), 1_800_000_000_000
    limiter = KeyLimiter(state, rate)
    assert SharedStore(state).check(TokenBucket(), [limiter._rate], now_ms, 1).allowed
    with state.change() as use:
        taken_us = use.arrival_us - now_ms * 1_000
    state.close()
    return taken_us


def test_four_processes_keep_one_pace(tmp_path: Path) -> None:
    """Four processes that share a key use it together no faster than its rate, as one would alone."""
    rate, times = 60.0, 15
    start, spans = other_processes.SPAWN.Barrier(4), other_processes.SPAWN.Queue()
    with other_processes.started(4, other_processes.pace, tmp_path / "key", rate, times, start, spans):
        found = [spans.get(timeout=60) for _ in range(4)]
    took = max(ended for _, ended in found) - min(began for began, _ in found)
    assert took >= (4 * times - 1) / rate - CLOCK_STEP


def test_doors_of_two_processes_keep_one_pace(tmp_path: Path) -> None:
    """The requests that a server gets from the doors of two processes with one key keep its pace."""
    start, heard = other_processes.SPAWN.Barrier(2), other_processes.SPAWN.Queue()
    with serving(reply(200, BODY)) as server:
        arguments = (server.url, tmp_path / "key", 15.0, start, heard)
        with other_processes.started(2, other_doors.ask_with_key, *arguments):
            found = [heard.get(timeout=60) for _ in range(2)]
    assert [reasons for _, reasons in found] == [[None] * 5] * 2
    assert len(server.at) == 10
    assert server.at[-1] - min(began for began, _ in found) >= 9 / 15 - CLOCK_STEP


def test_the_first_request_need_not_wait(tmp_path: Path) -> None:
    """A key that was never used, however slow, sends its first request at once."""
    state = KeyState(tmp_path / "key")
    assert waited(KeyLimiter(state, 0.001)) < 5
    state.close()


@pytest.mark.parametrize("rate", [5000, 100, 30, 5 / 3, 0.5, 10 / 60, 7 / 60, 0.0015, 0.0001])
def test_a_rate_is_exact(tmp_path: Path, rate: float) -> None:
    """A request takes its share of time and no less, so that no window ever holds one too many; and hardly more."""
    share_us = 1_000_000 / rate
    assert share_us <= share_taken_us(tmp_path / "key", rate) <= share_us * 1.01 + 1


def test_one_process_keeps_the_pace(tmp_path: Path) -> None:
    """Many askers through one door are sent one after another at the rate, the first at once."""
    state = KeyState(tmp_path / "key")
    with serving(reply(200, BODY)) as server:
        began = time.monotonic()
        ask_together(Access(server.url, requests_per_second=20, key_state=state, patience=ONCE), [QUESTION] * 11)
    assert server.at[-1] - began >= 10 / 20 - CLOCK_STEP


def test_unused_time_is_not_saved_up(tmp_path: Path) -> None:
    """A key that was idle for long may send one request at once, not a burst of them."""
    state = KeyState(tmp_path / "key")
    limiter = KeyLimiter(state, 20)

    async def after_idling() -> list[float]:
        await limiter.wait()
        await asyncio.sleep(0.3)
        began = time.time()
        return [began, *await grants(limiter, 5)]

    began, *_, last = run(after_idling())
    state.close()
    assert last - began >= 4 / 20 - CLOCK_STEP


def test_a_pause_holds_in_this_process(tmp_path: Path) -> None:
    """After a pause no request goes before its end, and then one at a time."""
    state = KeyState(tmp_path / "key")
    limiter = KeyLimiter(state, 500)
    until = datetime.now(UTC) + timedelta(seconds=0.5)
    limiter.pause_until(until)
    instants = run(grants(limiter, 3))
    state.close()
    assert instants[0] >= until.timestamp() - CLOCK_STEP
    assert all(earlier <= later for earlier, later in pairwise(instants))


def test_a_pause_holds_in_every_process(tmp_path: Path) -> None:
    """A pause that one process was asked for holds back the others, which knew nothing of it."""
    path = tmp_path / "key"
    start, spans = other_processes.SPAWN.Barrier(3), other_processes.SPAWN.Queue()
    with other_processes.started(2, other_processes.pace, path, 1_000.0, 1, start, spans):
        assert comes_true(lambda: start.n_waiting == 2, 60)
        state = KeyState(path)
        until = time.time() + 0.7
        KeyLimiter(state, 1_000).pause_until(datetime.fromtimestamp(until, UTC))
        state.close()
        start.wait(60)
        found = [spans.get(timeout=60) for _ in range(2)]
    assert all(ended >= until - CLOCK_STEP for _, ended in found)


def test_a_shorter_pause_does_not_end_a_longer_one(tmp_path: Path) -> None:
    """Of two pauses the later end counts, whichever was asked for last."""
    state = KeyState(tmp_path / "key")
    limiter = KeyLimiter(state, 500)
    now = datetime.now(UTC)
    limiter.pause_until(now + timedelta(seconds=0.5))
    limiter.pause_until(now + timedelta(seconds=0.1))
    limiter.pause_until(now - timedelta(days=1))
    assert run(grants(limiter, 1))[0] >= now.timestamp() + 0.5 - CLOCK_STEP
    state.close()


def test_another_key_is_not_slowed(tmp_path: Path) -> None:
    """A key that is paused for an hour, or at its slow pace, holds back no other key."""
    paused, free = KeyState(tmp_path / "paused"), KeyState(tmp_path / "free")
    KeyLimiter(paused, 1).pause_until(datetime.now(UTC) + timedelta(hours=1))
    assert waited(KeyLimiter(free, 1)) < 5
    with pytest.raises(TimeoutError):
        run(KeyLimiter(paused, 1).wait(), 0.3)
    paused.close()
    free.close()


def test_a_clock_that_was_wrong_once_does_not_lock_a_key_up(tmp_path: Path) -> None:
    """A use that is written down as years ahead, by a clock that was wrong then, does not hold the key for years."""
    state = KeyState(tmp_path / "key")
    with state.change() as use:
        use.arrival_us = int((datetime.now(UTC) + timedelta(days=3_650)).timestamp() * 1_000_000)
    with serving(reply(200, BODY)) as server:
        heard = ask(Access(server.url, requests_per_second=100, key_state=state, patience=ONCE), seconds=20)
    assert heard.answer.reason is None


@pytest.mark.parametrize("back_seconds", [3_600, 1_800, 86_400 * 365])
def test_a_clock_that_is_set_back_waits_no_longer(tmp_path: Path, back_seconds: int) -> None:
    """What a clock ahead has written holds nobody up: a pause lasts as long as it was, and no pause is none."""
    state = KeyState(tmp_path / "key")
    limiter = KeyLimiter(state, 50.0)
    for pause, expected in ((0.0, 0.0), (1.5, 1.0)):
        limiter.pause_until(datetime.now(UTC) + timedelta(seconds=pause))
        as_if_written(tmp_path / "key", back_seconds)
        assert expected <= waited(limiter) < expected + 10
    state.close()


@pytest.mark.parametrize("place", [0, 6, 8, 16, 23, 24, 31, 33, 35])
def test_a_damaged_record_holds_nobody_up(tmp_path: Path, place: int, caplog: pytest.LogCaptureFixture) -> None:
    """A bit that is flipped in what is counted uses up no quota and makes nobody wait; it is named once, and mended."""
    path, now = tmp_path / "key", datetime.now(UTC)
    state = KeyState(path)
    assert state.spend(5, now)
    content = bytearray(path.read_bytes())
    content[place] ^= 64
    path.write_bytes(bytes(content))
    assert run(KeyLimiter(state, 50.0).wait(), 20) is None
    assert [state.spend(1, now), state.spent(now)] == [True, 1]
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{path}: the record of a key's use is damaged")
    state.close()


@pytest.mark.parametrize("content", [b"cut", bytes(36), b"\xff" * 36, b"garbage" * 1000])
def test_what_is_no_record_counts_as_none(tmp_path: Path, content: bytes) -> None:
    """A file that is cut, zero, or somebody else's is taken over as one that nothing was counted in."""
    path, now = tmp_path / "key", datetime.now(UTC)
    path.write_bytes(content)
    state = KeyState(path)
    assert [state.spent(now), state.spend(1, now), state.spend(1, now)] == [0, True, False]
    assert run(KeyLimiter(state, 50.0).wait(), 20) is None
    state.close()


@pytest.mark.parametrize("count", [3, 7])
def test_what_an_earlier_version_counted_still_counts(tmp_path: Path, count: int) -> None:
    """A file without the time of writing keeps the requests of its month."""
    path, now = tmp_path / "key", datetime.now(UTC)
    path.write_bytes(struct.pack("<qqq", 0, now.year * 100 + now.month, count))
    state = KeyState(path)
    assert state.spent(now) == count
    assert not state.spend(count, now)
    assert run(KeyLimiter(state, 50.0).wait(), 20) is None
    assert state.spent(now) == count
    state.close()
