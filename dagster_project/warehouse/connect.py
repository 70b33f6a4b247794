"""The only duckdb.connect: short connections that say whether they read or write, and what they may touch.

The writer's store is opened under the lock of lock.py; the published file is opened read-only and cut off from the
file system, the network and extensions. Only one that stays open, for a server, is held by a reader.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.errors import BadStoreError, DiskError, StoreBusyError, UsageError

STORAGE_VERSION = "v1.5.0"
"""Readable by clients of 1.5 as well; no difference in size or speed was measured."""

Config = dict[str, str | bool | int | float | list[str]]

_WRITER: Config = {
    "memory_limit": "2GB",
    "storage_compatibility_version": STORAGE_VERSION,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
_READER: Config = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}
_KEPT: Config = {
    "threads": 1,  # many ask at once: each by itself costs less work than one that all cores share (measured)
    "memory_limit": "2GB",
    "temp_directory": "",  # what does not fit into memory is refused: a server that only reads writes nothing
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


@contextmanager
def writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the store at `path` to write; only under the store's lock.

    Raises:
        StoreBusyError: another program has the file open.
        DiskError: the disk refused.
        BadStoreError: the file is no DuckDB database, or damaged.
    """
    try:
        connection = duckdb.connect(path, config=_WRITER)
    except duckdb.IOException as error:
        raise _named(path, error) from error
    try:
        connection.execute("set enable_progress_bar = false")  # DuckDB takes a worker of many for a person at a prompt
        yield connection
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        if isinstance(error, duckdb.IOException) or _speaks_of_disk(error):
            raise _named(path, error) from error
        raise
    finally:
        connection.close()


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published file read-only, unable to reach any other file.

    Raises:
        UsageError: there is no such file yet.
        BadStoreError: the file is no DuckDB database, or damaged.
    """
    if not path.exists():
        raise UsageError(f"{path}: nothing is published yet; take a snapshot first (`portfolio snapshot`)")
    try:
        connection = duckdb.connect(path, read_only=True, config=_READER)
    except duckdb.IOException as error:
        raise _named(path, error) from error
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database that is kept in memory alone, unable to reach any file."""
    connection = duckdb.connect(":memory:", config=_READER)
    try:
        yield connection
    finally:
        connection.close()


def keep_open(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a published file read-only to stay, unable to reach any other file; `use published` in each of its cursors.

    DuckDB gives everybody in a process who opens one path the database that was opened first, which after publishing is
    the file of before. Attached to a database in memory, each version is a database of its own.

    Raises:
        UsageError: there is no such file yet.
        BadStoreError: the file is no DuckDB database, or damaged.
    """
    if not path.exists():
        raise UsageError(f"{path}: nothing is published yet; take a snapshot first (`portfolio snapshot`)")
    connection = duckdb.connect(":memory:", config=_KEPT)
    try:
        connection.execute("attach '{}' as published (read_only)".format(str(path).replace("'", "''")))
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.IOException as error:
        connection.close()
        raise _named(path, error) from error
    return connection


def _speaks_of_disk(error: duckdb.Error) -> bool:
    """Tell whether a commit or a checkpoint failed because the file could not be written."""
    return "Could not write" in str(error) or "No space left" in str(error) or "Could not sync" in str(error)


def _named(path: Path, error: duckdb.Error) -> StoreBusyError | DiskError | BadStoreError:
    words = str(error).splitlines()[0]
    if "Could not set lock" in words:
        return StoreBusyError(f"{path}: another program has it open to write; close it, then run again")
    if "not a valid DuckDB database" in words or "orrupt" in words or "checksum" in words:
        return BadStoreError(f"{path}: not readable as a DuckDB database ({words}); rebuild it from the raw answers")
    return DiskError(f"{path}: the disk refused ({words}); free space or mend the folder, then run again")
