"""The only duckdb.connect: short connections that say whether they read or write, and what they may touch.

The writer's store is opened under the lock of lock.py; the published file is opened read-only and cut off from the
file system, the network and extensions. Only one that stays open, for a server, is held by a reader.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from dagster_project.errors import UsageError
from dagster_project.warehouse.damaged import (
    PUBLISH,
    REBUILD,
    concerns_file,
    holds_history,
    named,
    no_history,
    opened_badly,
)
from dagster_project.warehouse.other_clients import opened

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


SMALL_BYTES = 64 * 2**20
"""Below this size of a file one thread works: sharing what is little among cores costs a tenth more (measured)."""


def _for(path: Path, config: Config) -> Config:
    """Give the configuration for a file of this size."""
    try:
        is_small = path.stat().st_size < SMALL_BYTES
    except OSError:  # what is wrong with it is said when it is opened
        return config
    return {**config, "threads": 1} if is_small else config


@contextmanager
def writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the store at `path` to write; only under the store's lock.

    Raises:
        StoreBusyError: another program has the file open.
        DiskError: the disk refused.
        BadStoreError: the file is no DuckDB database, or damaged.
    """
    try:
        connection = duckdb.connect(path, config=_for(path, _WRITER))
    except duckdb.Error as error:
        raise opened_badly(path, error, REBUILD) from error
    try:
        connection.execute("set enable_progress_bar = false")  # DuckDB takes a worker of many for a person at a prompt
        yield connection
    except duckdb.Error as error:
        if concerns_file(error):
            raise named(path, error, REBUILD) from error
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
        connection = opened(path, lambda place: duckdb.connect(place, read_only=True, config=_for(place, _READER)))
    except duckdb.Error as error:
        raise opened_badly(path, error, PUBLISH) from error
    try:
        with told_of(path, connection):
            yield connection
    finally:
        connection.close()


@contextmanager
def told_of(path: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Name the published file in what DuckDB says of it while it is read through `connection`.

    Raises:
        BadStoreError: the file is damaged, or holds no history of this program.
        DiskError: the disk refused.
    """
    try:
        yield
    except duckdb.Error as error:
        if concerns_file(error):
            raise named(path, error, PUBLISH) from error
        if not holds_history(connection):
            raise no_history(path, PUBLISH) from error
        raise


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
        opened(path, lambda place: attach(connection, place, "published"))
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise opened_badly(path, error, PUBLISH) from error
    return connection


def rolled_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Roll back what is open; where the disk refused, DuckDB has done so, and its first error is the one to report."""
    with suppress(duckdb.TransactionException, duckdb.FatalException):
        connection.rollback()


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Let a connection read the database at `path` under `name`."""
    connection.execute("attach '{}' as {} (read_only)".format(str(path).replace("'", "''"), name))
