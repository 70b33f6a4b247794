"""Promises about killed runs: what was on the disk is there, and a dead writer is told from a living one."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.archive.layout import find_streams
from dagster_project.archive.opened import is_abandoned, remove_unwritten
from dagster_project.archive.stream import Row, StreamWriter, seal_file
from tests.archive.streams import AS_OF, ROOT, read, row, target, the_stream, write

pytestmark = pytest.mark.slow

SIZES = (10, 1_000, 300_000)


@contextlib.contextmanager
def started(raw: Path, attempt_id: str, what: str) -> Iterator[subprocess.Popen[str]]:
    """Start a writer process, and kill it at the end if it still lives."""
    command = [sys.executable, "-m", "tests.archive.writer_process", str(raw), attempt_id, what]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> str:
    """The next line that the writer says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("seed", range(5))
def test_rows_on_the_disk_outlive_the_writer(tmp_path: Path, seed: int) -> None:
    """Of a writer killed at any moment every row that it had synced is there, in order and whole, and nothing else."""
    chance = random.Random(seed)  # noqa: S311 - reproducible moments, no secret
    with started(tmp_path, f"killed{seed}", "rows") as writer:
        assert told(writer) == "begun"
        synced = 0
        for _ in range(chance.randrange(1, 12)):
            synced = int(told(writer))
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(chance.uniform(0, 0.05))
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
        assert writer.stdout is not None
        synced = max([synced, *map(int, writer.stdout.read().split())])
    stream = the_stream(tmp_path, f"killed{seed}")
    found = read(stream)
    assert len(found) >= synced
    sizes = random.Random(f"killed{seed}")  # noqa: S311 - what the writer draws
    expected: list[Row] = []
    while len(expected) < len(found):
        for _ in range(sizes.randrange(1, 6)):
            expected.append(row(len(expected), sizes.choice(SIZES)))
    assert found == expected[: len(found)]
    assert stream.is_open
    assert is_abandoned(stream)


def test_living_writer_is_not_taken_for_dead(tmp_path: Path) -> None:
    """A stream is abandoned once its writer is dead, and not while it works or merely stands still."""
    with started(tmp_path, "alive", "rows") as writer:
        assert told(writer) == "begun"
        for _ in range(5):
            assert told(writer).isdecimal()
            assert not is_abandoned(the_stream(tmp_path, "alive"))
        os.kill(writer.pid, signal.SIGSTOP)
        assert not is_abandoned(the_stream(tmp_path, "alive"))
        os.kill(writer.pid, signal.SIGCONT)
        assert not is_abandoned(the_stream(tmp_path, "alive"))
        writer.kill()
        writer.wait()
        assert is_abandoned(the_stream(tmp_path, "alive"))


def test_writer_of_this_process_is_not_taken_for_dead(tmp_path: Path) -> None:
    """A stream that this very process writes is not abandoned until it is sealed, and asking does not free it."""
    with StreamWriter(target(tmp_path)):
        for _ in range(3):
            assert not is_abandoned(the_stream(tmp_path))


def test_newborn_stream_is_not_taken_for_abandoned(tmp_path: Path) -> None:
    """A stream whose writer has only just made its file is not abandoned, not even for the moment before the lock."""
    with started(tmp_path, "newborn", "birth") as writer:
        assert told(writer) == "about to lock"
        assert [one for one in find_streams(tmp_path, "credmark", AS_OF, AS_OF) if is_abandoned(one)] == []


def test_stream_that_was_never_written_is_removed(tmp_path: Path) -> None:
    """What a run made that was killed before its first byte is removed by a later one."""
    with started(tmp_path, "unborn", "birth") as writer:
        assert told(writer) == "about to lock"
        writer.kill()
        writer.wait()
    remove_unwritten(the_stream(tmp_path, "unborn"))
    assert find_streams(tmp_path, "credmark", AS_OF, AS_OF) == []


def test_stream_that_is_written_is_never_removed(tmp_path: Path) -> None:
    """What has a byte stays, whether its writer lives or is dead, and one that is gone meanwhile is no error."""
    with started(tmp_path, "written", "rows") as writer:
        assert told(writer) == "begun"
        remove_unwritten(the_stream(tmp_path, "written"))
        assert told(writer).isdecimal()
        writer.kill()
        writer.wait()
    stream = the_stream(tmp_path, "written")
    remove_unwritten(stream)
    assert read(stream)
    stream.path.unlink()
    remove_unwritten(stream)


def test_writer_whose_stream_was_removed_at_birth_makes_another(tmp_path: Path) -> None:
    """A living writer whose file another run took away in the moment before the lock loses nothing by it."""
    with started(tmp_path, "late", "late") as writer:
        assert told(writer) == "about to lock"
        remove_unwritten(the_stream(tmp_path, "late"))
        assert find_streams(tmp_path, "credmark", AS_OF, AS_OF) == []
        writer.communicate("go on\n", timeout=60)
        assert writer.returncode == 0
    stream = the_stream(tmp_path, "late")
    assert not stream.is_open
    assert read(stream) == [row(1)]


def test_reader_beside_a_living_writer_sees_whole_rows(tmp_path: Path) -> None:
    """Who reads while another process writes sees the first rows, whole, and more of them later."""
    counts = []
    with started(tmp_path, "read", "calm") as writer:
        assert told(writer) == "begun"
        for _ in range(8):
            synced = int(told(writer))
            found = read(the_stream(tmp_path, "read"))
            assert len(found) >= synced
            assert [one.pull_key for one in found] == [f"value/{index}" for index in range(len(found))]
            counts.append(len(found))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_abandoned_stream_can_be_sealed(tmp_path: Path) -> None:
    """A dead writer's stream gets its final name from a later run, and gives the same rows under it."""
    with started(tmp_path, "sealed", "rows") as writer:
        for _ in range(4):
            told(writer)
        os.kill(writer.pid, signal.SIGSTOP)
    stream = the_stream(tmp_path, "sealed")
    before = read(stream)
    os.truncate(stream.path, stream.path.stat().st_size - 1)
    kept = read(stream)
    assert before[: len(kept)] == kept
    assert seal_file(stream) == stream.sealed_path
    found = the_stream(tmp_path, "sealed")
    assert (found.path, found.is_open) == (stream.sealed_path, False)


def test_stream_that_was_just_sealed_is_not_abandoned(tmp_path: Path) -> None:
    """A stream that its writer sealed since it was found is not abandoned, and asking is no error."""
    with StreamWriter(target(tmp_path)):
        found = the_stream(tmp_path)
    assert not is_abandoned(found)


def test_stream_is_sealed_by_the_first_who_comes(tmp_path: Path) -> None:
    """Of two runs that find the same abandoned stream the second finds it sealed, which is no error."""
    sealed = write(tmp_path, [row(1)])
    found = target(tmp_path)
    sealed.path.rename(found.path)
    assert seal_file(found) == seal_file(found) == sealed.path
    assert read(sealed) == [row(1)]
