"""CSV as people and programs save it: the separator it has, blank rows, `sep=`, and columns without a name.

Bytes in, records with their lines out. What the columns mean, and what is done about a fault, is the reader's matter.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence

SEPARATORS = (",", ";", "\t")
_HINT = re.compile(r"\ufeff?\"?sep=(.)\"?[ \t]*\r?\n", re.IGNORECASE)
"""The line by which spreadsheets say of a file which separator it has."""


def decoded(content: bytes) -> str:
    """Give the text of a file: UTF-8, or UTF-16 where the file's first bytes say so.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_wide else "utf-8-sig")


def separator_of(text: str) -> tuple[str, int]:
    """Give the separator of a text, and how many letters at its begin say it: a `sep=` line, or none.

    Without such a line it is the one that stands most often in the first line with words, outside of quotes.
    """
    if (hint := _HINT.match(text)) is not None:
        return hint[1], hint.end()
    first = next((line for line in text.splitlines() if line.strip(" \t,;")), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=bare.count), 0


def records(text: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Give each record with the line that it begins on, or what is wrong with it; a blank row has no cells."""
    separator, start = separator_of(text)
    skipped = text.count("\n", 0, start)
    reader = csv.reader(io.StringIO(text[start:], newline=""), strict=True, delimiter=separator)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, error
            continue
        yield line, cells if any(cell.strip() for cell in cells) else []


def named_cells(header: Sequence[str], cells: Sequence[str]) -> dict[str, str] | None:
    """Give the cells of a row by the names of its columns; None where text stands in a column without a name.

    Cells that are not there at the end of a row are empty.
    """
    if any(cell.strip() for name, cell in zip(header, cells, strict=False) if not name.strip()):
        return None
    if any(cell.strip() for cell in cells[len(header) :]):
        return None
    filled = [*cells, *[""] * (len(header) - len(cells))]
    return {name: cell for name, cell in zip(header, filled, strict=False) if name.strip()}
