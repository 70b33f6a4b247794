"""How tests wait for others, processes or threads: for what they speak of, not for a time."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def comes_true(condition: Callable[[], bool], seconds: float = 20, every: float = 0.005) -> bool:
    """Wait until the condition holds; whether it did in that time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(every)
    return condition()


def until(is_so: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until it is so."""
    assert comes_true(is_so, seconds, every=0.05)


def has_open(process: subprocess.Popen[str], file: Path) -> bool:
    """Tell whether a process has a file open, such as the lock for which it waits."""
    return file in (entry.resolve() for entry in Path(f"/proc/{process.pid}/fd").glob("*"))
