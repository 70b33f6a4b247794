"""The file of a stream that is open: locked from its birth, so that a living run's is told from a killed one's.

What stands in it is stream.py.
"""

import errno
import fcntl
import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from dagster_project.archive.layout import StreamFile
from dagster_project.disk import sync_folder
from dagster_project.errors import DiskError


def locked(path: Path) -> FileIO:
    """Make a new file and lock it; an OSError is the caller's to tell.

    Between the two another run may take it for a killed one's and remove it: then it is made anew.
    """
    while True:
        file = path.open("xb", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            file.close()
            path.unlink(missing_ok=True)
            raise
        if _lies_at(file, path):
            return file
        file.close()


def is_abandoned(stream: StreamFile) -> bool:
    """Tell whether an open stream's writer is gone: its lock is free. Raises DiskError where the disk refuses."""
    try:
        with stream.path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return False  # its writer has only just made it, and locks it before it writes the first byte
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # its writer lives, or has sealed it meanwhile
        return False
    except OSError as error:
        raise refused(stream.path, error) from error
    return True


def remove_unwritten(stream: StreamFile) -> None:
    """Remove an open stream that a killed run made and wrote nothing to; any other, and a living one's, is left alone.

    Raises DiskError where the disk refuses.
    """
    try:
        with suppress(BlockingIOError, FileNotFoundError), stream.path.open("r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(file.fileno()).st_size and _lies_at(file, stream.path):
                stream.path.unlink()  # a writer that was about to lock it finds it gone, and makes another
    except OSError as error:
        raise refused(stream.path, error) from error


def rename(stream: StreamFile) -> Path:
    """Give an open stream its final name, so that the name survives a power cut; never replaces a sealed one."""
    if stream.path.exists() and stream.sealed_path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    stream.path.rename(stream.sealed_path)
    sync_folder(stream.path.parent)
    return stream.sealed_path


def write_at(file: FileIO, place: int, content: bytes) -> None:
    """Write all of it at its place, over whatever a refused try has left there."""
    rest = memoryview(content)
    while rest:
        written = os.pwrite(file.fileno(), rest, place)
        place, rest = place + written, rest[written:]


def _lies_at(file: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def refused(path: Path, error: OSError) -> DiskError:
    """Give the error that says what the disk did not do, and what helps."""
    return DiskError(f"{path}: the disk refused ({error.strerror}); free space or mend the folder, then run again")
