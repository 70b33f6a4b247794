"""Promises of a lost store: none is begun anew, each verb names what proves it and the remedy, and the remedy works."""

import shutil
from pathlib import Path

import pytest

from dagster_project.errors import LostStoreError
from tests.portfolio import Portfolio
from tests.snapshot.lived import brings, of_two_accounts

WRITING = (
    ("snapshot", "--at", "2026-05-03"),
    ("backfill", "--until", "2026-05-03"),
    ("backfill", "--gaps"),
    ("import", "flows", "flows.csv"),
    ("close", "2026-05-01..2026-05-02"),
    ("verify",),
    ("compact",),
    ("migrate",),
    ("publish",),
)


@pytest.fixture
def two_days(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of two days with an import, whose store is gone."""
    of_two_accounts(portfolio, "credmark").have(0, 1)
    brings(portfolio, 10)
    portfolio.store.unlink()
    return portfolio


def files(portfolio: Portfolio) -> dict[Path, bytes]:
    """Every file of the history, byte for byte, but locks."""
    found = (path for path in portfolio.store.parent.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path: path.read_bytes() for path in found}


@pytest.mark.slow
@pytest.mark.parametrize("verb", WRITING, ids=" ".join)
def test_no_verb_begins_a_lost_store_anew(two_days: Portfolio, verb: tuple[str, ...]) -> None:
    """Each verb that would begin a store stops with one message that counts what proves an older one."""
    was = files(two_days)
    done = two_days.command(*verb)
    assert done.returncode == 1
    assert f"{two_days.store}: it is gone" in done.stderr
    assert f"{two_days.published} holds 2 instants until 2026-05-02T00:00 UTC" in done.stderr
    assert "raw/journal.txt tells of 2 instants until 2026-05-02T00:00 UTC" in done.stderr
    assert "raw holds 3 raw streams of 2 instants" in done.stderr
    assert "run `portfolio rebuild`" in done.stderr
    assert files(two_days) == was


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["status", "check", "doctor", "alert"])
def test_no_verb_that_reads_is_content(two_days: Portfolio, verb: str) -> None:
    """Whoever looks at a history whose store is lost is told, and the exit code says so."""
    done = two_days.command(verb)
    assert done.returncode != 0
    assert "store is gone" in done.stdout or "store.duckdb: it is gone" in done.stdout
    assert "portfolio rebuild" in done.stdout


@pytest.mark.parametrize("left", ["published", "raw", "journal", "closings", "log"])
def test_each_trace_proves_an_older_store(two_days: Portfolio, left: str) -> None:
    """Any one of published file, raw answers, journal, closed periods or a log of the store is enough to stop."""
    folder = two_days.store.parent
    raw = folder / "raw"
    if left == "log":
        two_days.store.with_name("store.duckdb.wal").write_bytes(b"log")
    if left == "closings":
        (folder / "closings").mkdir()
        (folder / "closings" / "2026-04__20260501T000000000000Z.json").write_text("{}")
    if left != "published":
        two_days.published.unlink()
    if left in {"journal", "closings", "log", "published"}:
        for path in [*raw.glob("*/*/*.arrows"), *([] if left == "journal" else [raw / "journal.txt"])]:
            path.unlink()
    else:
        (raw / "journal.txt").unlink()
    was = files(two_days)
    with pytest.raises(LostStoreError, match="No store is begun anew") as caught:
        two_days.take(2)
    named = {
        "published": "portfolio.duckdb holds 2 instants until 2026-05-02T00:00 UTC",
        "raw": "raw holds 3 raw streams of 2 instants until 2026-05-02T00:00 UTC",
        "journal": "journal.txt tells of 2 instants until 2026-05-02T00:00 UTC",
        "closings": "closings holds 1 closed period",
        "log": "store.duckdb.wal is its write-ahead log",
    }[left]
    assert named in str(caught.value)
    assert str(caught.value).count(" holds ") + str(caught.value).count(" tells of ") == (left != "log")
    assert files(two_days) == was


@pytest.mark.every
@pytest.mark.parametrize("raw", ["all", "none", "without one", "without imports", "alone"])
def test_the_better_remedy_is_named_and_works(two_days: Portfolio, raw: str) -> None:
    """A rebuild is named where raw answers tell all, a restore where they lack something; it gives all back."""
    said = two_days.query("from balance order by all").rows, two_days.query("from flow").rows
    folder = two_days.store.with_name("raw")
    if raw == "none":
        shutil.rmtree(folder)
    elif raw == "without one":
        next(folder.glob("credmark/*/*.arrows")).unlink()
    elif raw == "without imports":
        shutil.rmtree(folder / "imports")
    elif raw == "alone":
        two_days.published.unlink()
    words = two_days.command("snapshot").stderr
    verb = "rebuild" if raw in {"all", "alone"} else "restore"
    assert f"run `portfolio {verb}`, which makes it again" in words
    done = two_days.command(verb)
    assert done.returncode == (3 if raw == "without imports" else 0), done.stdout + done.stderr
    assert (two_days.query("from balance order by all").rows, two_days.query("from flow").rows) == said
    assert two_days.command("status").returncode == 0


@pytest.mark.every
def test_a_first_run_leaves_no_trace_before_its_store(portfolio: Portfolio) -> None:
    """A first run that nobody answers, or that keeps an answer and is stopped, goes on as any other run does."""
    portfolio.simulator.order("forbidden")
    portfolio.take(0)
    portfolio.simulator.clear_faults()
    portfolio.take(0)
    assert portfolio.query("select count(*) from snapshot").rows == [(1,)]


def test_settings_that_are_written_anew_say_what_is_lost(two_days: Portfolio) -> None:
    """`init` beside a history whose store is lost writes the settings, which every remedy needs, and says it."""
    real = two_days.store.parent.with_name("real")
    two_days.store.parent.rename(real)
    two_days.config.unlink()
    done = two_days.command("init")
    assert done.returncode == 1
    assert two_days.config.exists()
    assert f"{real / 'store.duckdb'}: it is gone" in done.stderr
