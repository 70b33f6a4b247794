"""A writer in a process of its own, to be killed; it says on standard output what it has brought to the disk.

python -m tests.archive.writer_process <raw folder> <attempt id> rows|calm|birth|late
"""

import random
import sys
import time
from pathlib import Path
from typing import Any

from dagster_project.archive.stream import StreamWriter
from tests.archive.streams import row, target


def write_rows(raw: Path, attempt_id: str, pause: float = 0) -> None:
    """Write batches of rows for ever, and tell after each how many rows are on the disk."""
    chance = random.Random(attempt_id)  # noqa: S311 - reproducible sizes, no secret
    stream = StreamWriter(target(raw, attempt_id=attempt_id))
    print("begun", flush=True)  # noqa: T201 - the starter reads this
    count = 0
    while True:
        for _ in range(chance.randrange(1, 6)):
            stream.append(row(count, chance.choice([10, 1_000, 300_000])))
            count += 1
        stream.sync()
        print(count, flush=True)  # noqa: T201 - the starter reads this
        time.sleep(pause)


def write_calmly(raw: Path, attempt_id: str) -> None:
    """Do the same, slowly enough for somebody to read along."""
    write_rows(raw, attempt_id, 0.1)


def stop_at_birth(raw: Path, attempt_id: str) -> None:
    """Begin a stream, and stand still right before its file is locked."""

    def hook(event: str, _: tuple[Any, ...]) -> None:
        if event == "fcntl.flock":
            print("about to lock", flush=True)  # noqa: T201 - the starter reads this
            time.sleep(60)

    sys.addaudithook(hook)
    StreamWriter(target(raw, attempt_id=attempt_id))


def lock_late(raw: Path, attempt_id: str) -> None:
    """Begin a stream, lock its file as soon as a line comes on standard input, write a row and seal it."""
    waits = iter([True])

    def hook(event: str, _: tuple[Any, ...]) -> None:
        if event == "fcntl.flock" and next(waits, False):
            print("about to lock", flush=True)  # noqa: T201 - the starter reads this
            sys.stdin.readline()

    sys.addaudithook(hook)
    with StreamWriter(target(raw, attempt_id=attempt_id)) as stream:
        stream.append(row(1))


if __name__ == "__main__":
    doing = {"rows": write_rows, "calm": write_calmly, "birth": stop_at_birth, "late": lock_late}
    doing[sys.argv[3]](Path(sys.argv[1]), sys.argv[2])
