"""A closing as it is kept: the numbers that were reported for a period, word for word, one small JSON file each.

The files outlive every store: one that is made anew reads them back. How they get into it is warehouse/closings.py.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from dagster_project.disk import put
from dagster_project.errors import BadRawError, DiskError

FORMAT = 2
"""Format 1 has no `period_rule`: it is of the time when a period opened before its begin and closed before its end."""


class Line(msgspec.Struct, frozen=True):
    """One number: `part_id` is the account, or all; `value_exact` the digits in US dollars, None where not known."""

    per: str
    part_id: str
    name: str
    measure: str
    value_exact: str | None


class Closing(msgspec.Struct, frozen=True):
    """What was reported for a period, as of which knowledge, by which program, and what it takes the place of.

    Instants are UTC. `partial_reason` says why cells were missing, `period_rule` how its instants were found.
    """

    closing_id: str
    period: str
    since: datetime
    until: datetime
    opening_as_of: datetime | None
    closing_as_of: datetime
    known_at: datetime
    closed_at: datetime
    missing_cells: int
    program_version: str
    lines_sha256: str
    lines: tuple[Line, ...]
    note: str | None = None
    partial_reason: str | None = None
    replaces: str | None = None
    reopen_reason: str | None = None
    period_rule: Literal["inside", "calendar"] = "inside"
    format: int = 1


def fingerprint(lines: tuple[Line, ...]) -> str:
    """Give one SHA-256 over the numbers, whatever order they stand in."""
    spelled = sorted("\t".join((one.per, one.part_id, one.measure, one.value_exact or "-")) for one in lines)
    return hashlib.sha256("\n".join(spelled).encode()).hexdigest()


def keep(folder: Path, closing: Closing) -> Path:
    """Write the file of a closing, whole or not at all, and bring it to the disk; one that is there is never touched.

    Raises:
        DiskError: the disk refused.
    """
    path = folder / f"{closing.closing_id}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(path, msgspec.json.format(msgspec.json.encode(closing), indent=1) + b"\n")
    except OSError as error:
        raise DiskError(f"{path}: the closing cannot be kept ({error.strerror}); nothing is closed") from error
    return path


def kept(folder: Path) -> Iterator[Path]:
    """Give the files of closings, in the order of their names; their stem is the closing's id."""
    if folder.is_dir():
        yield from sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))


def read(path: Path) -> Closing:
    """Read a kept closing back.

    Raises:
        BadRawError: it is none, of a newer format, or its numbers are not those that were kept.
    """
    remedy = "run `portfolio close --repair`, which writes it again from the store, or restore it from a backup"
    try:
        closing = msgspec.json.decode(path.read_bytes(), type=Closing)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRawError(f"{path}: not readable as a closing ({error}); {remedy}") from error
    if closing.format > FORMAT:
        raise BadRawError(f"{path}: of format {closing.format}, this program knows {FORMAT}; use a newer program")
    if closing.closing_id != path.stem or closing.lines_sha256 != fingerprint(closing.lines):
        raise BadRawError(f"{path}: its numbers are not those that were closed (fingerprint differs); {remedy}")
    return closing
