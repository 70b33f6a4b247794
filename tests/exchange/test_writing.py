"""Promises of where an export lies: a new folder, whole or not at all, whatever stops it on the way."""

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.errors import BadStoreError, UsageError
from dagster_project.exchange import files, write
from dagster_project.exchange.write import export
from tests.exchange.moving import NOW, Elsewhere, digests, exported
from tests.kills.midway import kill_midway
from tests.portfolio import Portfolio

ROOT = Path(__file__).parents[2]


def full(portfolio: Portfolio, size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where no file may grow beyond so many bytes."""
    command = [sys.executable, "-m", "tests.exchange.full_disk", str(size), *arguments]
    environment = portfolio.environment | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=ROOT, text=True, capture_output=True, check=False, timeout=120)


def test_a_folder_in_use_is_never_written_to(lived: Portfolio, tmp_path: Path) -> None:
    """A folder that holds anything, a file in its place or a missing parent are said with the remedy, and stay."""
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there and not empty; name a new folder, none is ever overwritten"):
        exported(lived, tmp_path / "used")
    with pytest.raises(UsageError, match="is no folder; name a new one"):
        exported(lived, tmp_path / "used" / "letter.txt")
    with pytest.raises(UsageError, match="is not there; make it first"):
        exported(lived, tmp_path / "absent" / "out")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["letter.txt", "used"]
    (tmp_path / "empty").mkdir()
    assert exported(lived, tmp_path / "empty").folder.joinpath("datapackage.json").is_file()


def test_nothing_published_is_said(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """Where nothing is published there is nothing to export, and no folder is made."""
    done = elsewhere.portfolio.command("export", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "nothing is published yet" in done.stderr
    assert list(tmp_path.glob("*out*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv", "json"])
def test_a_full_disk_leaves_nothing_behind(lived: Portfolio, tmp_path: Path, form: str) -> None:
    """Where the disk is full on the way it is said by name with the remedy, and no folder is there, nor a part."""
    done = full(lived, 6_000, "export", str(tmp_path / "out"), "--format", form)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"portfolio: {tmp_path / 'out'}: cannot be exported (File too large), nothing is left"
    )
    assert "free space, then run again" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.every
def test_an_import_onto_a_full_disk_leaves_nothing_behind(exports: dict[str, Path], elsewhere: Elsewhere) -> None:
    """Where the disk is full during an import, it is said, there is no store, and once there is room it goes on."""
    done = full(elsewhere.portfolio, 300_000, "import", str(exports["parquet"]))
    assert done.returncode == 1, done.stderr
    assert "free space" in done.stderr
    assert elsewhere.written == []
    assert elsewhere.bring(exports["parquet"]).package.snapshots == 8


@pytest.mark.every
def test_a_killed_export_is_swept_by_the_next(lived: Portfolio, tmp_path: Path) -> None:
    """What a killed export left is never taken for one, and goes with the next of that name; one under way stays."""
    kill_midway(1, partial(export, lived.published, tmp_path / "out", "parquet", NOW))
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".partial")
    assert [path for path in left.rglob("*") if path.is_file()] != []
    busy = tmp_path / ".out.1.partial"
    busy.mkdir()
    with write._held(busy):
        exported(lived, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [busy.name, "out"]


@pytest.mark.every
@pytest.mark.parametrize("left", [".history-2026-01-01.4711.partial", ".out.1.partial"])
def test_what_a_killed_export_left_goes_under_whatever_name(lived: Portfolio, tmp_path: Path, left: str) -> None:
    """The next export into a place takes away what killed ones left there, and never a folder of somebody else."""
    mine, other, named = tmp_path / left, tmp_path / ".notes.12.partial", tmp_path / ".balance.partial"
    for folder, name in ((mine, "balance"), (other, "letters"), (named, "balance")):
        (folder / name).mkdir(parents=True)
        (folder / name / "one.parquet").touch()
    exported(lived, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {other.name, named.name, "out"}


def test_what_reads_back_otherwise_is_no_export(
    lived: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is read back before an export counts: one in which a value is another is refused, and goes."""
    was = files.write

    def one_row_less(path: Path, *about: object) -> tuple[int, str]:
        rows = about[-1]
        assert isinstance(rows, pa.RecordBatchReader)
        batches = [batch.slice(1) if path.name.startswith("balance-") else batch for batch in rows]
        return was(path, *about[:-1], pa.RecordBatchReader.from_batches(rows.schema, batches))  # type: ignore[arg-type,call-arg] # as it was called

    monkeypatch.setattr(files, "write", one_row_less)
    with pytest.raises(BadStoreError, match="balance reads back otherwise than it was written, so nothing is exported"):
        exported(lived, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_closing_is_not_exported(lived: Portfolio, tmp_path: Path) -> None:
    """A closed period whose file is damaged is named, as an import would refuse it, and nothing is exported."""
    own = Portfolio(tmp_path, lived.simulator)
    own.published.parent.mkdir(parents=True)
    shutil.copyfile(lived.published, own.published)
    (closing,) = lived.published.with_name("closings").iterdir()
    own.published.with_name("closings").mkdir()
    own.published.with_name("closings").joinpath(closing.name).write_bytes(closing.read_bytes()[:-20])
    with pytest.raises(BadStoreError, match=r"not readable as a closing .* nothing is exported"):
        exported(own, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_same_history_is_the_same_files(lived: Portfolio, exports: dict[str, Path], tmp_path: Path) -> None:
    """Two exports of one history are equal byte for byte but for their descriptors' instant."""
    assert digests(exported(lived, tmp_path / "out").folder) == digests(exports["parquet"])
