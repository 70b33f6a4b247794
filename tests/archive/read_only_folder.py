"""Write into a folder that may not be written to, as a user whom that stops; tells JSON.

    python -m tests.archive.read_only_folder <folder> begin|seal

Everything is named relative to the folder, so that nobody needs to get through the folders above it.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from dagster_project.archive.stream import StreamWriter
from dagster_project.errors import DiskError
from tests.archive.streams import read, row, target

RAW = Path("raw")
NOBODY = 65_534


@contextlib.contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Be nobody for a while where the user is root; anybody else stays who they are."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def begin() -> None:
    """Begin a stream in a folder that may only be read."""
    RAW.chmod(0o555)
    with an_ordinary_user():
        StreamWriter(target(RAW))


def seal() -> None:
    """Begin a stream, and find its folder read-only when it is to be sealed."""
    RAW.chmod(0o777)
    with an_ordinary_user():
        stream = StreamWriter(target(RAW))
        stream.append(row(1))
        stream.sync()
        target(RAW).path.parent.chmod(0o555)
        stream.seal()


def main(folder: Path, what: str) -> None:
    """Try it, and tell what is refused and how many rows are there."""
    folder.chmod(0o755)
    os.chdir(folder)
    RAW.mkdir()
    refusal = None
    try:
        {"begin": begin, "seal": seal}[what]()
    except DiskError as error:
        refusal = str(error)
    except PermissionError as error:
        if error.filename is not None:
            raise
    rows = len(read(target(RAW))) if target(RAW).path.exists() else 0
    print(json.dumps({"refusal": refusal, "rows": rows, "is_root": refusal is None and os.geteuid() == 0}))  # noqa: T201 - the starter reads this


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
