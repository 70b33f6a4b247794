"""Promises of the published file: whole or not at all, open to everybody, and cut off from everything else."""

import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import BadStoreError, DiskError, UsageError
from dagster_project.warehouse.ask import answer, query
from dagster_project.warehouse.publish import publish
from tests.archive.read_only_folder import an_ordinary_user
from tests.portfolio import Portfolio


def test_a_plain_client_opens_it(portfolio: Portfolio) -> None:
    """Any DuckDB client opens the file read-only and asks the answers, without the project or its settings."""
    portfolio.have(0, 1)
    with duckdb.connect(portfolio.published, read_only=True) as client:
        for name in ("value_chart", "current_value", "coverage", "balances_at"):
            assert client.execute(f"select count(*) from {name}()").fetchall()[0][0] > 0
        ((comment,),) = client.execute(
            "select comment from duckdb_functions() where function_name = 'value_chart'"
        ).fetchall()
    assert "US dollars" in comment


def test_attached_answers_need_use(portfolio: Portfolio) -> None:
    """Attached beside another database, the answers work once the file is the one in use."""
    portfolio.have(0)
    with duckdb.connect() as client:
        client.execute(f"attach '{portfolio.published}' as history (read_only)")
        client.execute("use history")
        assert client.execute("select count(*) from value_chart()").fetchall() == [(1,)]


def test_an_unclosed_store_is_not_published(tmp_path: Path) -> None:
    """A store whose write-ahead log is still there is refused, and what was published stays."""
    store, published = tmp_path / "store.duckdb", tmp_path / "portfolio.duckdb"
    store.write_bytes(b"store")
    published.write_bytes(b"before")
    store.with_name("store.duckdb.wal").write_bytes(b"")
    with pytest.raises(BadStoreError, match="write-ahead log"):
        publish(store, published)
    assert published.read_bytes() == b"before"


def test_a_failed_publication_leaves_the_one_before(tmp_path: Path) -> None:
    """When the copy cannot be made, the published file and its folder are as they were."""
    published = tmp_path / "portfolio.duckdb"
    published.write_bytes(b"before")
    with pytest.raises(DiskError, match="cannot be published"):
        publish(tmp_path / "absent.duckdb", published)
    assert [file.name for file in tmp_path.iterdir()] == ["portfolio.duckdb"]


def test_an_open_reader_keeps_its_version(portfolio: Portfolio) -> None:
    """A reader that is open while a new version is published goes on reading the one that it opened."""
    portfolio.have(0)
    with duckdb.connect(portfolio.published, read_only=True) as reader:
        portfolio.take(1)
        assert reader.execute("select count(*) from snapshot").fetchall() == [(1,)]
    assert portfolio.query("select count(*) from snapshot").rows == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "delete from cell",
        "create table t (a int)",
        "drop table cell",
        "export database '{folder}/export'",
        "select getenv('HOME')",
    ],
)
def test_a_question_reaches_nothing_else(portfolio: Portfolio, statement: str) -> None:
    """SQL from a reader cannot read or write another file, load an extension, change a setting or the history."""
    portfolio.have(0)
    before = portfolio.published.read_bytes()
    with pytest.raises(UsageError):
        query(portfolio.published, statement.format(folder=portfolio.folder))
    assert portfolio.published.read_bytes() == before
    assert sorted(file.name for file in portfolio.folder.iterdir()) == ["data", "portfolio.toml"]


@pytest.mark.parametrize(
    "value", ["'; drop table cell; --", "cold' or '1'='1", "${1}", "\x00", "\u202eevil", "x" * 10_000]
)
def test_parameters_are_never_sql(portfolio: Portfolio, value: str) -> None:
    """Whatever stands in a parameter is compared as text, never read as SQL, and said again in short and harmless."""
    portfolio.have(0)
    with pytest.raises(UsageError, match=r"no account is called .*; near it: ") as caught:
        answer(portfolio.published, "coverage", account=value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def test_unknown_answers_and_parameters_are_named(portfolio: Portfolio) -> None:
    """A question that does not exist is answered with those that do."""
    portfolio.have(0)
    with pytest.raises(UsageError, match=r"there are: .*balances_at, .*coverage, .*, value_chart"):
        answer(portfolio.published, "value_chrat")
    with pytest.raises(UsageError, match="it takes: since, until, every, account, account_group, chain, timerange"):
        answer(portfolio.published, "value_chart", upto="x")
    with pytest.raises(UsageError, match="cannot be answered"):
        answer(portfolio.published, "value_chart", since="yesterday")


def test_nothing_published_is_said(tmp_path: Path) -> None:
    """Before the first snapshot a reader is told to take one."""
    with pytest.raises(UsageError, match="nothing is published yet; take a snapshot first"):
        query(tmp_path / "portfolio.duckdb", "select 1")


def test_a_folder_that_may_only_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder cannot be written the message says so with the remedy, and what was published stays."""
    monkeypatch.chdir(tmp_path)
    store, published = Path("store.duckdb"), Path("portfolio.duckdb")
    store.write_bytes(b"store")
    published.write_bytes(b"before")
    for path, mode in ((store, 0o644), (published, 0o644), (Path(), 0o555)):
        path.chmod(mode)
    try:
        with an_ordinary_user(), pytest.raises(DiskError, match="make its folder writable, then run again"):
            publish(store, published)
    finally:
        tmp_path.chmod(0o755)
    assert published.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["portfolio.duckdb", "store.duckdb"]


def test_a_log_of_somebody_else_in_a_folder_that_may_only_be_read(
    portfolio: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may only read the folder reads past a log that another client left there; it stays where it is."""
    portfolio.have(0)
    folder = tmp_path / "shared"
    folder.mkdir()
    shutil.copyfile(portfolio.published, folder / "portfolio.duckdb")
    (folder / "portfolio.duckdb.wal").write_bytes(b"a log of somebody else")
    monkeypatch.chdir(folder)
    (folder / "portfolio.duckdb").chmod(0o644)
    folder.chmod(0o555)
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")  # noqa: S108 - the one folder that an ordinary user gets to
    with an_ordinary_user():
        assert query(Path("portfolio.duckdb"), "select count(*) from snapshot").rows == [(1,)]
    assert (folder / "portfolio.duckdb.wal").read_bytes() == b"a log of somebody else"
