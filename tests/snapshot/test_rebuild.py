"""Promises of rebuilding: the whole store again from raw answers alone, equal row for row, or a word about why not."""

import random
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from dagster_project.archive.journal import Journal, Stored
from dagster_project.archive.layout import find_all
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.sources.registry import PROVIDERS
from tests.kills.midway import kill_midway, rebuild_in
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import Simulator
from tests.snapshot.lived import Tables, begun_in, brings, contents, copy_of, lives, of_two_accounts, raw, unequal

pytestmark = pytest.mark.slow

WITH_ROWS = {
    "pull", "cell", "balance", "position", "pull_superseded", "cell_superseded", "balance_superseded", "asset",
    "attempt", "account", "rule", "flow", "flowspan", "tick", "cadence", "snapshot", "cell_answer", "cell_step",
    "change", "movement", "store",
}  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give a portfolio that lived through everything, for tests that copy it."""
    folder = tmp_path_factory.mktemp("lived")
    with begun_in(folder, shared_simulator) as portfolio:
        lives(portfolio)
    return portfolio


@pytest.fixture
def copied(lived: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Portfolio:
    """Give a copy of that portfolio, for one test to change."""
    return copy_of(lived, tmp_path, monkeypatch)


def before(portfolio: Portfolio) -> Tables:
    """Every row of the store, which must hold all that makes the test worth it."""
    rows = contents(portfolio.store)
    assert {name for name in WITH_ROWS if not rows[name]} == set()
    return rows


@pytest.mark.every
def test_a_rebuilt_store_is_equal_row_for_row(copied: Portfolio) -> None:
    """From raw answers alone every table comes out equal, all columns: beliefs of before, doubts, lending, flows."""
    was = before(copied)
    assert [row for row in was["cell"] if "vanished" in map(str, row)] != []
    copied.store.unlink()
    copied.published.unlink()
    done = copied.command("rebuild")
    assert done.returncode == 0, done.stdout + done.stderr
    assert unequal(was, contents(copied.store)) == {}
    assert unequal(was, contents(copied.published)) == {}


@pytest.mark.every
def test_a_rebuild_without_its_journal_tells_the_order_by_time(portfolio: Portfolio) -> None:
    """Where the journal is gone, answers are stored in the order in which they were asked, and it is written anew."""
    of_two_accounts(portfolio, "credmark").take(0, 1, 2)
    portfolio.simulator.order("changing_answers", dialect="credmark")
    portfolio.take(1, again=True)
    was = contents(portfolio.store)
    journal = Journal(raw(portfolio))
    told = journal.read()
    journal.path.unlink()
    done = rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert done.differences == []
    assert unequal(was, contents(portfolio.store)) == {}
    anew = journal.read()
    assert anew.begun == told.begun
    assert [one.attempts for one in anew.entries if isinstance(one, Stored)] == [
        one.attempts for one in told.entries if isinstance(one, Stored)
    ]


@pytest.mark.every
def test_what_was_stored_late_is_stored_late_again(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that were asked early and stored late, as a killed run's are, replace what was stored before, again."""
    of_two_accounts(portfolio, "credmark")
    monkeypatch.setenv("PORTFOLIO_DATA", str(portfolio.folder / "killed"))
    portfolio.take(1)
    monkeypatch.setenv("PORTFOLIO_DATA", str(portfolio.folder / "data"))
    portfolio.simulator.order("empty_positions", dialect="credmark")
    portfolio.take(1)
    portfolio.simulator.clear_faults()
    (late,) = find_all(portfolio.folder / "killed" / "simulated" / "raw")
    shutil.copy(late.path, find_all(raw(portfolio))[0].path.parent)
    portfolio.take(1)
    was = contents(portfolio.store)
    assert late.attempt_id in {row[19] for row in was["pull"]}
    assert late.attempt_id not in {row[19] for row in was["pull_superseded"]}
    portfolio.store.unlink()
    rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert unequal(was, contents(portfolio.store)) == {}


