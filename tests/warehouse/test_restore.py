"""Promises of restoring: the store again from the published file, with what raw answers tell beyond it."""

import shutil
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from dagster_project.archive.journal import Journal
from dagster_project.archive.layout import find_all
from dagster_project.warehouse import sqlfiles
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import Simulator
from tests.snapshot.lived import Tables, begun_in, brings, contents, copy_of, lives, raw, unequal

pytestmark = pytest.mark.slow

CLOSED = "2026-05-01..2026-05-04"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give a portfolio with restatements, imports of flows and two closings of a period, for tests that copy it."""
    folder = tmp_path_factory.mktemp("lived")
    with begun_in(folder, shared_simulator) as portfolio:
        lives(portfolio)
        portfolio.command("close", CLOSED, "--note", "first", "--partial", "one is enough", check=True)
        portfolio.command("close", CLOSED, "--reopen", "again", "--partial", "one is enough", check=True)
    return portfolio


@pytest.fixture
def copied(lived: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Portfolio:
    """Give a copy of that portfolio, for one test to change."""
    return copy_of(lived, tmp_path, monkeypatch)


def answers(portfolio: Portfolio) -> dict[str, list[str]]:
    """What every answer says that needs no parameter, row by row."""
    return {
        file.name: sorted(map(repr, portfolio.query(f"from {file.name}()").rows))
        for file in sqlfiles.answers()
        if file.name not in {"closed_report", "explain", "provider_chart", "spender_asked"}
    }


def before(portfolio: Portfolio) -> Tables:
    """Every row of the store, which must hold all that makes the test worth it."""
    rows = contents(portfolio.store)
    assert [name for name in ("pull_superseded", "balance_superseded", "flow", "closing") if not rows[name]] == []
    return rows


@pytest.mark.parametrize("gone", ["nothing else", "raw answers", "raw answers and closings"])
def test_a_restored_store_gives_the_same_answers(copied: Portfolio, gone: str) -> None:
    """From the published file alone every row and every answer is what it was: restatements, flows, closings."""
    was, said = before(copied), answers(copied)
    report = copied.answer("closed_report", period=CLOSED)
    copied.store.unlink()
    if gone != "nothing else":
        shutil.rmtree(raw(copied))
    if gone.endswith("closings"):
        shutil.rmtree(copied.published.with_name("closings"))
    done = copied.command("restore")
    assert done.returncode == 0, done.stdout + done.stderr
    assert unequal(was, contents(copied.store)) == {}
    assert answers(copied) == said
    assert copied.answer("closed_report", period=CLOSED) == report
    assert len(list(copied.published.with_name("closings").glob("*.json"))) == 2
    assert copied.command("publish").stdout.endswith("nothing is to be done\n")


def test_what_was_not_published_comes_from_raw_answers(copied: Portfolio) -> None:
    """What was stored after the last publication, imports too, is added from raw answers: the store is what it was."""
    older = copied.published.read_bytes()
    copied.take(8)
    copied.simulator.order("changing_answers", dialect="credmark")
    copied.take(6, again=True)
    copied.simulator.clear_faults()
    brings(copied, 12)
    was, said = before(copied), answers(copied)
    copied.store.unlink()
    copied.published.write_bytes(older)
    done = copied.command("restore")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "added from raw answers: 6 attempts" in done.stdout
    assert unequal(was, contents(copied.store)) == {}
    assert answers(copied) == said
    assert copied.command("verify").returncode == 0


@pytest.mark.parametrize("order", [("restore", "rebuild"), ("rebuild", "restore")])
def test_restore_and_rebuild_work_after_each_other(copied: Portfolio, order: tuple[str, str]) -> None:
    """Whichever of the two comes first, the second finds a store that it can make anew once that is lost again."""
    was = before(copied)
    for verb in order:
        copied.store.unlink()
        done = copied.command(verb)
        assert done.returncode == 0, done.stdout + done.stderr
        assert unequal(was, contents(copied.store)) == {}
    assert copied.command("verify").returncode == 0


def test_what_another_program_made_in_the_file_is_left_out(copied: Portfolio) -> None:
    """Tables, views and macros of a client are named and stay out of the store; a view that it changed is made anew."""
    was, said = before(copied), answers(copied)
    copied.store.unlink()
    with duckdb.connect(copied.published) as client:
        client.execute("create table notes as select 1 as one")
        client.execute("create schema own; create table own.mine as select 2 as two")
        client.execute("create macro spacing(a) as a; create view seen as select 3 as three")
        client.execute("create or replace macro value_chart() as table select 'nothing' as word")
    done = copied.command("restore")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left out, because this program did not make it: 'seen', 'mine', 'notes', 'spacing'\n" in done.stdout
    assert unequal(was, contents(copied.store)) == {}
    assert answers(copied) == said
    assert copied.command("compact").returncode == 0


def test_a_whole_store_is_not_restored(copied: Portfolio) -> None:
    """A store that lacks nothing of the published file is left as it is, and that is said."""
    was = copied.store.read_bytes()
    done = copied.command("restore")
    assert done.returncode == 2
    assert "it is whole and lacks nothing" in done.stderr
    assert copied.store.read_bytes() == was


@pytest.mark.parametrize("damage", ["zeros in the middle", "half of it", "a text"])
def test_a_damaged_store_is_kept_beside(copied: Portfolio, damage: str) -> None:
    """A store that cannot be read is never needed: the published file gives all of it, and the damaged one is kept."""
    was, content = before(copied), copied.store.read_bytes()
    damaged = {
        "zeros in the middle": content[:20_000] + bytes(len(content) - 40_000) + content[-20_000:],
        "half of it": content[: len(content) // 2],
        "a text": b"not a database at all" * 1000,
    }[damage]
    copied.store.write_bytes(damaged)
    done = copied.command("restore")
    assert done.returncode == 0, done.stdout + done.stderr
    (kept,) = copied.store.parent.glob("store.2*.duckdb")
    assert kept.read_bytes() == damaged
    assert unequal(was, contents(copied.store)) == {}


def test_a_backup_is_restored_by_its_name(copied: Portfolio, tmp_path: Path) -> None:
    """A copy of the published file at another place makes the store again where store and published file are gone."""
    was = before(copied)
    backup = tmp_path / "backup.duckdb"
    shutil.move(copied.published, backup)
    copied.store.unlink()
    done = copied.command("restore", str(backup))
    assert done.returncode == 0, done.stdout + done.stderr
    assert unequal(was, contents(copied.store)) == {}
    assert unequal(was, contents(copied.published)) == {}


def test_an_older_backup_never_takes_the_place_of_the_published_file(copied: Portfolio, tmp_path: Path) -> None:
    """A backup that knows less than the published file is refused by name, and nothing is changed."""
    backup = shutil.copy(copied.published, tmp_path / "backup.duckdb")
    copied.take(8)
    shutil.rmtree(raw(copied))
    copied.store.unlink()
    was = copied.published.read_bytes()
    done = copied.command("restore", str(backup))
    assert done.returncode == 1
    assert "it knows what" in done.stderr
    assert "(1 instants until 2026-05-09T00:00 UTC, 3 attempts)" in done.stderr
    assert (copied.store.exists(), copied.published.read_bytes()) == (False, was)


def test_what_cannot_be_added_is_named(copied: Portfolio) -> None:
    """A raw stream that the file does not know and that is damaged is named with its remedy; the rest is restored."""
    older = copied.published.read_bytes()
    copied.take(8, 9)
    copied.store.unlink()
    copied.published.write_bytes(older)
    last = find_all(raw(copied))[-1].path
    last.write_bytes(last.read_bytes()[:100])
    done = copied.command("restore")
    assert done.returncode == 3
    assert str(last) in done.stdout
    assert copied.query("select count(*) from snapshot").rows == [(10,)]


def test_a_journal_of_another_portfolio_is_refused(copied: Portfolio, tmp_path: Path) -> None:
    """Raw answers of one portfolio and a published file of another are never made one store."""
    copied.store.unlink()
    journal = Journal(raw(copied))
    begun, *rest = journal.read().entries
    journal.replace([replace(begun, portfolio_id="another"), *rest], tmp_path / "aside")
    done = copied.command("restore")
    assert done.returncode == 1
    assert "are of another" in done.stderr
    assert not copied.store.exists()
