"""Take one provider's part of an instant: pull, keep byte for byte, judge, and make the rows of the store.

Which pulls are asked is decided by history.py; nothing here touches the store.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from dagster_project.archive.layout import StreamFile, new_attempt_id, open_file
from dagster_project.archive.stream import Kind, Row, StreamWriter, read_rows
from dagster_project.errors import ForeignStoreError
from dagster_project.model import Answer, Attempt, ProviderPlan, Pull, Reason, Request
from dagster_project.normalise import transcript
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import Judged, judge
from dagster_project.slices import Slice
from dagster_project.snapshot.plan import is_available
from dagster_project.sources.http import Clock, Door, Heard
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Pause
from dagster_project.sources.switchboard import Switchboard

Noted = Callable[[Judged], None]
"""Told of every pull as it ends, for progress."""

Way = Door | Switchboard | Reason | None
"""How a provider is asked: by a door or several, or why this run asks nothing of it; None where its key is missing."""


class StreamHead(msgspec.Struct, frozen=True):
    """What a raw stream begins with: the plan, and when the attempt began (UTC)."""

    plan: ProviderPlan
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Lived:
    """When an attempt is made: by which clock it asks, from when on its answers are believed, and who hears each."""

    clock: Clock
    taken_at: datetime
    heard: Callable[[Answer], None] = lambda _: None


async def take(plan: ProviderPlan, pulls: Sequence[Pull], door: Way, raw: Path, lived: Lived, noted: Noted) -> Slice:
    """Ask `pulls`, which are some of the plan's, keep what comes, and give the rows.

    Raises:
        DiskError: an answer could not be kept. Nothing else: how a provider fails is an outcome.
    """
    target = open_file(raw, plan.provider, plan.as_of, new_attempt_id())
    attempt = Attempt(plan, target.attempt_id, lived.taken_at)
    judged: dict[str, Judged] = {}
    with StreamWriter(target) as stream:
        head = msgspec.json.encode(StreamHead(plan, attempt.taken_at))
        stream.append(Row(Kind.PLAN, "", Answer(attempt.taken_at, 0.0, body=head)))
        upcoming = iter(pulls)
        concurrency = door.concurrency if isinstance(door, Door | Switchboard) else 1
        places = asyncio.Semaphore(concurrency)

        async def work() -> None:
            for pull in upcoming:
                async with places:
                    judged[pull.pull_key] = await _take_one(plan, pull, door, stream, lived, places)
                noted(judged[pull.pull_key])

        pauses = isinstance(door, Switchboard)  # whoever pauses leaves its place to another one
        await _together(work, len(pulls) if pauses else min(len(pulls), concurrency))
    return _rows(attempt, [judged[pull.pull_key] for pull in pulls])


async def _together(work: Callable[[], Coroutine[None, None, None]], workers: int) -> None:
    """Run so many workers; the first error ends all of them and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _take_one(
    plan: ProviderPlan, pull: Pull, door: Way, stream: StreamWriter, lived: Lived, places: asyncio.Semaphore
) -> Judged:
    tries, clock = 0, lived.clock

    def heard(answer: Answer) -> None:
        nonlocal tries
        tries += 1
        stream.append(Row(Kind.ANSWER, pull.pull_key, answer))
        lived.heard(answer)

    if not is_available(pull, plan.as_of, clock(), plan.frame.grace):
        answer = Answer(clock(), 0.0, reason=Reason.NOW_ONLY, detail="this endpoint speaks of now, and now is too late")
    elif door is None:
        answer = Answer(clock(), 0.0, reason=Reason.MISSING_KEY, detail="the key is not in the environment; see doctor")
    elif isinstance(door, Reason):
        answer = Answer(clock(), 0.0, reason=door, detail="this run did not ask this provider; a later run asks it")
    elif isinstance(door, Switchboard):
        answer = await _converse(pull, door, stream, clock, heard, places)
    else:
        answer = await door.ask(pull.request, clock, heard)
    if answer.reason in UNASKED:
        stream.append(Row(Kind.UNASKED, pull.pull_key, answer))
    return judge(plan, pull, answer, tries, PROVIDERS[plan.provider].normalise)


