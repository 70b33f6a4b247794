"""Promises about single damaged files: what is stepped over, written again, and never called a full disk."""

import fcntl
import random
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from dagster_project.closings import record
from dagster_project.disk import put
from dagster_project.snapshot.prune import SUMS
from tests.damage.damages import DAMAGES, duckdb_file
from tests.portfolio import Portfolio, day

REBUILD = "run `portfolio rebuild`"


@pytest.fixture
def kept(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of two days and one account."""
    portfolio.accounts = ("cold",)
    portfolio.have(0, 1)
    return portfolio


def damage(portfolio: Portfolio, name: str) -> Path:
    """Damage a file of the portfolio in a named way."""
    return next(one for one in DAMAGES if one.name == name).do(portfolio, random.Random(name))  # noqa: S311 - no secret


@pytest.mark.every
@pytest.mark.parametrize("name", ["flipped in the main header", "cut in the headers", "empty", "an SQLite file"])
def test_a_damaged_store_is_named(kept: Portfolio, name: str) -> None:
    """A store that cannot be opened is named with the verb that makes it again, and no disk is blamed."""
    rows = kept.query("select as_of, value_usd from cell order by all").rows
    damage(kept, f"store: {name}")
    done = kept.command("close", "2026-05")
    assert done.returncode == 1
    assert str(kept.store) in done.stderr
    assert REBUILD in done.stderr
    assert not re.search("disk|space", done.stderr)
    rebuilt = kept.command("rebuild", check=True)
    assert "the store before is kept" in rebuilt.stdout
    assert kept.query("select as_of, value_usd from cell order by all").rows == rows


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flipped in a database header", "cut", "all zero", "garbage"])
def test_a_damaged_published_file_is_named(kept: Portfolio, name: str) -> None:
    """A published file that cannot be read is named with the verb that publishes it anew, and that one does."""
    damage(kept, f"published: {name}")
    done = kept.command("status")
    assert done.returncode == 1
    assert f"{kept.published}: " in done.stderr
    (command,) = re.findall(r"`portfolio ([^`]+)`", done.stderr)
    kept.command(*command.split(), check=True)
    kept.command("status", check=True)


@pytest.mark.every
@pytest.mark.parametrize("content", [duckdb_file("create table mine as select 1 as one"), duckdb_file("select 1")])
def test_a_database_of_something_else_is_never_filled(kept: Portfolio, content: bytes) -> None:
    """A database in the store's place that is not the store is left as it is, and a rebuild keeps it beside."""
    kept.store.write_bytes(content)
    done = kept.command("snapshot", "--at", f"{day(2):%Y-%m-%d}")
    assert done.returncode == 1
    assert REBUILD in done.stderr
    assert kept.store.read_bytes() == content
    kept.command("rebuild", check=True)
    assert len(kept.answer("value_chart")) == 2
    (aside,) = kept.store.parent.glob("store.2*.duckdb")
    assert aside.read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize("name", ["raw: flipped", "raw: garbage"])
def test_a_damaged_stream_that_a_killed_run_left_stops_no_run(
    kept: Portfolio, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream that no store knows and nobody can read is named and stepped over, and its instant is asked for."""
    whole = sorted(kept.store.with_name("raw").glob("credmark/*/*.arrows"))[1]
    content = whole.read_bytes()
    damaged = damage(kept, name).rename(whole.with_name(f"{day(2):%Y-%m-%d}T0000__20260503T000000000000Z-0f.arrows"))
    whole.write_bytes(content)
    (taken,) = kept.take(2)
    assert taken.is_complete
    assert str(damaged) in caplog.text
    assert len(kept.query("select distinct as_of from cell").rows) == 3


@pytest.mark.every
@pytest.mark.parametrize("name", ["raw: cut", "raw: of another version"])
def test_what_a_damaged_stream_held_is_restored_from_what_is_published(kept: Portfolio, name: str) -> None:
    """A rebuild names the stream, keeps the published file that knows more, and names the verb that goes on with it."""
    rows = kept.query("from cell order by all").rows
    stream = damage(kept, name)
    rebuilt = kept.command("rebuild")
    assert rebuilt.returncode == 3
    assert str(stream) in rebuilt.stdout
    (command,) = re.findall(r"portfolio (restore .*)", rebuilt.stdout)
    kept.command(*command.split())
    assert kept.query("from cell order by all").rows == rows


@pytest.mark.every
@pytest.mark.parametrize("is_gone", [True, False])
def test_files_of_closed_periods_are_written_again(kept: Portfolio, is_gone: bool) -> None:  # noqa: FBT001 - a case
    """A closing whose file is damaged or gone is found by verify and written again with its fingerprint."""
    kept.command("close", "2026-05-01..2026-05-01", "--partial", "a test", check=True)
    (file,) = (kept.store.parent / "closings").glob("*.json")
    content = file.read_bytes()
    file.write_bytes(content.replace(b"closing_usd", b"closing_usb"))
    if is_gone:
        file.unlink()
    found = kept.command("verify")
    assert found.returncode == 1
    assert "run `portfolio close --repair`" in found.stdout
    kept.command("close", "--repair", check=True)
    assert record.read(file).lines_sha256 in content.decode()
    kept.command("verify", check=True)
    assert len(list(file.parent.glob("*.damaged.*"))) == (not is_gone)


@pytest.mark.parametrize("torn", [b"0123456789abcdef", b"0123  some.arrows\n\0\0\0\0"])
def test_torn_lines_of_checksums_are_dropped(kept: Portfolio, torn: bytes) -> None:
    """What a killed prune left of a line of checksums does not spoil the lines behind it."""
    kept.extra = '[raw]\nkeep_days = 1\narchive_dir = "attic"\n'
    kept.write()
    raw = kept.store.with_name("raw")
    (stream, _) = sorted(raw.glob("credmark/*/*.arrows"))
    sums = kept.folder / "attic" / stream.parent.relative_to(raw) / SUMS
    sums.parent.mkdir(parents=True)
    sums.write_bytes(torn)
    kept.command("prune", check=True)
    lines = sums.read_text().splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+\.arrows", line) for line in lines)


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    """Who puts a file into a folder sweeps what a killed writer left there, and not what a living one holds."""
    killed, living = tmp_path / ".report.html.7.put.tmp", tmp_path / ".alerts.json.8.put.tmp"
    for one in (killed, living):
        one.write_bytes(b"half")
    with living.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        put(tmp_path / "report.html", b"whole")
        assert sorted(path.name for path in tmp_path.iterdir()) == [living.name, "report.html"]
    put(tmp_path / "report.html", b"whole again")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("output", ["no folder/asked.txt", f"{'x' * 300}.txt"])
def test_an_output_that_cannot_be_written_is_named(kept: Portfolio, output: str) -> None:
    """Where an answer cannot be written the file is named, in one line."""
    done = kept.process("ask", "value_chart", "--output", output)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert output in done.stderr.splitlines()[-1]


def test_a_question_is_never_taken_for_damage(kept: Portfolio) -> None:
    """A question that speaks of a full disk or of corruption is at fault itself, and so is its message."""
    for words in ("No space left", "Corrupt database file", "Permission denied"):
        done = kept.command("ask", f"select error('{words}')")
        assert done.returncode == 2
        assert "the question cannot be answered" in done.stderr


@pytest.mark.every
def test_a_store_with_a_latent_fault_is_named_where_it_is_read(kept: Portfolio) -> None:
    """A flipped byte in any block of the store is found by verify, which reads all of it, or was in a free block."""
    copy = kept.store.with_name("kept.duckdb")
    shutil.copyfile(kept.store, copy)
    found = 0
    for number in range(6):
        shutil.copyfile(copy, kept.store)
        content = bytearray(copy.read_bytes())
        content[random.Random(number).randrange(12_288, len(content))] ^= 1  # noqa: S311 - reproducible, no secret
        kept.store.write_bytes(content)
        done = kept.command("verify")
        if done.returncode:
            assert REBUILD in done.stdout
            assert "Corrupt" in done.stdout
            found += 1
        else:
            with duckdb.connect(kept.store, read_only=True) as connection:
                assert connection.execute("select count(*) from cell").fetchall()
    assert found
