"""Publish: put a copy of the closed store where users open it, whole or not at all.

Nobody who reads is ever waited for or disturbed; an open reader keeps the version that it opened.
"""

import os
import shutil
from pathlib import Path

import duckdb

from dagster_project.disk import sync_folder
from dagster_project.errors import BadStoreError, DiskError
from dagster_project.warehouse.connect import reading


def publish(store: Path, published: Path) -> None:
    """Copy the store to a temporary name, bring it to the disk, and rename it onto `published`.

    Only under the store's lock and with the store closed: copying it in a process that has it open would drop
    DuckDB's own lock.

    Raises:
        BadStoreError: the store was not closed cleanly, or never made whole.
        DiskError: the disk refused; what was published before is untouched.
    """
    if store.with_name(f"{store.name}.wal").exists():
        raise BadStoreError(
            f"{store}: its write-ahead log is still there, so it was not closed whole: the disk may be full, or a run "
            "was killed; free space, then run a snapshot again, nothing is lost"
        )
    _sweep(published)
    temporary = published.with_name(f".{published.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(store, temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        _check(temporary, store)
        temporary.replace(published)
        sync_folder(published.parent)
    except OSError as error:
        raise DiskError(f"{published}: cannot be published ({error.strerror}); free space, then run again") from error
    finally:
        temporary.unlink(missing_ok=True)


def _sweep(published: Path) -> None:
    """Remove the copies of runs that were killed while they published: as large as the store, and nobody's any more."""
    for left in published.parent.glob(f".{published.name}.*.tmp"):
        left.unlink(missing_ok=True)


def _check(copy: Path, store: Path) -> None:
    """Look into the copy before anybody else does: a store that was never made whole has no identity."""
    with reading(copy) as connection:
        try:
            connection.execute("select portfolio_id from store")
        except duckdb.CatalogException as error:
            words = "it was never made whole, so it is not published; run a snapshot again"
            raise BadStoreError(f"{store}: {words}") from error
