"""Refuse an exported history whose rows break a claim: which, by which row, in which file, and what to do.

Which claims are asked is warehouse/incoming_claims.py; whether the files are what they are said to be is checked.py.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from dagster_project.errors import ImportedFileError, UsageError
from dagster_project.exchange.descriptor import NAME, Package
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.claims import Checked
from dagster_project.warehouse.incoming import Incoming
from dagster_project.warehouse.incoming_claims import ABOUT_TABLES

_MOST_COLUMNS = 12
_LONGEST_VALUE = 60
_WORD = re.compile(r"\w+")


def insist_on_names(accepted: Sequence[str]) -> None:
    """Refuse a name of a claim that nobody has.

    Raises:
        UsageError: there is no such claim.
    """
    known = sorted({*ABOUT_TABLES, *(file.name for file in sqlfiles.checks())})
    for name in accepted:
        if name not in known:
            raise UsageError(f"{name} is no claim; there are {', '.join(known)}")


def insist_on_claims(making: Incoming, folder: Path, package: Package, accepted: Sequence[str]) -> None:
    """Refuse rows that break a claim, but for those that are accepted by name.

    Raises:
        ImportedFileError: with each broken claim.
    """
    faults = [_words(one, package) for one in making.broken() if one.name not in accepted]
    if faults:
        raise ImportedFileError(folder / NAME, faults)


def _words(broken: Checked, package: Package) -> str:
    row = broken.broken.dicts()[0]
    files = ", ".join(_files(broken, row, package)) or "its rows"
    shown = ", ".join(f"{name}={_shown(value)}" for name, value in [*row.items()][:_MOST_COLUMNS])
    return (
        f"{files}: {broken.name} is broken ({broken.claim}) by the row {shown}; export anew, or if `portfolio check` "
        f"there says the same and you want it so, import with --accept {broken.name}"
    )


def _files(broken: Checked, row: dict[str, object], package: Package) -> Iterator[str]:
    """Give the files that the row can be in: of the tables that the claim reads, and of its month."""
    words = set(_WORD.findall(broken.statement))
    as_of = row.get("as_of")
    month = f"month={as_of:%Y-%m}/" if isinstance(as_of, datetime) else ""
    for name, resource in package.tables.items():
        if name in words:
            yield from (file.path for file in resource.files if month in file.path or "month=" not in file.path)


def _shown(value: object) -> str:
    text = str(value)
    return ascii(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}...")
