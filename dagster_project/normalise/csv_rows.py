"""Reading of untrusted CSV, whoever writes it; what its columns mean stands in the module of the provider."""

import csv
from collections.abc import Iterator
from itertools import dropwhile
from operator import not_
from typing import NamedTuple

from dagster_project.csv_text import decoded, named_cells, records
from dagster_project.errors import UnreadableError


class CsvRow(NamedTuple):
    """A row: its place, its texts by the names of the columns, and what is wrong with it, empty where nothing is."""

    place: str
    texts: dict[str, str]
    fault: str = ""


def read_csv(body: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Read CSV of which every row counts; give each row's place and its texts by name.

    Raises:
        UnreadableError: it is no CSV, see `csv_rows`, or a row has another length than the header.
    """
    for row in csv_rows(body):
        if row.fault:
            raise UnreadableError(row.place, row.fault)
        yield row.place, row.texts


def csv_rows(body: bytes) -> Iterator[CsvRow]:
    """Read CSV whose first row names the columns; blank rows and columns are passed over.

    Raises:
        UnreadableError: it is no CSV, or its header repeats or lacks a name.
    """
    if body.lstrip()[:1] in (b"<", b"{", b"["):
        raise UnreadableError("$", "is no CSV but a page or JSON")
    try:
        rows = [cells for _, cells in records(decoded(body))]
    except UnicodeDecodeError as error:
        raise UnreadableError("$", f"is no CSV in UTF-8: {error}") from error
    if bad := next((one for one in rows if isinstance(one, csv.Error)), None):
        raise UnreadableError("$", f"is no CSV: {bad}")
    read = list(dropwhile(not_, (one for one in rows if not isinstance(one, csv.Error))))
    header = _trimmed(read[0]) if read else []
    if not header or len(set(header)) < len(header) or not all(name.strip() for name in header):
        raise UnreadableError("row 0", "is no header: every column needs a name of its own")
    for number, row in enumerate(read[1:], 1):
        if not row:
            continue
        texts = named_cells(header, row) if len(row) >= len(header) else None
        fault = f"has {len(row)} values, but the header has {len(header)} names" if texts is None else ""
        yield CsvRow(f"row {number}", texts or {}, fault)


def _trimmed(header: list[str]) -> list[str]:
    """Give a header without the columns at its end that have no name."""
    while header and not header[-1].strip():
        header = header[:-1]
    return header
