"""What makes a file outlive a loss of power: its content is on the disk, and so is the name in its folder.

What is written, and under which name, stands where it is written; so does what is said when the disk refuses.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_LEFT = ".put.tmp"
"""How a file is named that is being written: nobody else in this program names one so."""


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(path: Path, content: bytes) -> None:
    """Let a file hold this, whole or not at all; what was there before is untouched until then. Its folder is there.

    Raises:
        OSError: the disk refused.
    """
    _sweep(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_LEFT}")
    try:
        with _locked(temporary) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _locked(temporary: Path) -> BinaryIO:
    """Make a file and lock it for as long as it is open: whoever sweeps tells by that that its writer lives."""
    while True:
        file = temporary.open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if temporary.exists():
            return file
        file.close()  # swept between the two


def _sweep(folder: Path) -> None:
    """Remove what killed writers left in the folder: nobody holds its lock any more."""
    for left in folder.glob(f".*{_LEFT}"):
        with suppress(FileNotFoundError, BlockingIOError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def keep_beside(path: Path, aside: Path) -> None:
    """Let a file be there under a second name too, which is not taken; it is copied where no file has two names.

    Raises:
        OSError: the disk refused, or the name is taken.
    """
    try:
        os.link(path, aside)
    except FileExistsError:
        raise
    except OSError:  # file systems without hard links answer with various codes
        temporary = aside.with_name(f".{aside.name}.{os.getpid()}.tmp")
        try:
            shutil.copyfile(path, temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.rename(aside)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(aside.parent)
