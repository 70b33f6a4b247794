"""A table in a page of docs/ that a test makes anew: find it by how its head begins, and put another in its place."""

import re
from pathlib import Path


def table_of(page: str, head: str) -> str:
    """Give the table that stands in the page."""
    found = re.search(rf"^{re.escape(head)}.*?\n(?=\n)", page, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def replace_table(path: Path, head: str, new: str) -> None:
    """Write a new table into the page, in the place of the one that begins so."""
    page = path.read_text(encoding="utf-8")
    path.write_text(page.replace(table_of(page, head), new), encoding="utf-8")
