"""How tests wait for other processes: for what they speak of, not for a time."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def until(is_so: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def has_open(process: subprocess.Popen[str], file: Path) -> bool:
    """Tell whether a process has a file open, such as the lock for which it waits."""
    return file in (entry.resolve() for entry in Path(f"/proc/{process.pid}/fd").glob("*"))
