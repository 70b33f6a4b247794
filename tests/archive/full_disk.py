"""Write to a disk that is full, for real: a limit on the size of files, in a process of its own; tells JSON lines.

    python -m tests.archive.full_disk <raw folder> <what>

The limit is lifted again before anything is told, so that nothing else runs into it.
"""

import asyncio
import contextlib
import json
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster_project.archive.layout import StreamFile, find_streams
from dagster_project.archive.stream import SYNC_SECONDS, Row, StreamWriter
from dagster_project.errors import DiskError
from tests.archive.streams import AS_OF, read, read_until_damage, row, target

SMALL, BIG = row(0, 200, noise=True), row(1, 4_000, noise=True)


def say(**what: object) -> None:
    """Tell one thing."""
    print(json.dumps(what), flush=True)  # noqa: T201 - the starter reads this


@contextlib.contextmanager
def full_beyond(size: int) -> Iterator[None]:
    """No file of this process grows beyond this size, as on a disk without room."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def found(raw: Path, attempt_id: str) -> StreamFile | None:
    """The attempt's stream, if there is one."""
    return next((one for one in find_streams(raw, "credmark", AS_OF, AS_OF) if one.attempt_id == attempt_id), None)


def kept(raw: Path, attempt_id: str, rows: list[Row]) -> dict[str, Any]:
    """How many of the rows are read back, and what is said where reading ends in damage."""
    stream = found(raw, attempt_id)
    back, error = read_until_damage(stream) if stream else ([], None)
    return {
        "kept": len(back),
        "is_right": back == rows[: len(back)],
        "damage": None if error is None else str(error),
        "is_open": stream is not None and stream.is_open,
    }


def every_size(raw: Path) -> None:
    """For every size at which the disk may be full: how many rows were acknowledged, and how many are read back."""
    with StreamWriter(target(raw, attempt_id="whole")) as stream:
        stream.append(SMALL)
        stream.sync()
        stream.append(BIG)
    most = target(raw, attempt_id="whole").sealed_path.stat().st_size
    for size in [*range(0, 2_400, 24), *range(2_400, most - 100, 61), *range(most - 100, most + 1)]:
        attempt_id, acknowledged, refusal = f"s{size}", 0, None
        try:
            with full_beyond(size), StreamWriter(target(raw, attempt_id=attempt_id)) as stream:
                for one in (SMALL, BIG):
                    stream.append(one)
                    stream.sync()
                    acknowledged += 1
        except DiskError as error:
            refusal = str(error)
        say(size=size, acknowledged=acknowledged, refusal=refusal, **kept(raw, attempt_id, [SMALL, BIG]))


def room_again(raw: Path) -> None:
    """The disk is full for a moment: the first try is refused, then there is room and the writer goes on."""
    stream = StreamWriter(target(raw))
    stream.append(SMALL)
    stream.sync()
    size = target(raw).path.stat().st_size
    stream.append(BIG)
    with full_beyond(size + 300), contextlib.suppress(DiskError):
        stream.sync()
        say(refused=False)
    stream.sync()
    stream.append(SMALL)
    stream.seal()
    say(**kept(raw, "a1", [SMALL, BIG, SMALL]))


def room_when_it_ends(raw: Path) -> None:
    """The disk is full for a moment: the refusal ends the work, and there is room again when the stream is closed."""
    refused = None
    try:
        with StreamWriter(target(raw)) as stream:
            stream.append(SMALL)
            stream.sync()
            stream.append(BIG)
            with full_beyond(target(raw).path.stat().st_size + 300):
                stream.sync()
    except DiskError as error:
        refused = str(error)
    say(refused=refused, **kept(raw, "a1", [SMALL, BIG]))


def in_a_loop(raw: Path) -> None:
    """The disk is full when the loop writes by itself: when is it told to who goes on appending."""

    async def run() -> None:
        complaints: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(str(context["message"])))
        refused_after: int | None = None
        with contextlib.suppress(DiskError), StreamWriter(target(raw)) as stream:
            full = full_beyond(target(raw).path.stat().st_size + 10)
            with full:
                stream.append(BIG)
                await asyncio.sleep(SYNC_SECONDS + 0.3)
                for count in range(5):
                    try:
                        stream.append(SMALL)
                    except DiskError:
                        refused_after = count
                        break
        say(refused_after=refused_after, complaints=complaints)

    asyncio.run(run())


def at_birth(raw: Path) -> None:
    """There is no room for a single byte from the beginning."""
    try:
        with full_beyond(0), StreamWriter(target(raw)) as stream:
            stream.append(SMALL)
        say(refusal=None)
    except DiskError as error:
        say(refusal=str(error))


def later(raw: Path) -> None:
    """There is no room from the second batch on, and it stays so until the end."""
    refusal, size = None, 0
    try:
        with StreamWriter(target(raw)) as stream:
            stream.append(SMALL)
            stream.sync()
            size = target(raw).path.stat().st_size
            stream.append(BIG)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, resource.RLIM_INFINITY))
    except DiskError as error:
        refusal = str(error)
    with full_beyond(size + 300):
        say(rows=len(read(target(raw))), is_right=read(target(raw)) == [SMALL], refusal=refusal)


if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    whats = (every_size, room_again, room_when_it_ends, in_a_loop, at_birth, later)
    {what.__name__: what for what in whats}[sys.argv[2]](Path(sys.argv[1]))
