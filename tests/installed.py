"""What tests need beside the locked environment: pinned by hashes, and installed when it is first asked for."""

import fcntl
import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

INSTALL = ("-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes")


def installed(pinned: Path, name: str, file: str) -> Path:
    """Give a file of what is pinned, from a folder that is whole for everybody who asks, however many do so at once.

    The folder lies in the environment. Where no package registry is, the test is skipped and says what it would run.
    """
    folder = Path(sys.prefix) / name
    if not (folder / file).exists() and not _is_put(pinned, folder, file):
        command = " ".join((*INSTALL, "-r", str(pinned), "--target", str(folder)))
        pytest.skip(f"{name} is not here; with a package registry: python {command}")
    return folder / file


@functools.cache
def _is_put(pinned: Path, folder: Path, file: str) -> bool:
    """Tell whether the folder is there by now; one process installs it and the others wait, and nobody asks twice."""
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (folder / file).exists() or _put(pinned, folder)


def _put(pinned: Path, folder: Path) -> bool:
    """Install beside, then rename: who is killed on the way leaves no half of a folder in its place."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
        whole = Path(beside) / "whole"
        command = [sys.executable, *INSTALL, "-r", str(pinned), "--target", str(whole)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return False
        shutil.rmtree(folder, ignore_errors=True)  # what lay there lacked the file
        whole.rename(folder)
        return True
