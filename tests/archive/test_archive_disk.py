"""Promises about a disk that refuses: it is said by name with the remedy, and what was acknowledged is there."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dagster_project.archive.stream import StreamWriter
from dagster_project.errors import DiskError
from tests.archive.streams import ROOT, target


def run(raw: Path, what: str, program: str = "full_disk") -> subprocess.CompletedProcess[str]:
    """Fill the disk in a process of its own, which must come to its end."""
    command = [sys.executable, "-W", "error", "-m", f"tests.archive.{program}", str(raw), what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def tell(raw: Path, what: str, program: str = "full_disk") -> list[dict[str, Any]]:
    """Fill the disk in a process of its own, and give what it tells."""
    return [json.loads(line) for line in run(raw, what, program).stdout.splitlines()]


def test_full_disk_is_said_by_name_with_the_remedy(tmp_path: Path) -> None:
    """A full disk ends in a DiskError that names the file and the remedy, and what was synced before is readable."""
    (told,) = tell(tmp_path, "later")
    assert (told["rows"], told["is_right"]) == (1, True)
    assert str(target(tmp_path).path) in told["refusal"]
    assert "File too large" in told["refusal"]
    assert "free space" in told["refusal"]


@pytest.mark.slow
def test_disk_without_room_at_all_is_said(tmp_path: Path) -> None:
    """Where there is no room for a single byte it is said, and no stream is sealed."""
    (told,) = tell(tmp_path, "at_birth")
    assert "free space" in str(told["refusal"])
    assert not target(tmp_path).sealed_path.exists()


@pytest.mark.parametrize("what", ["at_birth", "later", "room_when_it_ends"])
def test_refused_writer_leaves_no_file_open(tmp_path: Path, what: str) -> None:
    """A writer that the disk refused gives its file and its lock back at once, and not when memory is tidied."""
    assert run(tmp_path, what).stderr == ""


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Give, for every size at which the disk may be full, what was acknowledged and what was read back."""
    return tell(tmp_path_factory.mktemp("sizes"), "every_size")


@pytest.mark.slow
def test_acknowledged_rows_are_on_the_disk(sizes: list[dict[str, Any]]) -> None:
    """Wherever the disk is full, what a sync acknowledged is read back, and what is read back is right."""
    assert [one for one in sizes if one["kept"] < one["acknowledged"] or not one["is_right"]] == []
    assert {one["acknowledged"] for one in sizes} == {0, 1, 2}


def test_full_disk_is_never_silent(sizes: list[dict[str, Any]]) -> None:
    """Wherever the disk is full it is said, unless the whole stream is there and sealed; none is sealed damaged."""
    silent = [one for one in sizes if not one["refusal"] and (one["kept"], one["is_open"]) != (2, False)]
    assert silent == []
    assert [one for one in sizes if one["damage"]] == []


def test_disk_that_was_full_for_a_moment_costs_nothing(tmp_path: Path) -> None:
    """Once there is room again the writer goes on, and every row is there, the refused ones too."""
    (told,) = tell(tmp_path, "room_again")
    assert told == {"kept": 3, "is_right": True, "damage": None, "is_open": False}


def test_refusal_never_leaves_a_damaged_sealed_stream(tmp_path: Path) -> None:
    """A stream whose writer was refused once is not sealed around its torn rows when there is room again."""
    (told,) = tell(tmp_path, "room_when_it_ends")
    assert str(target(tmp_path).path) in told["refused"]
    assert (told["damage"], told["is_right"]) == (None, True)
    assert told["kept"] >= 1


@pytest.mark.slow
def test_refusal_within_the_loop_is_said_at_the_next_row(tmp_path: Path) -> None:
    """Where the disk refuses what the loop writes by itself, the next row is refused: no more is asked in vain."""
    (told,) = tell(tmp_path, "in_a_loop")
    assert told == {"refused_after": 0, "complaints": []}


@pytest.mark.parametrize("place", ["raw", "raw/credmark", "raw/credmark/2026-05"])
def test_file_in_the_place_of_a_folder_is_said_by_name(tmp_path: Path, place: str) -> None:
    """A file where a folder should be ends in a DiskError that names the stream and the remedy."""
    obstacle = tmp_path / place
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("in the way", encoding="utf-8")
    stream = target(tmp_path / "raw")
    with pytest.raises(DiskError, match=r"mend the folder") as caught:
        StreamWriter(stream)
    assert str(stream.path) in str(caught.value)
    assert "None" not in str(caught.value)
    assert obstacle.read_text(encoding="utf-8") == "in the way"


def test_folder_in_the_place_of_the_stream_is_said_by_name(tmp_path: Path) -> None:
    """A folder where the stream should be ends in a DiskError that names it."""
    target(tmp_path).path.mkdir(parents=True)
    with pytest.raises(DiskError, match="2026-05-01T0000__a1"):
        StreamWriter(target(tmp_path))


@pytest.mark.parametrize("what", ["begin", "seal"])
def test_read_only_folder_is_said_by_name(tmp_path: Path, what: str) -> None:
    """A folder that may not be written to ends in a DiskError that names the stream, and costs no synced row."""
    (told,) = tell(tmp_path, what, "read_only_folder")
    if told["is_root"]:
        pytest.skip("this user may write everywhere, and cannot become one who may not")
    assert "raw/credmark/2026-05/2026-05-01T0000__a1.arrows.part" in str(told["refusal"])
    assert "Permission denied" in told["refusal"]
    assert "mend the folder" in told["refusal"]
    assert told["rows"] == (1 if what == "seal" else 0)
