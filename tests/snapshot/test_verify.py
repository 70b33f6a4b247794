"""Promises of verifying: store, raw answers and published file are held against each other, what differs is named."""

import shutil
from pathlib import Path

import pytest

from dagster_project.archive.layout import find_all
from dagster_project.snapshot.finding import Finding
from dagster_project.snapshot.verify import verify
from dagster_project.warehouse.store import Store
from tests.portfolio import Portfolio
from tests.snapshot.lived import brings, contents, of_two_accounts


@pytest.fixture
def kept(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of two days, with an import and an earlier belief."""
    of_two_accounts(portfolio, "credmark").have(0, 1)
    brings(portfolio, 10)
    portfolio.simulator.order("empty_positions", dialect="credmark")
    portfolio.take(1, again=True)
    portfolio.simulator.clear_faults()
    return portfolio


def found(portfolio: Portfolio) -> list[Finding]:
    """What a verification names."""
    return verify(portfolio.settings(), lambda *_: None)


def publish(portfolio: Portfolio) -> None:
    """Publish what was changed by hand."""
    Store(portfolio.store, portfolio.published, "simulated").publish()


def streams(portfolio: Portfolio) -> list[Path]:
    """The raw streams of answers, oldest first."""
    return [one.path for one in find_all(portfolio.store.with_name("raw")) if one.provider == "credmark"]


@pytest.mark.slow
def test_what_is_whole_is_said_to_be_one(kept: Portfolio) -> None:
    """Where nothing differs the command says so, ends with 0, changes nothing and leaves nothing behind."""
    kept.write()
    files = sorted(kept.store.parent.rglob("*"))
    was = kept.published.read_bytes()
    done = kept.command("verify")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("store, raw answers and published file are one")
    assert sorted(kept.store.parent.rglob("*")) == files
    assert kept.published.read_bytes() == was


@pytest.mark.every
@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("update balance set amount_raw = '7' where asset_id = (select min(asset_id) from balance)", "balance"),
        ("update pull set body_sha256 = 'ab' where as_of = '2026-05-01'", "pull"),
        ("delete from cell_superseded", "cell_superseded"),
        ("update flow set amount_exact = '11'", "flow"),
        ("update cell set doubt = 'vanished'", "cell"),
    ],
)
def test_a_row_that_was_changed_by_hand_is_named(kept: Portfolio, change: str, table: str) -> None:
    """A row of the store that is other than the raw answers say is named by its table, and the remedy stands behind."""
    kept.change_store(change)
    publish(kept)
    named = {one.place.split()[0]: one for one in found(kept)}
    assert table in named
    assert "portfolio rebuild" in named[table].remedy
    assert not named[table].heals


@pytest.mark.every
def test_damage_to_a_stream_is_named(kept: Portfolio) -> None:
    """A raw stream that is not as it was written is named with its file, and the command ends with 1."""
    path = streams(kept)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    done = kept.command("verify")
    assert done.returncode == 1
    assert path.name in done.stdout
    assert "restore the file from a backup" in done.stdout


@pytest.mark.every
def test_a_stream_that_is_gone_is_named(kept: Portfolio) -> None:
    """A stream that the store was made of and that is not there is named, though the journal be gone too."""
    path = streams(kept)[0]
    path.unlink()
    assert found(kept)[0].words == "its raw stream is gone"
    kept.store.with_name("raw").joinpath("journal.txt").unlink()
    assert "the store knows it, but its raw stream is gone" in [one.words for one in found(kept)]


@pytest.mark.every
def test_an_upgrade_alone_makes_no_difference(kept: Portfolio) -> None:
    """After an upgrade, before any run published, only the published file is behind: nobody is told to rebuild."""
    kept.change_store("update store set sql_sha256 = 'of the program before'")
    done = kept.command("verify")
    assert done.returncode == 3, done.stdout
    assert "the published file is behind the store" in done.stdout
    assert "rebuild" not in done.stdout


@pytest.mark.every
def test_what_heals_by_itself_ends_with_3(kept: Portfolio) -> None:
    """A stream that no store knows yet and a file that is behind are named with exit code 3; the next run heals it."""
    before = kept.store.read_bytes()
    kept.take(2)
    kept.store.write_bytes(before)
    done = kept.command("verify")
    assert done.returncode == 3
    assert "the published file is behind the store" in done.stdout
    assert "the store does not know this stream yet" in done.stdout
    kept.take(2)
    assert found(kept) == []


@pytest.mark.every
def test_a_published_file_that_was_changed_is_named(kept: Portfolio, tmp_path: Path) -> None:
    """A published file whose rows are not the store's is named, and so is one that is damaged."""
    other = tmp_path / "other.duckdb"
    shutil.copyfile(kept.published, other)
    kept.change_store("update balance set amount = 7")
    shutil.copyfile(kept.store, kept.published)
    shutil.copyfile(other, kept.store)
    kept.published.touch()
    (one,) = [one for one in found(kept) if one.place == str(kept.published)]
    assert "rows only in the store" in one.words
    assert contents(kept.store) == contents(other)


def test_what_a_person_has_to_mend_is_named_first(portfolio: Portfolio) -> None:
    """However many streams the next run takes in, the first remedy is the one that somebody has to follow."""
    portfolio.have(0)
    earlier = portfolio.store.read_bytes()
    portfolio.take(1, 2)
    portfolio.store.write_bytes(earlier)
    (portfolio.store.with_name("raw") / "journal.txt").unlink()
    named = found(portfolio)
    assert [one.heals for one in named] == sorted(one.heals for one in named)
    assert sum(one.heals for one in named) >= 2
    assert "portfolio rebuild" in named[0].remedy
