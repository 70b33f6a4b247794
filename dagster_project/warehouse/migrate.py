"""Bring a store of an older schema to this one on a copy, which takes its place only when it holds the same rows.

What a schema is is schema.py; a store of this schema, a newer or a foreign one is never touched here.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.disk import keep_beside, sync_folder
from dagster_project.errors import BadStoreError, DiskError, ForeignStoreError
from dagster_project.warehouse import schema, sqlfiles
from dagster_project.warehouse.claims import ABOUT_PROVIDERS, check_claims
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.derive import derive
from dagster_project.warehouse.facts import quoted


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration does: schemas, rows by table (None where it is new), broken claims, where the old file is."""

    from_schema: int
    to_schema: int
    rows: dict[str, tuple[int | None, int]]
    broken: tuple[str, ...] = ()
    kept: Path | None = None


def is_older(connection: duckdb.DuckDBPyConnection, store: Path, mode: str) -> bool:
    """Tell whether the store, opened under its lock, is of an older schema.

    Raises:
        ForeignStoreError: it holds another mode's history, or was written by a newer program.
        PortfolioError: it cannot be read.
    """
    version = _version(connection, store, mode)
    return version is not None and version < sqlfiles.migrations()[-1][0]


def migrate(store: Path, mode: str, now: datetime, *, only_try: bool = False, judge: bool = False) -> Migration | None:
    """Migrate a copy of the store and put it in the store's place; the old file is kept beside it.

    Only under the store's lock, with the store closed. `only_try` leaves the store as it is; `judge` runs every claim
    over the copy, and then a broken one keeps the copy from taking its place. None where the store is of this schema.

    Raises:
        ForeignStoreError: it holds another mode's history, or was written by a newer program.
        BadStoreError: the copy lacks rows, or was not closed whole; the store is as it was.
        DiskError: the disk refused; the store is as it was.
    """
    with writing(store) as connection:
        version = _version(connection, store, mode)
        before = _counts(connection)
    wanted = sqlfiles.migrations()[-1][0]
    if version is None or version == wanted:
        return None
    copy = store.with_name(f".{store.name}.migrating")
    log = copy.with_name(f"{copy.name}.wal")
    try:
        _copy(store, copy)
        after, broken = _migrated(copy, mode, now, judge=judge)
        _compare(store, before, after)
        if log.exists():
            raise DiskError(f"{store}: its copy cannot be written whole; free space, then run again")
        done = Migration(version, wanted, {name: (before.get(name), count) for name, count in after.items()}, broken)
        if only_try or broken:
            return done
        kept = _swap(store, copy, version, now)
        return Migration(done.from_schema, done.to_schema, done.rows, kept=kept)
    except OSError as error:
        raise DiskError(f"{store}: cannot be migrated ({error.strerror}); free space, then run again") from error
    finally:
        copy.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def _version(connection: duckdb.DuckDBPyConnection, store: Path, mode: str) -> int | None:
    try:
        return schema.version_of(connection, mode)
    except ForeignStoreError as error:
        raise type(error)(f"{store}: {error}") from error


def _copy(store: Path, copy: Path) -> None:
    if store.with_name(f"{store.name}.wal").exists():
        raise BadStoreError(f"{store}: its write-ahead log is still there after closing; free space, then run again")
    shutil.copyfile(store, copy)


def _migrated(copy: Path, mode: str, now: datetime, *, judge: bool) -> tuple[dict[str, int], tuple[str, ...]]:
    """Migrate the copy and count its rows; name the claims that it breaks, if they are asked."""
    with writing(copy) as connection:
        schema.prepare(connection, mode, now)
        after = _counts(connection)
        if judge:
            derive(connection)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    checked = [one for one in check_claims(copy) if one.name not in ABOUT_PROVIDERS] if judge else []
    broken = [one.name for one in checked if not one.holds]
    return after, tuple(broken)


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the rows of every table but those that follow from the others."""
    derived = {file.name for file in sqlfiles.derived()}
    names = [name for (name,) in connection.execute("select table_name from duckdb_tables() order by all").fetchall()]
    counts = {}
    for name in names:
        if name not in derived:
            ((counts[name],),) = connection.execute(f"select count(*) from {quoted(name)}").fetchall()  # noqa: S608 - quoted
    return counts


def _compare(store: Path, before: dict[str, int], after: dict[str, int]) -> None:
    differing = [name for name, count in before.items() if after.get(name) != count]
    lost = [f"{name} had {before[name]}, has {after.get(name, 'none')}" for name in differing]
    if lost:
        words = f"its migrated copy does not hold the same rows ({'; '.join(lost)}), so it is not used"
        raise BadStoreError(f"{store}: {words}; the store is as it was: go back to the version before and report this")


def _swap(store: Path, copy: Path, version: int, now: datetime) -> Path:
    """Keep the old file under a name that says of which schema it is, and put the copy where it stood."""
    instant = now.astimezone(UTC)
    kept = store.with_name(f"{store.stem}.schema-{version}.{instant:%Y%m%dT%H%M%S}{store.suffix}")
    keep_beside(store, kept)
    copy.replace(store)
    sync_folder(store.parent)
    return kept
