"""Files of closed periods held against what a database knows of them: which are damaged or gone, and written again.

What such a file holds is closings/record.py; how a period is closed is closings.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.closings import record
from dagster_project.closings.record import Closing
from dagster_project.errors import BadRawError, DiskError
from dagster_project.warehouse.closings import closings_in
from dagster_project.warehouse.connect import reading


def faulty(database: Path, folder: Path) -> Iterator[tuple[Closing, Path, str]]:
    """Give each closing that the database knows and whose file is damaged or gone: its file, and what is wrong.

    Raises:
        PortfolioError: the database cannot be read.
    """
    with reading(database) as connection:
        known = closings_in(connection)
    for one in known:
        path = folder / f"{one.closing_id}.json"
        if not path.exists():
            yield one, path, "the file of this closed period is gone"
            continue
        try:
            record.read(path)
        except BadRawError as error:
            yield one, path, str(error).removeprefix(f"{path}: ").partition("; ")[0]


def repair(database: Path, folder: Path, now: datetime) -> list[Path]:
    """Write damaged and missing files again from what the database knows; a damaged one is kept beside.

    Raises:
        DiskError: the disk refused.
        PortfolioError: the database cannot be read.
    """
    repaired = []
    for one, path, _ in list(faulty(database, folder)):
        try:
            if path.exists():
                path.rename(path.with_name(f"{path.name}.damaged.{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"))
        except OSError as error:
            words = f"the disk refused ({error.strerror}); mend the folder, then run again"
            raise DiskError(f"{path}: {words}") from error
        repaired.append(record.keep(folder, one))
    return repaired
