"""Promises about small files that stand for much: they are refused by name before they are unpacked."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.errors import ImportedFileError
from tests.exchange.moving import Elsewhere, forge, redescribe, resource
from tests.portfolio import PORTFOLIO, Portfolio

ACCOUNT = "account/account.parquet"
MOST_RSS = 1_000 * 2**20


def rewrite(path: Path, rows: int, label: pa.Array | None = None, **how: object) -> None:
    """Write the accounts anew: the first one so many times, with these labels, in the types of an export."""
    good = pq.read_table(path)
    columns = {
        name: pa.DictionaryArray.from_arrays(pa.array(bytes(rows), pa.int8()), good[name].combine_chunks()[:1])
        if pa.types.is_string(good.schema.field(name).type)
        else pa.repeat(good[name][0], rows)
        for name in good.column_names
    }
    if label is not None:
        columns["label"] = label
    options = {"compression": "zstd", "store_schema": False, "row_group_size": rows, "write_batch_size": rows} | how
    pq.write_table(pa.table(columns), path, **options)


def repeated(text: str, rows: int) -> pa.Array:
    """A column that repeats one text from a dictionary."""
    return pa.DictionaryArray.from_arrays(pa.array(bytes(rows), pa.int8()), pa.array([text]))


def lists(path: Path) -> None:
    """One row whose list repeats a text three million times."""
    rewrite(path, 1)
    good = pq.read_table(path)
    inner = repeated("g" * 1_000, 3_000_000)
    groups = pa.ListArray.from_arrays(pa.array([0, 3_000_000], pa.int32()), inner)
    columns = {name: groups if name == "groups" else good[name] for name in good.column_names}
    pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False)


BOMBS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a group of ten million rows": (lambda path: rewrite(path, 10_000_000), "a group of 10,000,000 rows"),
    "a text of 20 MB in each row": (lambda path: rewrite(path, 120_000, repeated("x" * 20_000_000, 120_000)), "times"),
    "a text of 100 kB in each row": (lambda path: rewrite(path, 120_000, repeated("x" * 100_000, 120_000)), "times"),
    "a page of 200 MB": (
        lambda path: rewrite(path, 1, pa.array(["x" * 200_000_000]), use_dictionary=False),
        "a page of 200,000",
    ),
    "a dictionary of 100 MB": (lambda path: rewrite(path, 10, repeated("x" * 100_000_000, 10)), "a page of 100,000,00"),
    "texts by what they share": (
        lambda path: rewrite(
            path,
            100_000,
            pa.array(["x" * 2_000] * 100_000),
            use_dictionary=False,
            column_encoding={"label": "DELTA_BYTE_ARRAY"},
        ),
        "a page of a kind that no export writes",
    ),
    "pages of the second version": (
        lambda path: rewrite(path, 100_000, data_page_version="2.0"),
        "a page of a kind that no export writes",
    ),
    "a list of three million texts": (lists, "groups.list.element: lists of more than"),
}


def laid(exports: dict[str, Path], tmp_path: Path, name: str) -> Path:
    """Give an export with a bomb in the place of its accounts, which its descriptor vouches for."""
    folder = Path(shutil.copytree(exports["parquet"], tmp_path / "bomb"))
    BOMBS[name][0](folder / ACCOUNT)
    forge(folder, ACCOUNT, (folder / ACCOUNT).read_bytes())
    rows = pq.read_metadata(folder / ACCOUNT).num_rows
    redescribe(folder, lambda package: resource(package, "account")["portfolio:rows"].update(count=rows))
    return folder


def watched(portfolio: Portfolio, *arguments: str) -> tuple[int, str, int]:
    """Run the command as a process; gives its exit code, its words, and the most memory that it held."""
    most = 0
    with subprocess.Popen(
        [*PORTFOLIO, *arguments], env=portfolio.environment, cwd=portfolio.folder, stderr=subprocess.PIPE, text=True
    ) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))
            most = max(most, int(found[1]) * 1024) if found else most
            time.sleep(0.01)
        _, words = process.communicate()
    return process.returncode, words, most


@pytest.mark.every
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_never_costs_much_memory(
    exports: dict[str, Path], elsewhere: Elsewhere, tmp_path: Path, name: str
) -> None:
    """A file that unpacks to gigabytes is refused in words, within bounded memory, and nothing is imported."""
    folder = laid(exports, tmp_path, name)
    assert (folder / ACCOUNT).stat().st_size < 400_000
    before = elsewhere.written
    status, words, used = watched(elsewhere.portfolio, "import", str(folder))
    assert (status, "Traceback" in words) == (2, False), words
    assert f"{ACCOUNT}: not readable as account" in words
    assert BOMBS[name][1] in words
    assert used < MOST_RSS
    assert elsewhere.written == before


@pytest.mark.slow
def test_more_rows_than_described_are_not_read(exports: dict[str, Path], elsewhere: Elsewhere, tmp_path: Path) -> None:
    """A file that says that it has more rows than its descriptor is refused before any of them is read."""
    folder = Path(shutil.copytree(exports["parquet"], tmp_path / "more"))
    rewrite(folder / ACCOUNT, 100_000)
    forge(folder, ACCOUNT, (folder / ACCOUNT).read_bytes())
    with pytest.raises(ImportedFileError, match="it says that it has 100,000 rows, the descriptor 2"):
        elsewhere.bring(folder)


@pytest.mark.every
@pytest.mark.parametrize(("at", "byte"), [(4, 0xFF), (5, 0x1C), (4, 0x00), (6, 0x8F), (7, 0xFF)])
def test_a_page_header_that_is_none_is_refused(
    exports: dict[str, Path], elsewhere: Elsewhere, tmp_path: Path, at: int, byte: int
) -> None:
    """Where the first page's header is no header, the file is named, and no error of a reader comes through."""
    folder = Path(shutil.copytree(exports["parquet"], tmp_path / "headless"))
    content = bytearray((folder / ACCOUNT).read_bytes())
    content[at] = byte
    forge(folder, ACCOUNT, bytes(content))
    with pytest.raises(ImportedFileError, match=r"account\.parquet: not readable as account"):
        elsewhere.bring(folder)


@pytest.mark.every
@pytest.mark.parametrize(("form", "suffix"), [("csv", "csv"), ("json", "ndjson")])
def test_a_record_without_end_is_refused(
    exports: dict[str, Path], elsewhere: Elsewhere, tmp_path: Path, form: str, suffix: str
) -> None:
    """A line or an open quote of more than 64 MiB is not gathered in memory."""
    folder = Path(shutil.copytree(exports[form], tmp_path / "endless"))
    path = f"account/account.{suffix}"
    content = (folder / path).read_bytes().partition(b"\n")[0] + b'\n"' + b"x" * (65 * 2**20)
    forge(folder, path, content if form == "csv" else content[content.index(b"\n") + 1 :])
    with pytest.raises(ImportedFileError, match="of more than 67,108,864 bytes"):
        elsewhere.bring(folder)
