"""What lies in the future, as after a run whose clock was ahead: which entries and streams, and their removal.

The store without it is made by rebuild.py, from everything else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.archive.journal import Entry, Stored
from dagster_project.archive.layout import StreamFile
from dagster_project.snapshot.order import Key, attempts_in
from dagster_project.snapshot.second_clock import set_aside


@dataclass(frozen=True, slots=True)
class Cut:
    """Leaves out what belongs to instants later than `until`, nothing where that is None."""

    until: datetime | None

    def entries(self, entries: Iterable[Entry]) -> list[Entry]:
        """Give the entries of a journal without instants that are later."""
        return [one for one in entries if not self._is_later(one)]

    def streams(self, streams: Mapping[Key, StreamFile]) -> dict[Key, StreamFile]:
        """Give the streams without those of later instants."""
        later = self._later(streams)
        return {key: one for key, one in streams.items() if key not in later}

    def attempts(self, entries: Iterable[Entry], streams: Mapping[Key, StreamFile]) -> set[Key]:
        """Give the attempts at later instants that journal or streams tell of."""
        return attempts_in(one for one in entries if self._is_later(one)) | self._later(streams).keys()

    def set_aside(self, raw: Path, streams: Mapping[Key, StreamFile]) -> int:
        """Move the streams of later instants out of raw/; gives how many."""
        return set_aside(raw, [one for one in self._later(streams).values() if one.path.is_relative_to(raw)])

    def _later(self, streams: Mapping[Key, StreamFile]) -> dict[Key, StreamFile]:
        until = self.until
        return {key: one for key, one in streams.items() if until is not None and one.as_of > until}

    def _is_later(self, entry: Entry) -> bool:
        return self.until is not None and isinstance(entry, Stored) and entry.as_of > self.until
