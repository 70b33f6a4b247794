"""Promises of moving a history: out into files and back in elsewhere it is the same, row for row and answer for answer.

Also of what becomes of it without its raw answers, and of exporting beside whoever writes.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import BadRawError
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.snapshot.verify import verify
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.claims import ABOUT_PROVIDERS
from dagster_project.warehouse.facts import FOLLOWING, facts_at
from dagster_project.warehouse.lock import exclusive
from tests.exchange.moving import Elsewhere, described, digests, exported, told
from tests.portfolio import Portfolio
from tests.snapshot.lived import contents, unequal
from tests.warehouse.test_migrate import SAMPLES, go_further, stored

pytestmark = pytest.mark.slow

FORMS = ("parquet", "csv", "json")
WITH_ROWS = {
    "pull", "cell", "balance", "position", "pull_superseded", "cell_superseded", "balance_superseded", "asset",
    "attempt", "account", "rule", "flow", "flowspan", "tick", "cadence", "snapshot", "closing", "closingline",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_history_comes_back_whole(
    lived: Portfolio, exports: dict[str, Path], elsewhere: Elsewhere, tmp_path: Path, form: str
) -> None:
    """In each format every row of every table, every answer and every closed period are there again, bit for bit."""
    was = contents(lived.published)
    assert {name for name in WITH_ROWS if not was[name]} == set()
    elsewhere.bring(exports[form])
    assert unequal(was, contents(elsewhere.portfolio.store)) == {}
    assert unequal(was, contents(elsewhere.portfolio.published)) == {}
    assert told(elsewhere.portfolio) == told(lived)
    again = exported(elsewhere.portfolio, tmp_path / "again", form)
    assert digests(again.folder) == digests(exports[form])
    closed = lived.published.with_name("closings")
    assert digests(elsewhere.portfolio.published.with_name("closings")) == digests(closed)
    assert digests(closed) != {}


def test_every_table_is_a_fact_or_follows(lived: Portfolio) -> None:
    """No table of a published file is forgotten: it is exported, follows from others, or says whose history it is."""
    with duckdb.connect(lived.published, read_only=True) as connection:
        there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    facts = {fact.name for fact in facts_at(sqlfiles.migrations()[-1][0])}
    assert facts | FOLLOWING | {file.name for file in sqlfiles.derived()} == there
    assert facts & FOLLOWING == set()


@pytest.mark.every
def test_the_verbs_say_what_they_did(lived: Portfolio, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """Export names the version and how to take raw answers along, import names the rows and what is lacking."""
    folder = tmp_path / "out"
    done = lived.command("export", str(folder))
    assert done.returncode == 0, done.stderr
    rows = sum(one["portfolio:rows"]["count"] for one in described(folder)["resources"] if "portfolio:rows" in one)
    assert "(SIMULATED history), as published 20" in done.stdout
    assert "8 snapshots, the last of 2026-05-08T00:00 UTC" in done.stdout
    assert f"{rows:,} rows of 32 tables" in done.stdout
    assert f"take {lived.store.with_name('raw')} along" in done.stdout
    place = elsewhere.portfolio
    brought = place.command("import", str(folder / "datapackage.json"))
    assert brought.returncode == 0, brought.stderr
    assert f"{rows:,} rows of 8 snapshots -> {place.published} (SIMULATED history)" in brought.stdout
    assert f"no raw answers lie in {place.store.with_name('raw')}" in brought.stdout
    held = contents(place.store)
    again = place.command("import", str(folder))  # as after one that was killed before it published
    assert again.returncode == 0, again.stderr
    assert contents(place.store) == held


@pytest.mark.every
def test_without_raw_answers_nothing_is_lost(exports: dict[str, Path], elsewhere: Elsewhere) -> None:
    """Of an import without raw answers verify says which are not there, and a rebuild is refused, store or no store."""
    portfolio = elsewhere.portfolio
    elsewhere.bring(exports["parquet"])
    was = portfolio.store.read_bytes(), portfolio.published.read_bytes()
    settings = portfolio.settings()
    named = {one.place: one for one in verify(settings, lambda *_: None)}
    assert "whose raw streams are not here" in named["credmark"].words
    assert "copy raw/ from where it was exported" in named["credmark"].remedy
    assert not any("run `portfolio rebuild`" in one.remedy for one in named.values())
    with pytest.raises(BadRawError, match=r"lacks the raw answers of \d+ attempts .* a rebuild would lose their rows"):
        rebuild(settings, datetime.now(UTC), lambda *_: None, discard_old=True)
    assert (portfolio.store.read_bytes(), portfolio.published.read_bytes()) == was
    portfolio.store.unlink()
    with pytest.raises(BadRawError, match="copy that folder from where it was exported"):
        rebuild(settings, datetime.now(UTC), lambda *_: None, discard_old=True)
    assert not portfolio.store.exists()
    assert portfolio.published.read_bytes() == was[1]


@pytest.mark.every
@pytest.mark.parametrize("is_before", [True, False])
def test_with_raw_answers_it_is_rebuilt(
    lived: Portfolio, exports: dict[str, Path], elsewhere: Elsewhere, *, is_before: bool
) -> None:
    """Raw answers that are copied before an import or after it are the history's: verified, and rebuilt equal."""
    portfolio = elsewhere.portfolio
    raw, target = lived.store.with_name("raw"), portfolio.store.with_name("raw")
    if is_before:
        shutil.copytree(raw, target)
    assert elsewhere.bring(exports["parquet"]).has_raw == is_before
    shutil.copytree(raw, target, dirs_exist_ok=True)
    was = contents(portfolio.store)
    assert verify(portfolio.settings(), lambda *_: None) == []
    done = rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=True)
    assert (done.is_whole, list(done.differences)) == (True, [])
    assert unequal(was, contents(portfolio.store)) == {}


