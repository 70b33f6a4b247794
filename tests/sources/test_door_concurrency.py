"""Promises about many at once: a bound on requests under way, and clean ends when a task is cancelled."""

import asyncio
import dataclasses
import gc
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from dagster_project.sources.access import Access, Patience
from dagster_project.sources.http import Door
from dagster_project.sources.limits import KeyState, state_path
from tests.sources.asking import ONCE, QUESTION, ask_together, becomes_true, now, put
from tests.sources.misbehaviour import BODY, SILENCE, SOME
from tests.sources.scripted_server import Reply, ScriptedServer, cut, half, late, reply, serving, silence
from tests.waiting import comes_true

DESCRIPTORS = Path("/proc/self/fd")
LOOPS = pytest.mark.parametrize("loop", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_behind() -> Iterator[None]:
    """What was not closed or not awaited is found at the end, and the warning about it is an error."""
    yield
    gc.collect()


def open_files() -> int:
    """How many files and sockets this process holds."""
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_concurrency_is_bounded(concurrency: int) -> None:
    """The server sees as many requests at once as the concurrency says, and never more, over many askers."""

    def when_all_are_there(*_: object) -> bytes:
        comes_true(lambda: server.most_at_once >= concurrency)
        time.sleep(0.02)  # for one too many to show itself
        return reply(200, BODY)

    with serving(when_all_are_there) as server:
        access = Access(server.url, concurrency=concurrency, patience=ONCE)
        heard = ask_together(access, [QUESTION] * (4 * concurrency))
    assert server.most_at_once == concurrency
    assert all(one.answer.reason is None for one in heard)


def test_time_in_the_queue_is_no_timeout() -> None:
    """Waiting for a free slot is no part of a try: askers far back in the queue are answered all the same."""
    with serving(late(0.1, reply(200, BODY))) as server:
        access = Access(server.url, concurrency=1, patience=Patience(connect=20, read=4, one_try=4, tries=1))
        heard = ask_together(access, [QUESTION] * 45)
    assert [one.answer.reason for one in heard] == [None] * 45
    assert server.at[-1] - server.at[0] > access.patience.one_try


@pytest.mark.every
def test_a_failure_gives_its_slot_back() -> None:
    """Broken answers use up no slots: after more failures than there are slots the next question is answered."""
    broken: list[Reply] = [cut(half(SOME)), silence()]
    with serving(*broken * 2, reply(200, BODY)) as server:
        access = Access(server.url, concurrency=2, patience=dataclasses.replace(ONCE, read=SILENCE))
        heard = ask_together(access, [QUESTION] * 5)
    assert [one.answer.reason for one in heard].count(None) == 1


IN_THE_BODY = {"in the body": silence(half(SOME)), "in a large body": silence(half(SOME * 50_000))}
PHASES = IN_THE_BODY | {"before the head": silence()}


async def cancelled(door: Door, server: ScriptedServer) -> None:
    """Ask, and cancel the task once the server has the question and the client what was said of the answer."""
    task = asyncio.create_task(put(door))
    assert await becomes_true(lambda: len(server.requests) == 1)
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@LOOPS
@pytest.mark.parametrize("phase", PHASES)
def test_a_cancelled_request_gives_its_slot_back(loop: Run, phase: str) -> None:
    """A task cancelled while it waits for the server ends at once, and the next question need not wait for it."""

    async def cancel(server: ScriptedServer) -> None:
        async with Door(Access(server.url, concurrency=1, patience=Patience())) as door:
            await cancelled(door, server)
            async with asyncio.timeout(20):
                assert (await put(door)).answer.body == BODY

    with serving(PHASES[phase], reply(200, BODY)) as server:
        loop(cancel(server))
    assert len(server.requests) == 2


@pytest.mark.parametrize("phase", IN_THE_BODY)
def test_a_cancelled_request_hangs_up(phase: str) -> None:
    """The connection of a request that is cancelled in its body is closed at once, not when its time is over."""

    async def cancel(server: ScriptedServer) -> None:
        async with Door(Access(server.url, patience=Patience())) as door:
            await cancelled(door, server)
            assert await becomes_true(lambda: server.ended == 1)

    with serving(IN_THE_BODY[phase]) as server:
        asyncio.run(cancel(server))


@LOOPS
def test_cancelling_between_tries(loop: Run) -> None:
    """A task cancelled while it waits to try again tries no more, and gives its slot back."""

    async def cancel(url: str, asked: Callable[[], bool]) -> None:
        async with Door(Access(url, concurrency=1, patience=Patience(longest_wait=60))) as door:
            task = asyncio.create_task(put(door))
            assert await becomes_true(asked)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(20):
                assert (await put(door)).answer.body == BODY

    with serving(reply(429, headers={"Retry-After": "50"}), reply(200, BODY)) as server:
        loop(cancel(server.url, lambda: len(server.requests) == 1))
    assert len(server.requests) == 2


def test_cancelling_while_the_key_is_paused() -> None:
    """A task cancelled while its key is paced sends nothing, and the next one is not held up by it."""
    pace = 300  # seconds from one to the next: no machine is so slow that a turn would come by itself

    async def cancel(server: ScriptedServer) -> None:
        state = KeyState(state_path("host", "cancelled"))
        access = Access(server.url, concurrency=3, requests_per_second=1 / pace, key_state=state, patience=ONCE)
        async with Door(access) as door:
            await put(door)
            tasks = [asyncio.create_task(put(door)) for _ in range(3)]
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
            assert [str(type(end).__name__) for end in await asyncio.gather(*tasks, return_exceptions=True)] == [
                "CancelledError"
            ] * 3
            assert len(server.requests) == 1
            with state.change() as use:
                use.arrival_us -= pace * 1_000_000  # as if that time had gone by
            async with asyncio.timeout(20):
                await put(door)

    with serving(reply(200, BODY)) as server:
        asyncio.run(cancel(server))
    assert len(server.requests) == 2


def test_many_cancelled_requests_leave_nothing_open() -> None:
    """After hundreds of requests cancelled at any moment no file and no socket is left over."""

    async def storm(url: str) -> None:
        async with Door(Access(url, concurrency=16, patience=ONCE)) as door:
            for round_ in range(20):
                tasks = [asyncio.create_task(put(door)) for _ in range(20)]
                await asyncio.sleep(0.002 * round_)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def once(url: str) -> None:
        async with Door(Access(url, patience=ONCE)) as door:
            await put(door)

    with serving(late(0.01, reply(200, BODY * 1_000))) as server:
        asyncio.run(once(server.url))  # what is loaded once and kept
    before = open_files()
    with serving(late(0.01, reply(200, BODY * 1_000))) as server:
        asyncio.run(storm(server.url))
    gc.collect()
    assert comes_true(lambda: open_files() <= before)


def test_an_error_of_the_listener_is_not_swallowed() -> None:
    """What `heard` raises (a full disk) comes out as it is, is not tried again, and gives the slot back."""

    async def full_disk(url: str) -> None:
        def heard(_: object) -> None:
            raise OSError("disk full")

        async with Door(Access(url, concurrency=1)) as door:
            with pytest.raises(OSError, match="disk full"):
                await door.ask(QUESTION, now, heard)
            async with asyncio.timeout(20):
                assert (await put(door)).answer.reason is None

    with serving(reply(200)) as server:
        asyncio.run(full_disk(server.url))
    assert len(server.requests) == 2


def test_a_door_that_was_never_used() -> None:
    """A door that is opened and closed without a question opens no connection."""

    async def nothing(url: str) -> None:
        async with Door(Access(url)):
            pass

    with serving(reply(200)) as server:
        asyncio.run(nothing(server.url))
    assert server.connections == 0
