"""Promises about a folder that several machines share: one of them writes, and the others are told which."""

from pathlib import Path

import pytest

from dagster_project.errors import StoreBusyError
from dagster_project.warehouse import machines
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.machines import is_shared, this_machine

ROOT = "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"


def mounted(monkeypatch: pytest.MonkeyPatch, place: Path, kind: str) -> None:
    """Let this machine have a file system of this kind at the place."""
    table = place.with_name(f"{place.name}.mounts")
    spelled = str(place).replace(" ", r"\040")
    table.write_text(f"{ROOT}\n77 24 0:50 / {spelled} rw - {kind} server:/export rw\n", encoding="utf-8")
    monkeypatch.setattr(machines, "MOUNTS", table)


@pytest.mark.parametrize(
    ("kind", "found"),
    [("nfs", [True]), ("nfs4", [True]), ("cifs", [True]), ("fuse.sshfs", [True]), ("ext4", [False]), ("xfs", [False])],
)
def test_a_shared_file_system_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, found: list[bool]
) -> None:
    """What other machines can mount too is told from a local disk, below folders and behind names with spaces."""
    place = tmp_path / "a shared folder"
    (place / "data").mkdir(parents=True)
    mounted(monkeypatch, place, kind)
    assert [is_shared(place / "data")] == found
    assert not is_shared(tmp_path)


def test_another_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a machine writes, or after it died writing, another one is refused by its name; the remedy works."""
    place = tmp_path / "shared"
    place.mkdir()
    mounted(monkeypatch, place, "nfs4")
    lock = place / "store.duckdb.lock"
    with exclusive(lock, 1):
        left = lock.read_bytes()
        assert left.decode().strip() == this_machine()
    assert lock.read_bytes() == b""
    lock.write_bytes(left)  # as a kill leaves it
    with exclusive(lock, 1):
        pass  # the same machine goes on
    lock.write_bytes(b"elsewhere 3c5d1a52-0000-0000-0000-000000000000\n")
    with (
        pytest.raises(StoreBusyError, match="the machine elsewhere writes to this folder") as error,
        exclusive(lock, 1),
    ):
        pass
    assert "remove this file, then run again" in str(error.value)
    assert lock.read_bytes().startswith(b"elsewhere ")
    lock.unlink()
    with exclusive(lock, 1):
        pass


def test_a_local_disk_needs_no_names(tmp_path: Path) -> None:
    """On a local disk the lock file stays empty, and whatever stands in it keeps nobody away."""
    lock = tmp_path / "store.duckdb.lock"
    lock.write_bytes(b"elsewhere 3c5d1a52-0000-0000-0000-000000000000\n")
    with exclusive(lock, 1):
        assert lock.read_bytes().startswith(b"elsewhere ")
