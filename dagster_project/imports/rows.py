"""Read a file of the user's own as rows of named columns, and collect every fault of it with its line and the remedy.

What the columns mean is a module for each kind of file; nothing here knows accounts or assets.
"""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dagster_project.caip import shown
from dagster_project.csv_text import decoded, named_cells, records
from dagster_project.errors import ImportedFileError, UsageError

_LONGEST_NAME = 60
"""Letters of a name that somebody may have mistyped; nothing near a longer text is looked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it begins, and its cells by column, without the spaces around them."""

    line: int
    cells: dict[str, str]


class Faults:
    """The faults found so far in one file."""

    def __init__(self, path: Path) -> None:
        """Start with none in the file at `path`."""
        self._path = path
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, column: str, why: str) -> None:
        """Note what is wrong in a column of a line, empty for the whole line, and what to write instead."""
        self._found.append((line, f"line {line}{column and f', {column}'}: {why}"))

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._found)

    def raise_any(self) -> None:
        """End the reading if there is any fault.

        Raises:
            ImportedFileError: with every fault, in the order of the lines.
        """
        if self._found:
            raise ImportedFileError(self._path, [why for _, why in sorted(self._found, key=lambda fault: fault[0])])


def near(name: str, known: Collection[str]) -> str:
    """Say which known names are near to one that is not, as the beginning of a remedy; nothing where none is."""
    names = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), names, n=3) if len(name) <= _LONGEST_NAME else []
    return f"did you mean {' or '.join(repr(names[one]) for one in found)}? " if found else ""


def content_of(path: Path) -> bytes:
    """Give the bytes of the file at `path`; raises UsageError where it cannot be opened."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name a file that can") from error


def read_rows(content: bytes, required: Sequence[str], optional: Sequence[str], faults: Faults) -> Iterator[Row]:
    """Read the content of a CSV file row by row; its header names the columns, in any order.

    Blank rows and columns are passed over, and a row may end before an optional column.

    Raises:
        ImportedFileError: it is no UTF-8, or its header is not what it has to be; no row can be read then.
    """
    found = _records(_text(content, faults), faults)
    line, header = next(found, (1, []))
    columns = [name.strip().lower() for name in header]
    _check_header(line, columns, required, optional, faults)
    faults.raise_any()
    for line, cells in found:
        named = named_cells(columns, cells)
        if named is None or not {*required} <= {*columns[: len(cells)]}:
            count = len([name for name in columns if name])
            why = f"has {len(cells)} columns, the header has {count}; put texts that hold commas in quotes"
            faults.add(line, "", why)
        else:
            yield Row(line, {name: cell.strip() for name, cell in named.items()})


def _text(content: bytes, faults: Faults) -> str:
    """Give the file's text; the mark that spreadsheets put before UTF-8 is no part of it."""
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        faults.add(content[: error.start].count(b"\n") + 1, "", "is not UTF-8; save the file as CSV in UTF-8")
        faults.raise_any()
        raise


def _records(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the line that it begins on; what is no record is a fault."""
    for line, cells in records(text):
        if isinstance(cells, csv.Error):
            is_open = "unexpected end" in str(cells)
            why = "a quote that opens here is never closed; close it" if is_open else f"is no CSV ({cells}); mend it"
            faults.add(line, "", why)
        elif cells:
            yield line, cells


def _check_header(
    line: int, columns: Sequence[str], required: Sequence[str], optional: Sequence[str], faults: Faults
) -> None:
    known = (*required, *optional)
    if len([name for name in columns if name]) <= 1:
        words = f"begin the file with a header, its columns separated by commas: {','.join(known)}"
        faults.add(line, "", words)
        return
    for index, name in enumerate(columns):
        if not name:
            continue  # a blank column, which no row may write in
        if name not in known:
            why = f"{shown(name)} is no column; {near(name, known)}known here: {', '.join(known)}"
            faults.add(line, "", why)
        elif name in columns[:index]:
            faults.add(line, name, "stands in the header twice; leave one")
    for name in required:
        if name not in columns:
            faults.add(line, name, "is missing in the header; it has no default")
