"""Make an empty store: from a copy that an earlier run left in the user's cache, else from nothing.

Binding every view, macro and answer takes most of the time of making one (0.6 s of CPU, a copy 0.04 s). A copy is of
one schema, one text of sql/ and one version of DuckDB, and its name holds its digest. What does not fit is not used,
and that is logged once.
"""

import hashlib
import logging
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import duckdb

from dagster_project.archive.journal import Begun
from dagster_project.disk import put
from dagster_project.errors import DiskError, PortfolioError
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import STORAGE_VERSION, writing
from dagster_project.warehouse.schema import identify, prepare

log = logging.getLogger(__name__)

_KEPT_DIGITS = 16

_LONGEST_SECONDS = 3600
"""Making a copy takes a part of a second; what is this much older belongs to nobody."""

_KEPT_COPIES = 4
"""Copies of different versions that stay; several programs of a user need not be of one version."""


def make_empty(path: Path, begun: Begun) -> None:
    """Make the store of `begun` at `path`, which is not there.

    Raises:
        PortfolioError: the disk refused.
    """
    if _copy(path):
        with writing(path) as connection:
            identify(connection, begun.portfolio_id, begun.mode, begun.created_at)
        return
    with writing(path) as connection:
        prepare(connection, begun.mode, begun.created_at, begun.portfolio_id)
    _keep(path)


def folder() -> Path | None:
    """Give the folder of copies in the user's cache; None where the user has no home and names no cache."""
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        cache_home = Path(named) if named else Path.home() / ".cache"
    except RuntimeError:
        return None
    return cache_home / "portfolio-snapshots" if cache_home.is_absolute() else None


@cache
def kind() -> str:
    """Name what a copy is good for: schema, text of sql/, version of DuckDB and of its files."""
    schema = "\0".join(text for _, text in sqlfiles.migrations())
    parts = f"{schema}\0{sqlfiles.fingerprint()}\0{duckdb.__version__}\0{STORAGE_VERSION}"
    return hashlib.sha256(parts.encode()).hexdigest()[:_KEPT_DIGITS]


def _copy(path: Path) -> bool:
    """Write the kept copy to `path`; tell whether there was a good one."""
    where = folder()
    copies = sorted(where.glob("store-*.duckdb")) if where else []
    fitting = [copy for copy in copies if copy.name.startswith(f"store-{kind()}-")]
    if copies and not fitting:
        _log_once(f"{where}: the kept copy of an empty store is of another version; a new one is made")
    for found in fitting:
        digest = found.stem.rpartition("-")[2]
        try:
            content = found.read_bytes()
        except OSError:  # another run took it away meanwhile, or it may not be read
            continue
        if hashlib.sha256(content).hexdigest() == digest:
            _write(path, content)
            return True
        _log_once(f"{found}: the kept copy of an empty store is damaged; a new one is made")
        with suppress(OSError):
            found.unlink()
    return False


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); free space, then run again") from error


def _keep(path: Path) -> None:
    """Leave a copy of a new store, without whose it is, for the next one; a cache that refuses costs time alone."""
    where = folder()
    if where is None:
        return
    mine = where / f".{os.getpid()}.duckdb"
    try:
        where.mkdir(parents=True, exist_ok=True)
        mine.write_bytes(path.read_bytes())
        with writing(mine) as connection:
            connection.execute("delete from store")
        content = mine.read_bytes()
        put(where / f"store-{kind()}-{hashlib.sha256(content).hexdigest()}.duckdb", content)
        for old in sorted(where.glob("store-*.duckdb"), key=lambda copy: copy.stat().st_mtime)[:-_KEPT_COPIES]:
            old.unlink(missing_ok=True)
        for left in where.glob(".*.duckdb"):  # of runs that were killed here
            if left.stat().st_mtime < path.stat().st_mtime - _LONGEST_SECONDS:
                left.unlink(missing_ok=True)
    except (OSError, PortfolioError) as error:
        words = "cannot keep a copy of an empty store, so each new store is made from nothing"
        _log_once(f"{where}: {words} ({getattr(error, 'strerror', None) or error})")
    finally:
        with suppress(OSError):
            mine.unlink(missing_ok=True)


@cache
def _log_once(words: str) -> None:
    log.warning("%s", words)
