"""Export a history: every fact of the published file into files of a new folder, read back before it counts.

The folder is there whole or not at all. What the files look like is files.py, what says so is descriptor.py.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from importlib.metadata import version
from operator import xor
from pathlib import Path

from dagster_project.closings import record
from dagster_project.disk import sync_folder
from dagster_project.errors import BadRawError, BadStoreError, DiskError, UsageError
from dagster_project.exchange import files
from dagster_project.exchange.descriptor import (
    CLOSINGS,
    NAME,
    File,
    Package,
    Resource,
    closings_of,
    encoded,
    package_of,
    table_of,
)
from dagster_project.exchange.files import Form, path_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.compare import Sums
from dagster_project.warehouse.facts import Fact, facts_at
from dagster_project.warehouse.incoming import Scratch, scratch
from dagster_project.warehouse.outgoing import Outgoing, outgoing

_PARTIAL = re.compile(r"\..+\.[0-9]+\.partial")

Heard = Callable[[str, int], None]
"""Told of each table that is done, and how many rows of it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported, where to, and which tables were left out because nobody but their owner knows them."""

    folder: Path
    package: Package
    left_out: list[str]


def export(published: Path, folder: Path, form_name: str, now: datetime, heard: Heard) -> Exported:
    """Export the published file, and the closed periods beside it, into `folder`, which must not be there or be empty.

    Raises:
        UsageError: nothing is published yet, or the folder cannot be used.
        BadStoreError: the published file is damaged, or what was written reads back otherwise.
        DiskError: the disk refused. Nothing is left behind in each case.
    """
    _insist_on_free(folder)
    try:
        with _beside(folder) as partial, outgoing(published) as out:
            resources = [*_tables(out, partial, files.FORMS[form_name], heard)]
            resources += _closings(published.with_name(CLOSINGS), partial)
            versions = (version("portfolio-snapshots"), version("duckdb"))
            package = package_of(out.version, resources, now, versions)
            _put(partial, package)
            partial.rename(folder)
            sync_folder(folder.parent)
            return Exported(folder, package, out.left_out)
    except OSError as error:
        words = f"cannot be exported ({error.strerror}), nothing is left behind; free space, then run again"
        raise DiskError(f"{folder}: {words}") from error


def _insist_on_free(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is no folder; name a new one")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is there and not empty; name a new folder, none is ever overwritten")
    if not folder.absolute().parent.is_dir():
        raise UsageError(f"{folder.absolute().parent} is not there; make it first, or name another folder")


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside, gone afterwards unless it was renamed; what killed exports left goes first."""
    whole = folder.absolute()
    for left in whole.parent.glob(".*.partial"):
        with suppress(OSError), _held(left):  # one that somebody holds is being written
            if _is_left_over(left):
                shutil.rmtree(left)
    partial = whole.with_name(f".{whole.name}.{os.getpid()}.partial")
    partial.mkdir()
    try:
        with _held(partial):
            yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_left_over(folder: Path) -> bool:
    """Tell whether an export made a folder, under whatever name: it holds nothing that an export would not."""
    known = {NAME, CLOSINGS, *(fact.name for fact in facts_at(sqlfiles.migrations()[-1][0]))}
    return _PARTIAL.fullmatch(folder.name) is not None and {one.name for one in folder.iterdir()} <= known


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; raises OSError where somebody else does. The kernel frees it however we end."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _tables(out: Outgoing, partial: Path, form: Form, heard: Heard) -> Iterator[Resource]:
    with scratch(out.version.schema_version) as looking:
        for fact in out.facts:
            months: list[datetime | None] = [*out.months(fact)]
            written = [_written(out, looking, partial, fact, form, month) for month in months or [None]]
            sums = _together([found for _, found in written])
            if sums != out.sums(fact):
                words = f"{fact.name} reads back otherwise than it was written, so nothing is exported"
                raise BadStoreError(f"{partial.name}: {words}; choose another --format, and report this")
            heard(fact.name, sums[0])
            yield table_of(fact, form, [file for file, _ in written], sums)


def _written(
    out: Outgoing, looking: Scratch, partial: Path, fact: Fact, form: Form, month: datetime | None
) -> tuple[File, Sums]:
    """Write one file, and read it back."""
    name = path_of(fact, month, form)
    path = partial / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with out.rows(fact, month, files.selected(fact, form)) as rows:
        size, digest = files.write(path, fact, form, rows)
    try:
        back = files.read(path, fact, form, looking.arrow_schema(fact))
        return File(name, size, digest), looking.sums(back, files.read_by(fact, form))
    except (BadRawError, BadStoreError) as error:
        raise BadStoreError(f"{name}: cannot be read back, so nothing is exported; report this ({error})") from error


def _together(parts: list[Sums]) -> Sums:
    """Give the sums of all rows from those of their parts."""
    counts, hashes, odds = zip(*parts, strict=True)
    return sum(counts), sum(hashes), reduce(xor, odds)


def _closings(folder: Path, partial: Path) -> list[Resource]:
    """Take along the files of closed periods, byte for byte; a damaged one is no closing, and is said."""
    copied = []
    for path in record.kept(folder):
        try:
            record.read(path)
        except BadRawError as error:
            raise BadStoreError(f"{error}; nothing is exported") from error
        target = partial / CLOSINGS / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())
        size, digest = files.digest_of(target)
        copied.append(File(f"{CLOSINGS}/{path.name}", size, digest))
    return [closings_of(copied)] if copied else []


def _put(partial: Path, package: Package) -> None:
    """Write the descriptor, and bring every name to the disk."""
    with (partial / NAME).open("xb") as file:
        file.write(encoded(package))
        file.flush()
        os.fsync(file.fileno())
    for place, _, _ in os.walk(partial):
        sync_folder(Path(place))
