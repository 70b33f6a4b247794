"""Which of our errors an error of DuckDB is: the file is damaged, another program has it open, or the disk refuses.

DuckDB raises one kind for all three, and a bare Error for a block with a wrong checksum; its words tell them apart.
"""

from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.errors import BadStoreError, DiskError, StoreBusyError

REBUILD = "run `portfolio rebuild`, which makes the store again from the raw answers and keeps this one beside"
PUBLISH = "run `portfolio publish --replace`, which publishes the file anew from the store"

_OF_THE_DISK = (
    "No space left", "Disk quota", "Could not write", "Could not sync", "Could not truncate", "Permission denied",
    "Read-only file system", "Input/output error", "Too many open files", "Operation not permitted",
    "No such file or directory", "Cannot allocate memory", "File too large", "Not a directory", "Is a directory",
    "Could not move file", "Could not remove file", "Could not create directory", "Resource temporarily unavailable",
)  # fmt: skip
"""Words of DuckDB and of the system where a file could not be read or written at all."""

_OF_THE_FILE = (
    duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException,
)  # fmt: skip
"""Kinds that a question never raises by itself: something is the matter with a file."""

_MOST_WORDS = 300


def concerns_file(error: duckdb.Error) -> bool:
    """Tell whether an error is about a file or its disk, and not about what was asked."""
    if isinstance(error, duckdb.TransactionException):  # a commit that could not be written
        return _speaks_of_disk(str(error)) or "orrupt" in str(error)
    return isinstance(error, _OF_THE_FILE) or type(error) is duckdb.Error


def named(path: Path, error: duckdb.Error, remedy: str) -> StoreBusyError | DiskError | BadStoreError:
    """Give the error that names the file, what is the matter with it, and what helps."""
    words = _first_line(error)
    if "Could not set lock" in words:
        return StoreBusyError(f"{path}: another program has it open to write; close it, then run again")
    if _speaks_of_disk(str(error)):
        return DiskError(f"{path}: the disk refused ({words}); free space or mend the folder, then run again")
    log = path.with_name(f"{path.name}.wal")
    if "WAL" in words and log.exists():
        return BadStoreError(f"{log}: this write-ahead log is damaged or belongs to another file ({words}); {remedy}")
    return BadStoreError(f"{path}: damaged, or no DuckDB database ({words}); {remedy}")


def opened_badly(path: Path, error: duckdb.Error, remedy: str) -> StoreBusyError | DiskError | BadStoreError:
    """Give the error for a file that cannot be opened: there whatever DuckDB says is about the file."""
    if "database file with version number" in str(error):
        words = f"written by a newer DuckDB ({_first_line(error)}); update this program, which brings it along"
        return BadStoreError(f"{path}: {words}; without it, {remedy}")
    return named(path, error, remedy)


def no_history(path: Path, remedy: str) -> BadStoreError:
    """Give the error for a database that holds no history of this program."""
    return BadStoreError(f"{path}: no history of this program; {remedy}")


def unreadable(path: Path, error: duckdb.Error, remedy: str) -> StoreBusyError | DiskError | BadStoreError:
    """Give the error for a database that cannot be read as a history, for whichever reason."""
    return named(path, error, remedy) if concerns_file(error) else no_history(path, remedy)


def holds_history(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the database says whose history it holds."""
    with suppress(duckdb.Error):
        return bool(connection.execute("from store").fetchall())
    return False


def _speaks_of_disk(words: str) -> bool:
    return any(one in words for one in _OF_THE_DISK)


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0][:_MOST_WORDS]
