"""One search over everything that a run leaves behind: files of every kind, as bytes and as what they hold.

What is looked for, and where it must be found, stands in the tests.
"""

import base64
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import duckdb

from dagster_project.archive.layout import StreamFile, find_streams
from dagster_project.archive.stream import read_rows
from tests.portfolio import FIRST

Evidence = Mapping[str, bytes]
"""What was seen, by where."""


def places(evidence: Evidence, mark: str) -> set[str]:
    """Tell where a mark was seen: as it is, in other letters, in hexadecimal digits, escaped in a URL, or as base64."""
    encoded = {base64.b64encode(b" " * shift + mark.encode())[4:-4] for shift in range(3)}
    plain = mark.lower().encode()
    spelled = (plain, plain.hex().encode(), b"".join(b"%%%02x" % byte for byte in plain))
    return {
        where
        for where, seen in evidence.items()
        if any(part in seen.lower() for part in spelled) or any(part in seen for part in encoded)
    }


def of_folder(folder: Path, where: str) -> dict[str, bytes]:
    """Read every file below a folder: its name and its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {f"{where} file {path.relative_to(folder)}": path.name.encode() + path.read_bytes() for path in files}


def of_raw(raw: Path) -> dict[str, bytes]:
    """Read the raw streams row by row, unpacked."""
    providers = [path.name for path in raw.iterdir() if path.is_dir()]
    streams = [stream for name in providers for stream in find_streams(raw, name, FIRST, FIRST.replace(year=2040))]
    return {f"raw rows of {stream.path.name}": b"\n".join(_rows(stream)) for stream in streams}


def _rows(stream: StreamFile) -> Iterator[bytes]:
    for row in read_rows(stream):
        yield row.answer.body
        yield repr(row).encode()


def of_duckdb(file: Path, where: str) -> dict[str, bytes]:
    """Read every row of every table of a DuckDB file as text."""
    found = {}
    with duckdb.connect(file, read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        for (name,) in names:
            found[f"{where} table {name}"] = repr(connection.execute(f'from "{name}"').fetchall()).encode()
    return found


def of_sqlite(home: Path) -> dict[str, bytes]:
    """Read every row of every SQLite file of a Dagster home as text."""
    found = {}
    for file in sorted(home.rglob("*.db")):
        with closing(sqlite3.connect(file)) as connection:
            found[f"dagster rows of {file.name}"] = "\n".join(connection.iterdump()).encode()
    return found


def of_processes() -> bytes:
    """Read the command line of every process on this machine, from the kernel and from ps."""
    lines = [subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True).stdout]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_bytes())
        except OSError:
            continue  # it has ended meanwhile
    return b"\n".join(lines)
