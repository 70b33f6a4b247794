"""System calls that change files, counted in a process: at the n-th of them it is killed, or the call fails.

The counting is calls.c, compiled here and preloaded into the processes of server.py; the product knows nothing of it.
"""

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("calls.c")


class How(IntEnum):
    """What happens at the n-th call: nothing, the end before or in the midst of it, or its failure."""

    COUNT = 1
    KILL_BEFORE = 2
    KILL_WITHIN = 3
    FAIL_ONCE = 4
    FAIL_ON = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One call by its name (create, write, cut, fsync, rename, link, unlink, mkdir, rmdir), and the path it changes."""

    name: str
    path: Path


@cache
def library() -> Path:
    """Compile calls.c once a version, and give the library.

    Raises:
        FileNotFoundError: no C compiler is there; the message names the command that installs one.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("killing at system calls needs a C compiler: apt-get install -y gcc libc6-dev")
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    built = Path(tempfile.gettempdir()) / f"portfolio-calls-{digest}.so"
    if not built.exists():
        with tempfile.TemporaryDirectory(dir=built.parent) as folder:
            new = Path(folder) / built.name
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", new, SOURCE, "-ldl"], check=True)
            new.replace(built)
    return built


def arm(folder: Path, how: How, number: int, error: int, log: int) -> None:
    """Begin to count in this process, which the library was preloaded into; `log` is an open file, or -1."""
    ctypes.CDLL(None).calls_arm(str(folder).encode(), int(how), ctypes.c_long(number), error, log)


def read_log(path: Path) -> list[Call]:
    """Give the calls that were counted, in their order."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if path.exists() else []
    return [Call(name, Path(where)) for name, _, where in (line.partition("\t") for line in lines)]
