"""Ask a published file of a test: a private copy of it is kept open, until another file is asked.

Opening one takes four times as long as most questions. The published file itself is never held open, so that tests may
damage, lock or replace it; what opening it promises is tested through `dagster_project.warehouse.ask`.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.other_clients import log_of
from dagster_project.warehouse.reader import Reader

Identity = tuple[str, int, int, int]

LONG = 600.0
"""Seconds that a question may take: no test is timed."""


@dataclass
class _Kept:
    identity: Identity
    reader: Reader


_KEPT: list[_Kept] = []


@contextmanager
def asked(published: Path) -> Iterator[Asking]:
    """Ask the newest version of a published file.

    Raises:
        PortfolioError: there is none, or it cannot be read.
    """
    identity = _identity(published)
    if identity is None or log_of(published).exists():
        with reading(published) as connection:
            yield Asking(connection)
        return
    if not _KEPT or _KEPT[0].identity != identity:
        while _KEPT:
            _KEPT.pop().reader.close()
        with tempfile.TemporaryDirectory() as folder:
            reader = Reader(Path(shutil.copy(published, folder)))
            with reader.newest():
                _KEPT.append(_Kept(identity, reader))
    with _KEPT[0].reader.newest() as opened, opened.asking(LONG) as asking:
        yield asking


def _identity(published: Path) -> Identity | None:
    try:
        found = published.stat()
    except FileNotFoundError:
        return None
    return str(published), found.st_ino, found.st_mtime_ns, found.st_size
