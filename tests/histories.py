"""Histories that tests start from: taken once in a worker, and copied by file for each test that starts from the same.

The same are those with the same settings, instants and faults, step by step. What a test did to the files by other
means makes its history one of its own.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.snapshot.taken import Taken

MOST_KEPT = 24
"""Histories that a worker keeps, each of about 25 MB; the one that was not asked for longest goes first."""

WITHOUT_THE_LOCK = shutil.ignore_patterns("*.lock")

Files = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Step:
    """One taking: the settings file, the instants, and what the simulator was steered to."""

    settings: str
    instants: tuple[datetime, ...]
    again: bool
    steering: tuple[tuple[str, bytes], ...]

    @property
    def can_be_repeated(self) -> bool:
        """Tell whether the same step always has the same answers: a fault that counts its requests ends by itself."""
        return not any(b'"times"' in orders for _, orders in self.steering)


@dataclass(frozen=True, slots=True)
class _Kept:
    data: Path
    taken: tuple[Taken, ...]


class Histories:
    """What was taken in this worker, below one folder."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing; the folder is there."""
        self._folder = folder
        self._number = 0
        self._kept: dict[tuple[Step, ...], _Kept] = {}

    def give(self, steps: tuple[Step, ...], data: Path, take: Callable[[], list[Taken]]) -> list[Taken]:
        """Let `data` hold the history of these steps, by a copy, or by taking the last of them."""
        kept = self._kept.pop(steps, None)
        if kept is None:
            taken = take()
            kept = self._keep(data, taken)
        else:
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(kept.data, data)
        self._kept[steps] = kept
        while len(self._kept) > MOST_KEPT:
            oldest = next(iter(self._kept))
            shutil.rmtree(self._kept.pop(oldest).data)
        return list(kept.taken)

    def _keep(self, data: Path, taken: list[Taken]) -> _Kept:
        self._number += 1
        folder = self._folder / str(self._number)
        shutil.copytree(data, folder, ignore=WITHOUT_THE_LOCK)
        return _Kept(folder, tuple(taken))


def files_of(data: Path) -> Files:
    """Give what tells whether anything below a folder changed: names, sizes and times."""
    found = ((path, path.stat()) for path in data.rglob("*") if path.is_file())
    return frozenset((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found)