@pytest.mark.every
def test_a_history_goes_on_where_it_was_imported(exports: dict[str, Path], elsewhere: Elsewhere) -> None:
    """The next day is taken into an imported history as into any other, and its claims hold."""
    portfolio = elsewhere.portfolio
    elsewhere.bring(exports["json"])
    assert portfolio.command("check").returncode == 0
    portfolio.take(8)
    assert portfolio.query("select count(*) from snapshot").rows == [(9,)]
    assert portfolio.command("compact").returncode == 0


def test_an_export_waits_for_nobody(lived: Portfolio, tmp_path: Path) -> None:
    """While somebody writes to the store an export goes on, touches neither store nor lock, and changes no byte."""
    was = lived.store.read_bytes(), lived.published.read_bytes()
    with exclusive(lived.store.with_name("store.duckdb.lock"), 1):
        exported(lived, tmp_path / "out")
    assert (lived.store.read_bytes(), lived.published.read_bytes()) == was


@pytest.mark.every
@pytest.mark.parametrize("form", FORMS)
def test_an_export_of_an_older_schema_is_imported(
    lived: Portfolio, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """What a program of an earlier schema exported comes in with every row, and is of this schema then."""
    folder = exported(lived, tmp_path / "out", form).folder
    was = contents(lived.published)
    newest = go_further(monkeypatch)
    elsewhere.bring(folder)
    assert elsewhere.portfolio.query("select schema_version from store").rows == [(newest,)]
    assert elsewhere.portfolio.query("select count(*) from probe").rows == [(0,)]
    now = contents(elsewhere.portfolio.store)
    for fact in facts_at(newest - 1):
        assert [row[: len(fact.columns)] for row in now[fact.name]] == was[fact.name], fact.name


@pytest.mark.every
def test_a_published_file_of_an_older_schema_is_exported(
    tmp_path: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that the first release published is exported as it is, and comes in with every row of every table."""
    portfolio = elsewhere.portfolio
    portfolio.published.parent.mkdir(parents=True)
    rows = {}
    with duckdb.connect(portfolio.published) as connection:
        connection.execute(sqlfiles.migrations()[0][1])
        tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        for table in sorted(set(tables) - FOLLOWING):
            described_as = connection.execute(f"describe {table}").fetchall()
            values = ", ".join(SAMPLES.get(kind, "7") for _, kind, *_ in described_as)
            connection.execute(f"insert into {table} values ({values})")
            rows[table] = connection.execute(f"from {table}").fetchall()
        connection.execute("insert into store values ('0', 'simulated', 1, '', '', timestamp '2026-05-01')")
    folder = exported(portfolio, tmp_path / "out", "csv").folder
    assert described(folder)["portfolio:schemaVersion"] == 1
    monkeypatch.setenv("PORTFOLIO_DATA", str(tmp_path / "data2"))
    known = [file.name for file in sqlfiles.checks() if file.name not in ABOUT_PROVIDERS]
    elsewhere.bring(folder, known)  # the rows are made up
    assert stored(tmp_path / "data2" / "simulated" / "store.duckdb", rows) == rows
    assert len(rows) >= 20


def test_a_table_of_somebody_else_is_said_to_be_left_out(lived: Portfolio, tmp_path: Path) -> None:
    """A table that this program did not make is not exported in silence: it is named."""
    own = Portfolio(tmp_path, lived.simulator)
    own.published.parent.mkdir(parents=True)
    shutil.copyfile(lived.published, own.published)
    with duckdb.connect(own.published) as connection:
        connection.execute('create table "my\'notes" as select 1 as one')
    own.write()
    done = own.command("export", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert 'left out, because this program did not make it: "my\'notes"' in done.stdout
