"""Publish: put a copy of the closed store where users open it, whole or not at all.

Nobody who reads is ever waited for or disturbed; an open reader keeps the version that it opened. Whether a store is
published is publication.py.
"""

import errno
import os
import shutil
import stat
from pathlib import Path

from dagster_project.disk import keep_beside, sync_folder
from dagster_project.errors import BadStoreError, DiskError
from dagster_project.warehouse.other_clients import head_of, log_of, set_aside

_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOBODY_WRITES = ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def publish(store: Path, published: Path, aside: Path | None = None, *, is_read_only: bool = False) -> None:
    """Copy the store to a temporary name, bring it to the disk, and rename it onto `published`.

    Only under the store's lock and with the store closed: copying it in a process that has it open would drop
    DuckDB's own lock. The file before is kept as `aside`, if that is named. Its mode is what the user's umask says,
    without any right to write where `is_read_only`.

    Raises:
        BadStoreError: the store was not closed cleanly, or the copy is not equal.
        DiskError: the disk refused; what was published before is untouched.
    """
    if log_of(store).exists():
        raise BadStoreError(
            f"{store}: its write-ahead log is still there, so it was not closed whole: the disk may be full, or a run "
            "was killed; free space, then run a snapshot again, nothing is lost"
        )
    temporary = published.with_name(f".{published.name}.{os.getpid()}.tmp")
    try:
        _sweep(published)
        try:
            shutil.copyfile(store, temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            _check(temporary, store)
            if is_read_only:
                temporary.chmod(temporary.stat().st_mode & _NOBODY_WRITES)
            if aside is not None and published.exists():
                keep_beside(published, aside)
            set_aside(published)  # what a client left there belongs to the file of before
            temporary.replace(published)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(published.parent)
    except OSError as error:
        remedy = "make its folder writable" if error.errno in _UNWRITABLE else "free space"
        raise DiskError(f"{published}: cannot be published ({error.strerror}); {remedy}, then run again") from error


def _check(copy: Path, store: Path) -> None:
    """Look at the copy before anybody else does: it is as long as the store, and begins alike."""
    if copy.stat().st_size != store.stat().st_size or head_of(copy) != head_of(store):
        raise BadStoreError(f"{store}: its copy is another file, so it is not published; run `portfolio publish` again")


def _sweep(published: Path) -> None:
    """Remove the copies of runs that were killed while they published: as large as the store, and nobody's any more."""
    for left in published.parent.glob(f".{published.name}.*.tmp"):
        left.unlink(missing_ok=True)