async def _converse(
    pull: Pull, ways: Switchboard, stream: StreamWriter, clock: Clock, heard: Heard, places: asyncio.Semaphore
) -> Answer:
    """Ask what the source wants to know, one request after the other, each kept before it is sent."""
    spoken: list[tuple[Request, Answer]] = []
    talk = ways.converse(pull)
    turn = next(talk, None)
    while turn is not None:
        if isinstance(turn, Pause):
            await _pause(turn, places)
            turn = next(talk, None)
            continue
        stream.append(Row(Kind.ASKED, pull.pull_key, Answer(clock(), 0.0, body=msgspec.json.encode(turn))))
        unsent: list[Answer] = []
        answer = await ways.ask(turn, clock, heard, unsent.append)
        if unsent or answer.reason in UNASKED:
            stream.append(Row(Kind.UNASKED, pull.pull_key, answer))
        spoken.append((turn, answer))
        try:
            turn = talk.send(answer)
        except StopIteration:
            turn = None
    return transcript.whole(spoken)


async def _pause(pause: Pause, places: asyncio.Semaphore) -> None:
    """Wait without keeping others from asking; a run that is told to stop ends it."""
    places.release()
    try:
        await asyncio.sleep(pause.seconds)
    finally:
        await places.acquire()


UNASKED = frozenset({Reason.NOW_ONLY, Reason.NOT_ASKED, Reason.MISSING_KEY, Reason.QUOTA})
"""Reasons for which nothing was sent."""


def read_slice(stream: StreamFile) -> Slice | None:
    """Make the rows of a kept stream again, from its bytes alone; None where not even its plan was kept.

    Raises:
        BadRawError: the stream is damaged.
        ForeignStoreError: it was written by a newer version or for a provider that this one does not know.
    """
    rows = iter(read_rows(stream))
    head = _head(stream, next(rows, None))
    if head is None:
        return None
    normalise = PROVIDERS[head.plan.provider].normalise
    last, tries = _last_answers(rows)
    pulls = (pull for pull in head.plan.pulls if pull.pull_key in last)
    judged = [judge(head.plan, pull, last[pull.pull_key], tries[pull.pull_key], normalise) for pull in pulls]
    return _rows(Attempt(head.plan, stream.attempt_id, head.taken_at), judged)


def read_head(stream: StreamFile) -> StreamHead | None:
    """Give what a kept stream begins with; None where not even its plan was kept.

    Raises:
        BadRawError: the stream is damaged from its begin on.
        ForeignStoreError: it was written by a newer version or for a provider that this one does not know.
    """
    return _head(stream, next(iter(read_rows(stream)), None))


def _head(stream: StreamFile, first: Row | None) -> StreamHead | None:
    if first is None or first.kind is not Kind.PLAN:
        return None
    try:
        head = msgspec.json.decode(first.answer.body, type=StreamHead)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _foreign(stream) from error
    if head.plan.provider not in PROVIDERS:
        raise _foreign(stream)
    return head


def _foreign(stream: StreamFile) -> ForeignStoreError:
    return ForeignStoreError(f"{stream.path}: kept by another version of this program; use that one")


def _last_answers(rows: Iterator[Row]) -> tuple[dict[str, Answer], dict[str, int]]:
    """Give by pull its last answer, of a conversation the whole of it, and how many tries that took.

    A request at the end that has no answer was under way when the run was killed.
    """
    last: dict[str, Answer] = {}
    tries: dict[str, int] = {}
    spoken: dict[str, list[tuple[Request, Answer]]] = {}
    asked: dict[str, Request] = {}
    for row in rows:
        key = row.pull_key
        if row.kind is Kind.ASKED:
            asked[key] = msgspec.json.decode(row.answer.body, type=Request)
            continue
        # zero: a count of tries, not money
        tries[key] = tries.get(key, 0) + (row.kind is Kind.ANSWER)
        last[key] = row.answer
        if key in asked:
            turns = spoken.setdefault(key, [])
            if turns and turns[-1][0] is asked[key]:
                turns.pop()  # a try before this one
            turns.append((asked[key], row.answer))
    return last | {key: transcript.whole(turns) for key, turns in spoken.items()}, tries


def _rows(attempt: Attempt, judged: Iterable[Judged]) -> Slice:
    return assemble(attempt, PROVIDERS[attempt.plan.provider].normaliser_version, list(judged))
