"""Promises of deciding what is published: by content, never by file times, and never over a file that knows more."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import KnowsMoreError
from dagster_project.warehouse.other_clients import head_of
from dagster_project.warehouse.store import Store
from tests.portfolio import Portfolio
from tests.snapshot.lived import brings, of_two_accounts
from tests.warehouse.other_client import client_of

COUNT = "select count(*) from snapshot"


def store(portfolio: Portfolio) -> Store:
    """The store of the portfolio, as a process of its own would open it."""
    return Store(portfolio.store, portfolio.published, "simulated")


def kept(portfolio: Portfolio) -> list[Path]:
    """The published files that were kept beside."""
    return sorted(portfolio.published.parent.glob("portfolio.2*.duckdb"))


@contextmanager
def elsewhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Go on with another data folder for a while."""
    with monkeypatch.context() as patched:
        patched.setenv("PORTFOLIO_DATA", str(folder))
        yield


@pytest.mark.every
@pytest.mark.parametrize("seconds", [30 * 86_400, -30 * 86_400, 0], ids=["ahead", "behind", "the same"])
def test_file_times_decide_nothing(portfolio: Portfolio, seconds: int) -> None:
    """A published file with a time of the future, of the past or of the store itself is replaced by what is newer."""
    portfolio.have(0)
    portfolio.take(1)
    older = shutil.copy(portfolio.published, portfolio.folder / "older.duckdb")
    portfolio.take(2)
    shutil.copyfile(older, portfolio.published)
    at = portfolio.store.stat().st_mtime + seconds
    os.utime(portfolio.published, (at, at))
    assert store(portfolio).publish().is_due
    assert portfolio.query(COUNT).rows == [(3,)]
    os.utime(portfolio.published, (at, at))
    assert not store(portfolio).publish().is_due


def test_what_is_published_is_not_published_again(portfolio: Portfolio) -> None:
    """Where the file holds the store already, another process leaves it as it is, whatever the times say."""
    portfolio.have(0)
    was = portfolio.published.stat().st_ino
    os.utime(portfolio.published, (1, 1))
    done = portfolio.command("publish", check=True)
    assert done.stdout.endswith("nothing is to be done\n")
    assert portfolio.published.stat().st_ino == was


@pytest.mark.slow
@pytest.mark.parametrize("change", ["flows", "settings", "closing", "by hand"])
def test_every_change_is_published(portfolio: Portfolio, change: str) -> None:
    """What no snapshot brings is published too: imported flows, other settings, closings, changes by a client."""
    of_two_accounts(portfolio, "credmark").have(0, 1)
    if change == "flows":
        brings(portfolio, 10)
        assert portfolio.query("select count(*) from flow").rows == [(1,)]
    elif change == "settings":
        portfolio.account_keys = {"treasury": 'groups = ["fund"]'}
        portfolio.take(1)
        assert portfolio.query("select groups from account where label = 'treasury'").rows == [(["fund"],)]
    elif change == "closing":
        portfolio.command("close", "2026-05-01..2026-05-02", "--partial", "test", check=True)
        assert portfolio.query("select count(*) from closing").rows == [(1,)]
    else:
        portfolio.change_store("update account set label = 'other' where label = 'tiny'")
        assert store(portfolio).publish().is_due
        assert portfolio.query("select count(*) from account where label = 'other'").rows == [(1,)]


@pytest.mark.slow
@pytest.mark.parametrize("more", ["instants", "attempts", "flows"])
def test_a_file_that_knows_more_is_never_replaced(portfolio: Portfolio, more: str) -> None:
    """A store that came from an older backup publishes nothing over a file with later instants, answers or imports."""
    of_two_accounts(portfolio, "credmark").have(0, 1)
    older = portfolio.store.read_bytes()
    if more == "instants":
        portfolio.take(2, 3)
    elif more == "attempts":
        portfolio.take(1, again=True)
    else:
        brings(portfolio, 10)
    portfolio.store.write_bytes(older)
    was = portfolio.published.read_bytes()
    done = portfolio.command("snapshot", "--at", "2026-05-09")
    assert done.returncode == 1
    words = {"instants": "2 instants until 2026-05-04T00:00 UTC", "attempts": "1 attempts", "flows": "1 imports"}[more]
    assert f"it knows what the store does not ({words}" in done.stderr
    assert "portfolio restore" in done.stderr
    assert portfolio.published.read_bytes() == was
    assert portfolio.command("restore").returncode == 0  # the remedy: it holds what either of them held
    count = {"instants": 5, "attempts": 3, "flows": 3}[more]
    assert portfolio.query(COUNT).rows == [(count,)]
    assert portfolio.command("verify").returncode == 0


@pytest.mark.slow
def test_it_is_replaced_where_that_is_said(portfolio: Portfolio) -> None:
    """`publish --replace` publishes the store over a file that knows more, and keeps that one beside."""
    portfolio.have(0)
    older = portfolio.store.read_bytes()
    portfolio.take(1)
    portfolio.store.write_bytes(older)
    was = portfolio.published.read_bytes()
    assert portfolio.command("publish").returncode == 1
    done = portfolio.command("publish", "--replace", check=True)
    (aside,) = kept(portfolio)
    assert str(aside) in done.stdout
    assert aside.read_bytes() == was
    assert portfolio.query(COUNT).rows == [(1,)]


@pytest.mark.every
def test_an_older_backup_of_the_file_is_replaced(portfolio: Portfolio) -> None:
    """A published file that came from a backup, and knows nothing that the store lacks, is replaced without a word."""
    portfolio.have(0)
    portfolio.take(1)
    older = portfolio.published.read_bytes()
    portfolio.take(2)
    portfolio.published.write_bytes(older)
    portfolio.take(3)
    assert portfolio.query(COUNT).rows == [(4,)]
    assert kept(portfolio) == []


