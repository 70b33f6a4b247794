"""Tests that later versions open what each earlier version stored: store, raw answers, journal and export.

The archives were written by writing.py, and are never written again.
"""

import csv
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.portfolio import Portfolio
from tests.releases.writing import ANSWERS, DATA, EXPECTED, EXPORT, SETTINGS, answered
from tests.simulator.running_simulator import Simulator

ARCHIVES = sorted(Path(__file__).parent.glob("*.tar.xz"))

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.split(".")[0])]


class Unpacked(Portfolio):
    """A portfolio with the settings file of the archive, which stays as it is."""

    def write(self) -> None:
        """Leave the settings as they are."""


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path, shared_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Unpacked:
    """Unpack an archive."""
    monkeypatch.setenv("PORTFOLIO_DATA", str(tmp_path / DATA))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    return Unpacked(tmp_path, shared_simulator)


def expected(portfolio: Portfolio) -> dict[str, list[list[str]]]:
    """Return the rows that the version of the archive answered."""
    folder = portfolio.folder / EXPECTED
    return {name: list(csv.reader(io.StringIO((folder / f"{name}.csv").read_text("utf-8")))) for name in ANSWERS}


def found(portfolio: Portfolio) -> dict[str, list[list[str]]]:
    """Return the same rows as this version answers."""
    return {name: answered(portfolio, name) for name in ANSWERS}


def test_the_published_file_is_read(unpacked: Unpacked) -> None:
    """The verbs that read work on the published file as it is, and change nothing."""
    was = unpacked.published.read_bytes()
    for verb in ("status", "check"):
        done = unpacked.command(verb)
        assert done.returncode == 0, done.stdout + done.stderr
    assert unpacked.published.read_bytes() == was


def test_the_store_goes_on(unpacked: Unpacked) -> None:
    """The store is migrated by the next verb that writes, verified, and answers as before."""
    for arguments in (("migrate",), ("verify",), ("publish",)):
        done = unpacked.command(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert found(unpacked) == expected(unpacked)


def test_raw_answers_and_journal_give_the_history(unpacked: Unpacked) -> None:
    """A rebuild from raw answers and journal alone gives the same answers."""
    unpacked.store.unlink()
    done = unpacked.command("rebuild")
    assert done.returncode == 0, done.stdout + done.stderr
    assert found(unpacked) == expected(unpacked)


def test_the_export_is_imported(unpacked: Unpacked) -> None:
    """The export comes into an empty folder and gives the same answers; closings stay with the store that made them."""
    shutil.rmtree(unpacked.folder / DATA)
    done = unpacked.command("import", str(unpacked.folder / EXPORT))
    assert done.returncode == 0, done.stdout + done.stderr
    assert found(unpacked) == expected(unpacked)


def test_an_archive_holds_all_parts(archive: Path) -> None:
    """Each archive has settings, store, published file, raw answers, journal, export and answers."""
    with tarfile.open(archive) as tar:
        names = set(tar.getnames())
    data = f"{DATA}/simulated"
    wanted = {SETTINGS, f"{data}/store.duckdb", f"{data}/portfolio.duckdb", f"{data}/raw/journal.txt"}
    wanted |= {f"{EXPORT}/datapackage.json", *(f"{EXPECTED}/{name}.csv" for name in ANSWERS)}
    assert wanted <= names
