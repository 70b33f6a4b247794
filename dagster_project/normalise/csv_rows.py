"""Reading of untrusted CSV, whoever writes it; what its columns mean stands in the module of the provider."""

import csv
import io
from collections.abc import Iterator

from dagster_project.errors import UnreadableError


def read_csv(body: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Read CSV in UTF-8 whose first row names the columns; give each further row's place and its texts by name.

    Raises:
        UnreadableError: it is no CSV in UTF-8, its header repeats or lacks a name, or a row has another length.
    """
    if body.lstrip()[:1] in (b"<", b"{", b"["):
        raise UnreadableError("$", "is no CSV but a page or JSON")
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError("$", f"is no CSV in UTF-8: {error}") from error
    header = rows[0] if rows else []
    if not header or len(set(header)) < len(header) or not all(name.strip() for name in header):
        raise UnreadableError("row 0", "is no header: every column needs a name of its own")
    for number, row in enumerate(rows[1:], 1):
        if not row:
            continue  # an empty line
        if len(row) != len(header):
            raise UnreadableError(f"row {number}", f"has {len(row)} values, but the header has {len(header)} names")
        yield f"row {number}", dict(zip(header, row, strict=True))