@pytest.mark.every
def test_a_damaged_line_of_the_journal_loses_nothing(copied: Portfolio) -> None:
    """A line that cannot be trusted is named, its answers are stored where they belong in time, and it is mended."""
    was = before(copied)
    journal = Journal(raw(copied))
    content = journal.path.read_bytes()
    place = content.index(b'"stored"') + 20
    journal.path.write_bytes(content[:place] + b"#" + content[place + 1 :])
    done = rebuild(copied.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert [one.words for one in done.findings] == ["it is damaged"]
    assert done.differences == []
    assert unequal(was, contents(copied.store)) == {}
    assert journal.read().faults == ()


@pytest.mark.every
def test_the_store_before_stays_beside_unless_it_is_discarded(copied: Portfolio) -> None:
    """The store before is kept under its date, bit for bit; it goes only when told to and if nothing of it lacks."""
    was = copied.store.read_bytes()
    first = copied.command("rebuild")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "equal to the store before, row for row" in first.stdout
    (aside,) = copied.store.parent.glob("store.2*.duckdb")
    assert str(aside) in first.stdout
    assert aside.read_bytes() == was
    aside.unlink()
    second = copied.command("rebuild", "--discard-old")
    assert second.returncode == 0
    assert list(copied.store.parent.glob("store.2*.duckdb")) == []
    next(one for one in find_all(raw(copied)) if one.provider == "credmark").path.unlink()
    third = copied.command("rebuild", "--discard-old")
    assert third.returncode == 3
    assert len(list(copied.store.parent.glob("store.2*.duckdb"))) == 1


@pytest.mark.every
def test_a_damaged_stream_is_named_and_stepped_over(copied: Portfolio) -> None:
    """What cannot be read is named with its remedy and exit code 3, and everything else is there as it was."""
    was = contents(copied.store)
    stream = next(one for one in find_all(raw(copied)) if one.provider == "oneinch_balance" and one.as_of.day == 8)
    content = bytearray(stream.path.read_bytes())
    content[len(content) // 2] ^= 1
    stream.path.write_bytes(content)
    done = copied.command("rebuild")
    assert done.returncode == 3
    assert stream.path.name in done.stdout
    assert "restore the file from a backup" in done.stdout
    now = contents(copied.store)
    gone = [row for row in was["pull"] if row not in now["pull"]]
    assert {(row[1], row[0].day) for row in gone} == {("oneinch_balance", 8)}
    assert [row for row in now["cell"] if row not in was["cell"]] == []


@pytest.mark.every
def test_what_runs_added_meanwhile_is_in_the_new_store(portfolio: Portfolio) -> None:
    """A run that stores something while a rebuild goes on is not lost: the rebuild takes it in before the exchange."""
    of_two_accounts(portfolio, "credmark").take(0, 1)
    is_first = True

    def meanwhile(_: int, __: int, ___: datetime) -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            portfolio.command("snapshot", "--at", "2026-05-03", check=True)

    done = rebuild(portfolio.settings(), datetime.now(UTC), meanwhile, discard_old=False)
    assert done.differences == []
    assert portfolio.query("select count(*) from snapshot").rows == [(3,)]


@pytest.mark.every
@pytest.mark.parametrize("number", [1, 8])
def test_a_killed_rebuild_leaves_the_store_as_it_was(copied: Portfolio, number: int) -> None:
    """A rebuild that is killed on the way changes neither store nor published file, and the next one does the whole."""
    was = {path: path.read_bytes() for path in (copied.store, copied.published)}
    new = copied.store.with_name(f".{copied.store.name}.rebuilt")
    kill_midway(number, partial(rebuild_in, copied.environment))
    assert new.exists()
    assert {path: path.read_bytes() for path in was} == was
    done = rebuild(copied.settings(), datetime.now(UTC), lambda *_: None, discard_old=True)
    assert (done.is_whole, done.differences) == (True, [])
    assert not new.exists()


@pytest.mark.every
def test_flows_whose_file_was_never_kept_are_taken_over(portfolio: Portfolio) -> None:
    """Flows that only the store knows come over from it; those whose file is kept come from the file."""
    of_two_accounts(portfolio, "credmark").take(0)
    brings(portfolio, 10)
    portfolio.change_store(
        "insert into flow select replace(account_id, '0x', '0y'), * exclude account_id from flow",
        "insert into flowspan select replace(account_id, '0x', '0y'), * exclude account_id from flowspan",
    )
    was = contents(portfolio.store)
    done = rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert done.carried == {"flow": 1, "flowspan": 1}
    assert unequal({"flow": was["flow"]}, {"flow": contents(portfolio.store)["flow"]}) == {}


@pytest.mark.every
def test_answers_that_are_read_otherwise_today_are_counted(
    portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the code that reads is another by now, a rebuild reads by it and says of how many pulls, by provider."""
    of_two_accounts(portfolio, "credmark").take(0, 1)
    newer = replace(PROVIDERS["credmark"], normaliser_version=99)
    monkeypatch.setitem(PROVIDERS, "credmark", newer)
    done = rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert [(one.provider, one.version_now, one.pulls) for one in done.read_otherwise] == [("credmark", 99, 4)]
    assert done.differences == []


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_taking_is_rebuilt(portfolio: Portfolio, seed: int) -> None:
    """Whatever was taken in whatever order, failed, vanished, taken again: raw answers give the same store."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    of_two_accounts(portfolio, "credmark", "oneinch_balance")
    for _ in range(6):
        if chance.random() < 0.5:
            fault = chance.choice(("forbidden", "empty_positions", "negative_amount"))
            portfolio.simulator.order(fault, times=chance.randint(1, 6))
        days = chance.sample(range(5), chance.randint(1, 3))
        portfolio.take(*days, again=chance.random() < 0.4)
    portfolio.simulator.clear_faults()
    was = contents(portfolio.store)
    portfolio.store.unlink()
    rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert unequal(was, contents(portfolio.store)) == {}
