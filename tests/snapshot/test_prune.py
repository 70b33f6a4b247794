"""Promises of pruning: raw answers move to the archive, never the only copy, and a rebuild has them from there."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.archive.layout import find_all
from dagster_project.errors import DiskError, UsageError
from dagster_project.snapshot.prune import SUMS, prune
from dagster_project.snapshot.rebuild import rebuild
from tests.portfolio import Portfolio, day
from tests.snapshot.lived import contents, of_two_accounts, unequal

KEEP = '[raw]\nkeep_days = 1\narchive_dir = "attic"\n'
NOW = day(3)


@pytest.fixture
def kept(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of four days, whose raw answers may go to the attic after a day."""
    of_two_accounts(portfolio, "credmark").have(0, 1, 2, 3)
    portfolio.extra = KEEP
    return portfolio


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The streams of a folder by their names."""
    return {one.path.name: one.path.read_bytes() for one in find_all(folder)}


@pytest.mark.slow
def test_old_answers_move_and_a_rebuild_finds_them(kept: Portfolio) -> None:
    """What is older than the settings say lies in the archive byte for byte, and the store is rebuilt from both."""
    raw, attic = kept.store.with_name("raw"), kept.folder / "attic"
    was, rows = bytes_of(raw), contents(kept.store)
    pruned = prune(kept.settings(), NOW, lambda _: None)
    assert (pruned.streams, pruned.findings) == (3, [])
    assert len(bytes_of(raw)) == 1
    assert bytes_of(raw) | bytes_of(attic) == was
    (sums,) = attic.rglob(SUMS)
    for line in sums.read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(sums.with_name(name).read_bytes()).hexdigest() == digest
    kept.store.unlink()
    done = rebuild(kept.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert done.findings == []
    assert unequal(rows, contents(kept.store)) == {}


@pytest.mark.slow
def test_nothing_moves_without_a_place_to_go(kept: Portfolio) -> None:
    """Without a setting everything stays for ever, and one that names no archive is a fault of the settings."""
    kept.extra = ""
    with pytest.raises(UsageError, match="keep_days and archive_dir"):
        prune(kept.settings(), NOW, lambda _: None)
    kept.extra = "[raw]\nkeep_days = 1\n"
    kept.write()
    done = kept.command("prune")
    assert done.returncode == 2
    assert "never dropped" in done.stderr
    assert len(bytes_of(kept.store.with_name("raw"))) == 4


def test_the_only_copy_stays(kept: Portfolio) -> None:
    """What the store does not know, what is damaged, and what has another copy in the archive stays, and is named."""
    raw, attic = kept.store.with_name("raw"), kept.folder / "attic"
    first, second, third, _ = find_all(raw)
    kept.change_store(f"delete from attempt where attempt_id = '{first.attempt_id}'")
    second.path.write_bytes(second.path.read_bytes()[:-9])
    pruned = prune(kept.settings(), day(2.5), lambda _: None)
    assert pruned.streams == 0
    (unknown,) = [one.remedy for one in pruned.findings if "does not know it" in one.words]
    assert unknown == f"take its instant first: `portfolio snapshot --at {first.as_of:%Y-%m-%dT%H:%M}`"
    assert [one.place for one in pruned.findings] == [str(first.path), str(second.path)]
    other = attic / third.path.relative_to(raw)
    other.parent.mkdir(parents=True)
    other.write_bytes(b"something else")
    with pytest.raises(DiskError, match="is not equal"):
        prune(kept.settings(), NOW, lambda _: None)
    assert len(bytes_of(raw)) == 4


def test_a_move_that_was_broken_off_is_ended(kept: Portfolio) -> None:
    """A copy that lies in the archive already is read back, and only then its original goes."""
    raw, attic = kept.store.with_name("raw"), kept.folder / "attic"
    first = find_all(raw)[0]
    copy = attic / first.path.relative_to(raw)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(first.path.read_bytes())
    kept.write()
    done = kept.command("prune")
    assert done.returncode == 0
    assert done.stdout.startswith("4 raw streams, ")
    assert bytes_of(raw) == {}
    assert len(bytes_of(attic)) == 4
