"""Move old raw answers to the archive, each only when a copy there was read back and found equal; none is ever dropped.

A rebuild reads raw answers and archive alike, so that nothing becomes impossible by moving.
"""

import hashlib
import os
import re
import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dagster_project.archive.layout import IMPORTS, StreamFile, find_all
from dagster_project.archive.stream import read_rows
from dagster_project.disk import put, sync_folder
from dagster_project.errors import DiskError, PortfolioError, UsageError
from dagster_project.settings.load import Settings
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.order import key_of
from dagster_project.snapshot.replay import finding_of
from dagster_project.snapshot.stores import store_of

SUMS = "SHA256SUMS"
"""In each folder of the archive: what `sha256sum --check` reads."""


_SUM = re.compile(rb"[0-9a-f]{64}  \S+\n")


@dataclass(slots=True)
class Pruned:
    """What was moved, and what stayed although it is old, with the reason."""

    streams: int = 0
    moved_bytes: int = 0
    findings: list[Finding] = field(default_factory=list)


def prune(settings: Settings, now: datetime, heard: Callable[[int], None]) -> Pruned:
    """Move the streams of instants older than the settings say to the archive; `heard` is told how many were.

    Raises:
        UsageError: the settings name no time to keep, or there is no store yet.
        DiskError: the disk refused; what was not moved by then is where it was.
        PortfolioError: the store is busy, damaged or foreign.
    """
    keep, archive = settings.raw.keep, settings.raw.archive_dir
    if keep is None or archive is None:
        words = "raw answers are kept for ever; to move old ones away, set keep_days and archive_dir under [raw]"
        raise UsageError(f"{settings.config}: {words}")
    store = store_of(settings)
    before = store.examine()
    if before is None:
        store.refuse_if_lost()
        raise UsageError(f"{settings.paths.store}: there is no store yet, so nothing is known to be stored")
    pruned = Pruned()
    for stream in find_all(settings.paths.raw):
        if stream.provider == IMPORTS or stream.is_open or stream.as_of > now - keep:
            continue
        if key_of(stream) not in before.attempts:
            remedy = f"take its instant first: `portfolio snapshot --at {stream.as_of:%Y-%m-%dT%H:%M}`"
            pruned.findings.append(Finding(str(stream.path), "the store does not know it, so it stays", remedy))
            continue
        try:
            deque(read_rows(stream), maxlen=0)
        except PortfolioError as error:
            pruned.findings.append(finding_of(stream, error))
            continue
        pruned.moved_bytes += _move(stream, archive / stream.path.relative_to(settings.paths.raw))
        pruned.streams += 1
        heard(pruned.streams)
    return pruned


def _move(stream: StreamFile, target: Path) -> int:
    """Copy, bring to the disk, read back, and only then remove; a copy that an earlier try left is held to the same."""
    try:
        content = stream.path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            new = target.with_name(f".{target.name}.new")
            shutil.copyfile(stream.path, new)
            with new.open("rb+") as file:
                os.fsync(file.fileno())
            new.replace(target)
        if hashlib.sha256(target.read_bytes()).hexdigest() != digest:
            raise DiskError(f"{target}: the copy is not equal to {stream.path}; remove the copy, then prune again")
        _note_sum(target, digest)
        sync_folder(target.parent)
        stream.path.unlink()
    except OSError as error:
        raise DiskError(f"{target}: the disk refused ({error.strerror}); free space, then prune again") from error
    return len(content)


def _note_sum(target: Path, digest: str) -> None:
    """Add a line, behind the last whole one: a killed run may have left half of one, a disk something else."""
    sums = target.with_name(SUMS)
    line = f"{digest}  {target.name}\n".encode()
    before = sums.read_bytes() if sums.exists() else b""
    whole = [one for one in before.splitlines(keepends=True) if _SUM.fullmatch(one)]
    if b"".join(whole) != before:
        put(sums, b"".join(whole))
    if line not in whole:
        with sums.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
