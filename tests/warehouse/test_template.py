"""Promises of the kept copy of an empty store: a new store is the same with and without it."""

import logging
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.archive.journal import Begun
from dagster_project.warehouse import template

BEGUN = Begun("ab" * 16, "real", datetime(2026, 5, 1, tzinfo=UTC))
EVERYTHING = """
    select table_name, comment from duckdb_tables()
    union all select function_name, comment from duckdb_functions() where schema_name = 'main' and not internal
    union all select view_name, comment from duckdb_views() where not internal
    union all select table_name || '.' || column_name, comment from duckdb_columns() where not internal
    order by all
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a cache of its own, empty, in which nothing was logged yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    template._log_once.cache_clear()
    return tmp_path / "cache" / "portfolio-snapshots"


def copies(home: Path) -> list[Path]:
    """Give what is kept."""
    return sorted(home.iterdir()) if home.exists() else []


def what_is_in(path: Path) -> list[list[tuple[object, ...]]]:
    """Give everything that a store holds, and whose it is."""
    with duckdb.connect(path, read_only=True) as connection:
        return [connection.execute(sql).fetchall() for sql in (EVERYTHING, "from store")]


def make(folder: Path, name: str) -> Path:
    """Make a store of this name."""
    template.make_empty(folder / name, BEGUN)
    return folder / name


@pytest.mark.slow
def test_a_copy_is_the_same_as_a_store_made_from_nothing(tmp_path: Path, home: Path) -> None:
    """The second store comes from the copy that the first one left, and both hold the same, down to the comments."""
    first = make(tmp_path, "first")
    (copy,) = copies(home)
    before = copy.stat()
    second = make(tmp_path, "second")
    assert what_is_in(first) == what_is_in(second)
    assert what_is_in(second)[1][0][:2] == (BEGUN.portfolio_id, "real")
    assert (copies(home), copy.stat().st_mtime_ns) == ([copy], before.st_mtime_ns)
    with duckdb.connect(copy, read_only=True) as connection:
        assert connection.execute("from store").fetchall() == []


def broken(copy: Path) -> None:
    """Turn one bit in the middle."""
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)


def cut(copy: Path) -> None:
    """Leave the first half."""
    copy.write_bytes(copy.read_bytes()[:500_000])


def emptied(copy: Path) -> None:
    """Leave nothing."""
    copy.write_bytes(b"")


@pytest.mark.every
@pytest.mark.parametrize("damage", [broken, cut, emptied])
def test_a_damaged_copy_is_not_used(
    damage: object, tmp_path: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy whose bytes are others is said once and made anew; the store is what it would be without it."""
    first = make(tmp_path, "first")
    assert callable(damage)
    damage(copies(home)[0])
    with caplog.at_level(logging.WARNING):
        second = make(tmp_path, "second")
        third = make(tmp_path, "third")
    assert what_is_in(first) == what_is_in(second) == what_is_in(third)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "the kept copy of an empty store is damaged; a new one is made"
    ]
    assert len(copies(home)) == 1


@pytest.mark.every
def test_a_copy_of_another_version_is_not_used(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a program of another version left is logged once and stays for that program."""
    make(tmp_path, "first")
    (old,) = copies(home)
    monkeypatch.setattr(template, "kind", lambda: "0" * 16)
    with caplog.at_level(logging.WARNING):
        make(tmp_path, "second")
        make(tmp_path, "third")
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "the kept copy of an empty store is of another version; a new one is made"
    ]
    assert old in copies(home)
    assert len(copies(home)) == 2


@pytest.mark.every
@pytest.mark.parametrize("cache_home", ["/dev/null/cache", "/proc/cache"])
def test_a_cache_that_refuses_costs_time_alone(
    cache_home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing can be kept, as in a read-only home, each store is made from nothing, and that is logged once."""
    monkeypatch.setenv("XDG_CACHE_HOME", cache_home)
    with caplog.at_level(logging.WARNING):
        first, second = make(tmp_path, "first"), make(tmp_path, "second")
    assert what_is_in(first) == what_is_in(second)
    (record,) = caplog.records
    assert "cannot keep a copy of an empty store" in record.getMessage()


@pytest.mark.slow
def test_a_user_without_a_home_has_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that is named by no absolute path is none; the store is made all the same."""
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert template.folder() is None
    assert what_is_in(make(tmp_path, "first"))[1]
    assert not (tmp_path / "relative").exists()


@pytest.mark.every
def test_a_copy_that_is_taken_away_meanwhile_is_not_missed(tmp_path: Path, home: Path) -> None:
    """A copy that was listed and cannot be opened any more is passed over."""
    make(tmp_path, "first")
    (copy,) = copies(home)
    copy.unlink()
    copy.symlink_to(tmp_path / "gone")
    assert what_is_in(make(tmp_path, "second"))[1]


@pytest.mark.slow
def test_few_copies_stay(tmp_path: Path, home: Path) -> None:
    """Of many versions the four latest copies stay."""
    home.mkdir(parents=True)
    for number in range(6):
        old = home / f"store-{number:016d}-{'0' * 64}.duckdb"
        old.write_bytes(b"")
        os.utime(old, (number, number))
    make(tmp_path, "first")
    assert [copy.name[:22] for copy in copies(home)][:3] == [f"store-{number:016d}" for number in (3, 4, 5)]
    assert len(copies(home)) == 4
    assert stat.S_IMODE(copies(home)[-1].stat().st_mode) & 0o600 == 0o600