@pytest.mark.slow
@pytest.mark.parametrize("days", [(0,), (0, 1)], ids=["as many instants", "fewer instants"])
def test_a_file_of_another_store_is_never_replaced(
    portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch, days: tuple[int, ...]
) -> None:
    """The history of another store stays where it lies, though it has no more instants than the store here."""
    other = portfolio.folder / "other"
    with elsewhere(monkeypatch, other):
        portfolio.take(0)
    for day in days:
        portfolio.take(day)
    shutil.copyfile(other / "simulated" / "portfolio.duckdb", portfolio.published)
    was = portfolio.published.read_bytes()
    with pytest.raises(KnowsMoreError, match="history of another store"):
        portfolio.take(2)
    assert portfolio.published.read_bytes() == was


@pytest.mark.slow
def test_files_that_only_begin_alike_are_told_apart(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder that was copied and changed alike in both places the files have one head, and neither is replaced."""
    portfolio.have(0)
    other = portfolio.folder / "other"
    shutil.copytree(portfolio.folder / "data", other)
    portfolio.take(0, again=True)
    with elsewhere(monkeypatch, other):
        portfolio.take(0, again=True)
    shutil.copyfile(other / "simulated" / "portfolio.duckdb", portfolio.published)
    assert head_of(portfolio.published) == head_of(portfolio.store)
    was = portfolio.published.read_bytes()
    with pytest.raises(KnowsMoreError, match=r"\(1 attempts\)"):
        portfolio.take(0, again=True)
    assert portfolio.published.read_bytes() == was


@pytest.mark.slow
def test_two_machines_that_went_on_apart_are_told(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder that was copied and went on in both places neither file replaces the other's; restore joins them."""
    portfolio.have(0)
    other = portfolio.folder / "other"
    shutil.copytree(portfolio.folder / "data", other)
    portfolio.take(1)
    with elsewhere(monkeypatch, other):
        portfolio.take(2)
    shutil.copyfile(other / "simulated" / "portfolio.duckdb", portfolio.published)
    was = portfolio.published.read_bytes()
    with pytest.raises(KnowsMoreError, match=r"\(1 instants until 2026-05-03T00:00 UTC, 1 attempts\)"):
        store(portfolio).publish()
    assert portfolio.published.read_bytes() == was
    assert portfolio.command("restore").returncode == 0
    assert portfolio.query(COUNT).rows == [(3,)]


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"no database", b""], ids=["a text", "nothing"])
def test_a_file_that_cannot_be_read_is_kept_beside(portfolio: Portfolio, content: bytes) -> None:
    """A damaged published file keeps nobody from publishing; it is kept, as nobody can tell what it knows."""
    portfolio.have(0)
    portfolio.published.write_bytes(content)
    portfolio.take(1)
    assert portfolio.query(COUNT).rows == [(2,)]
    (aside,) = kept(portfolio)
    assert aside.read_bytes() == content


@pytest.mark.every
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_mode_is_what_the_umask_says(portfolio: Portfolio, umask: int, mode: int) -> None:
    """Each publication gives the file the mode that the user's umask says."""
    before = os.umask(umask)
    try:
        portfolio.take(0)
        portfolio.take(1)
    finally:
        os.umask(before)
    assert stat.S_IMODE(portfolio.published.stat().st_mode) == mode


@pytest.mark.slow
def test_nobody_writes_where_the_settings_say_so(portfolio: Portfolio) -> None:
    """By `[published].read_only` no publication leaves anybody a right to write; taken out, the next gives it back."""
    portfolio.extra = "[published]\nread_only = true\n"
    portfolio.take(0)
    portfolio.take(1)
    assert stat.S_IMODE(portfolio.published.stat().st_mode) & 0o222 == 0
    assert portfolio.query(COUNT).rows == [(2,)]
    portfolio.command("compact", check=True)
    portfolio.command("rebuild", check=True)
    assert stat.S_IMODE(portfolio.published.stat().st_mode) & 0o222 == 0
    portfolio.extra = ""
    portfolio.take(2)
    assert stat.S_IMODE(portfolio.published.stat().st_mode) & 0o200 == 0o200


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["rebuild", "restore", "publish"])
def test_a_file_system_without_hard_links_is_enough(
    portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Where no file can have two names, what is kept beside is a copy, and each verb does what it does elsewhere."""
    portfolio.have(0)
    portfolio.take(1)

    def refused(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refused)
    was = portfolio.store.read_bytes()
    arguments = [verb]
    if verb == "restore":
        portfolio.store.write_bytes(was[:9000])
        was = was[:9000]
    elif verb == "publish":
        was = portfolio.published.read_bytes()
        with duckdb.connect(portfolio.store) as connection:
            connection.execute("delete from attempt where as_of = '2026-05-02'")
        arguments.append("--replace")
    done = portfolio.command(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    (aside,) = [*portfolio.store.parent.glob("store.*2*.duckdb"), *kept(portfolio)]
    assert aside.read_bytes() == was
    assert portfolio.query(COUNT).rows == [(2,)]
    assert [path.name for path in portfolio.store.parent.glob(".*")] == []


@pytest.mark.slow
def test_deciding_costs_little(portfolio: Portfolio) -> None:
    """Once a process has published, it finds nothing to publish without opening either file."""
    portfolio.have(0)
    portfolio.take(1)
    with client_of(portfolio.store), client_of(portfolio.published):  # whoever opens one of them is refused
        assert not store(portfolio).publish().is_due
