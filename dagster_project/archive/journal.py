"""The journal of a mode: what the store was told, in which order; with the raw streams it is all that a rebuild needs.

One line an event, each with its number and the digest of its bytes. A line is on the disk before the store commits what
it says, so that the store never knows what the journal does not; a line whose commit failed is told again later.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from io import BufferedRandom
from pathlib import Path

import msgspec

from dagster_project.accepted import Accepted
from dagster_project.disk import keep_beside, sync_folder
from dagster_project.errors import DiskError, ForeignStoreError
from dagster_project.model import Account, Rule
from dagster_project.prices import AS_SHIPPED, PricePolicy

NAME = "journal.txt"
_DIGEST_BYTES = 16
_CHUNK = 65536


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """The store was made: whose history it holds, and since when (UTC)."""

    portfolio_id: str
    mode: str
    created_at: datetime


class Heeded(msgspec.Struct, frozen=True, tag="heeded"):
    """What the settings said of accounts and assets became other than what the store said.

    `listed` are the tokens that token lists and settings name, None where nothing is said of them.
    """

    accounts: tuple[Account, ...]
    rules: tuple[Rule, ...]
    accepted: tuple[Accepted, ...] = ()
    prices: PricePolicy = AS_SHIPPED
    listed: tuple[str, ...] | None = None

    def without_listed(self) -> "Heeded":
        """Give the same, with nothing said of listed tokens: they are many, and seldom change."""
        return msgspec.structs.replace(self, listed=None)


class Stored(msgspec.Struct, frozen=True, tag="stored"):
    """An instant was written in one transaction: from which attempts, in their order, by which plan.

    `is_second` says that they answer what the same run had asked before, as whoever is doubted is asked twice.
    """

    as_of: datetime
    cron: str
    start: datetime
    grace_minutes: int
    settings_sha256: str
    pulls: int
    cells: int
    attempts: tuple[tuple[str, str], ...]
    is_second: bool = False


class Imported(msgspec.Struct, frozen=True, tag="imported"):
    """A file of the owner's own was taken in; the attempt names the stream that keeps it."""

    attempt_id: str


Entry = Begun | Heeded | Stored | Imported


@dataclass(frozen=True, slots=True)
class Told:
    """What a journal says, and the lines of it that cannot be trusted; `is_there` is false where there is none."""

    entries: tuple[Entry, ...]
    faults: tuple[tuple[str, str], ...]
    is_there: bool = True

    @property
    def begun(self) -> Begun | None:
        """The line that the store was made with, where it stands first."""
        first = self.entries[0] if self.entries else None
        return first if isinstance(first, Begun) else None


class Journal:
    """The journal in a folder of raw streams; it is written under the store's lock alone."""

    def __init__(self, raw: Path) -> None:
        """Nothing is opened yet."""
        self.path = raw / NAME

    def note(self, entry: Entry) -> None:
        """Add a line and wait until the disk has it; raises DiskError where it refuses."""
        try:
            is_new = not self.path.exists()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("w+b" if is_new else "r+b") as file:
                number = _cut_torn(file)
                file.write(_line(number + 1, entry))
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(self.path.parent)
        except OSError as error:
            raise _refused(self.path, error) from error

    def read(self) -> Told:
        """Give the entries in order; a torn last line was never committed and is passed over."""
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return Told((), (), is_there=False)
        except OSError as error:
            raise _refused(self.path, error) from error
        entries, faults, expected = [], [], 1
        for place, line in enumerate(lines, start=1):
            try:
                number, entry = _entry(line)
            except msgspec.MsgspecError as error:
                raise ForeignStoreError(f"{self.path}: of another version of this program; use that one") from error
            except ValueError:
                faults.append((f"{self.path}, line {place}", "it is damaged"))
                expected += 1
                continue
            if number != expected:
                faults.append((f"{self.path}, line {place}", "lines in front of it are gone"))
            expected = number + 1
            entries.append(entry)
        return Told(tuple(entries), tuple(faults))

    def last_stored(self) -> Stored | None:
        """Give the last instant that was written, as far as it stands in the last lines; read from their end."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _CHUNK))
                lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refused(self.path, error) from error
        for line in reversed(lines):
            with suppress(ValueError, msgspec.MsgspecError):  # damaged, or cut where the reading begins
                _, entry = _entry(line)
                if isinstance(entry, Stored):
                    return entry
        return None

    def replace(self, entries: Sequence[Entry], aside: Path) -> None:
        """Write the journal anew, whole or not at all; the one before is kept at `aside`."""
        new = self.path.with_name(f".{NAME}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with new.open("wb") as file:
                file.writelines(_line(number, entry) for number, entry in enumerate(entries, start=1))
                file.flush()
                os.fsync(file.fileno())
            if self.path.exists():
                keep_beside(self.path, aside)
            new.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise _refused(self.path, error) from error
        finally:
            new.unlink(missing_ok=True)


def _line(number: int, entry: Entry) -> bytes:
    text = b"%d %s" % (number, msgspec.json.encode(entry))
    return b"%s %s\n" % (_digest(text), text)


def _entry(line: bytes) -> tuple[int, Entry]:
    """Read a line; raises ValueError where it is not as it was written, msgspec's error where another version did."""
    digest, _, text = line.partition(b" ")
    if digest != _digest(text):
        raise ValueError
    number, _, content = text.partition(b" ")
    return int(number), msgspec.json.decode(content, type=Entry)


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=_DIGEST_BYTES).hexdigest().encode()


def _cut_torn(file: BufferedRandom) -> int:
    """Put the file's place behind its last whole line, drop what is behind that, and give that line's number."""
    size = file.seek(0, os.SEEK_END)
    tail = next((tail for tail in _tails(file, size) if tail.count(b"\n") > 1), None)
    whole = tail if tail is not None else _all_of(file)
    end = whole.rfind(b"\n") + 1
    file.seek(size - len(whole) + end)
    file.truncate()
    last = whole[:end].removesuffix(b"\n").rpartition(b"\n")[2]
    number = last.split(b" ", 2)[1:2]
    if number and number[0].isdigit():
        return int(number[0])
    return whole[:end].count(b"\n")


def _tails(file: BufferedRandom, size: int) -> Iterator[bytes]:
    length = _CHUNK
    while length < size:
        file.seek(size - length)
        yield file.read(length)
        length *= 4


def _all_of(file: BufferedRandom) -> bytes:
    file.seek(0)
    return file.read()


def _refused(path: Path, error: OSError) -> DiskError:
    return DiskError(f"{path}: the disk refused ({error.strerror}); free space or mend the folder, then run again")
