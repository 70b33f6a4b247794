"""Promises beside other clients: whoever opens the published file to write, and however they end, ours go on."""

import logging
from pathlib import Path

import duckdb
import pytest

from dagster_project.faces.frames import History
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.other_clients import log_of
from tests.portfolio import Portfolio
from tests.serve.running_server import served
from tests.warehouse.other_client import client_of

pytestmark = pytest.mark.slow

COUNT = "select count(*) from snapshot"
OWN = "create table notes as select 1 as one"
LIE = "update balance set value_usd = 1"


def logs(portfolio: Portfolio) -> list[str]:
    """What stands beside the published file under the name of its log, and what was set aside of it."""
    return sorted(path.name for path in portfolio.published.parent.glob("portfolio.duckdb.wal*"))


@pytest.mark.parametrize("statement", [OWN, LIE], ids=["a table of its own", "numbers of the history"])
def test_a_client_that_dies_leaves_nothing_that_is_read(
    portfolio: Portfolio, statement: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What a killed client wrote is set aside with a word, is in no answer, and the next publication goes well."""
    portfolio.have(0)
    said = portfolio.answer("balances_at")
    with client_of(portfolio.published) as client:
        client.run(statement)
        client.kill()
    assert logs(portfolio) == ["portfolio.duckdb.wal"]
    with caplog.at_level(logging.WARNING):
        assert portfolio.answer("balances_at") == said
    (kept,) = logs(portfolio)
    assert kept.startswith("portfolio.duckdb.wal.2")
    assert kept in caplog.text
    portfolio.take(1)
    assert portfolio.query(COUNT).rows == [(2,)]
    assert logs(portfolio) == [kept]


@pytest.mark.parametrize("reader", ["ask", "attached", "frames", "status", "plain client"])
def test_a_log_of_the_file_before_hinders_nobody(portfolio: Portfolio, reader: str) -> None:
    """A log that a client left of the file before is not the new file's: each reader reads the new file."""
    portfolio.have(0)
    with client_of(portfolio.published) as client:
        client.run(OWN)
        client.kill()
    log = log_of(portfolio.published).read_bytes()
    portfolio.take(1)
    if reader == "plain client":  # publishing has set the log aside
        with duckdb.connect(portfolio.published, read_only=True) as plain:
            assert plain.execute(COUNT).fetchall() == [(2,)]
        return
    log_of(portfolio.published).write_bytes(log)
    if reader == "ask":
        assert portfolio.query(COUNT).rows == [(2,)]
    elif reader == "frames":
        assert len(History(portfolio.published).query("from snapshot")) == 2
    elif reader == "status":
        assert portfolio.process("status", check=True).stdout.count("instants   2 ") == 1
    else:
        assert portfolio.command("verify").returncode == 0
    assert "portfolio.duckdb.wal" not in logs(portfolio)


def test_a_client_that_holds_the_file_hinders_no_publication(portfolio: Portfolio) -> None:
    """While a client has the file open to write, three publications replace it, and readers read what is published."""
    portfolio.have(0)
    with client_of(portfolio.published) as client:
        client.run(OWN)
        assert portfolio.query(COUNT).rows == [(1,)]  # a copy: the client holds the very file
        for number in (1, 2, 3):
            portfolio.take(number)
            assert portfolio.query(COUNT).rows == [(number + 1,)]
        client.run(LIE)
        client.run("checkpoint")
        client.run("insert into notes values (2)")  # its log counts as many checkpoints as the new file may
        assert portfolio.query(COUNT).rows == [(4,)]
        assert portfolio.query("select count(*) from balance where value_usd = 1").rows == [(0,)]
        portfolio.take(4)
        client.kill()
    assert portfolio.query(COUNT).rows == [(5,)]
    assert portfolio.query("select 1 from duckdb_tables() where table_name = 'notes'").rows == []
    assert portfolio.command("verify").returncode == 0


@pytest.mark.parametrize("checkpoints", [1, 2, 3, 4])
def test_a_log_is_never_taken_for_the_new_files(portfolio: Portfolio, checkpoints: int) -> None:
    """A client that checkpoints the old file as often as the new one was may write what it likes: nobody reads it."""
    portfolio.have(0)
    with client_of(portfolio.published) as client:
        client.run("begin")
        client.run("commit")
        portfolio.take(1)
        said = portfolio.answer("value_chart")
        for _ in range(checkpoints):
            client.run(LIE)
            client.run("checkpoint")
        client.run("update snapshot set planned_pulls = 7")
        assert log_of(portfolio.published).exists()
        assert portfolio.answer("value_chart") == said
        assert portfolio.query("select count(*) from snapshot where planned_pulls = 7").rows == [(0,)]
        assert portfolio.query("select count(*) from balance where value_usd = 1").rows == [(0,)]
        client.run("close")
    assert portfolio.answer("value_chart") == said


def test_a_file_that_is_held_is_read_as_a_copy(
    portfolio: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a client holds the file, verbs answer what was published, say so, and leave no copy behind."""
    portfolio.have(0, 1)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with client_of(portfolio.published) as client:
        client.run(OWN)
        for verb in (("status",), ("check",), ("ask", COUNT), ("export", str(tmp_path / "out")), ("page",)):
            done = portfolio.process(*verb)
            assert done.returncode == 0, done.stderr
            assert done.stderr.count("another program has it open to write") == 1, done.stderr
        client.run("insert into notes values (2)")
        client.run("close")
    assert list(temporary.iterdir()) == []
    assert portfolio.query(COUNT).rows == [(2,)]


def test_a_server_answers_throughout(portfolio: Portfolio) -> None:
    """While clients open, hold, write, checkpoint and die, and versions are published, a server answers each time."""
    portfolio.have(0)
    with served(portfolio) as server:

        def counted() -> int:
            answer = server.get("/answers/value_chart")
            assert answer.status_code == 200, answer.text
            return len(answer.json()["rows"] if isinstance(answer.json(), dict) else answer.json())

        assert counted() == 1
        portfolio.take(1)
        with client_of(portfolio.published) as holding:  # before the server has opened this version
            holding.run(OWN)
            assert counted() == 2
            portfolio.take(2)
            holding.run("insert into notes values (2)")
            assert counted() == 3
            portfolio.take(3)
            holding.kill()
            assert counted() == 4
        portfolio.take(4)
        with client_of(portfolio.published) as dying:
            dying.run(OWN)
            dying.kill()
        assert counted() == 5
        portfolio.take(5)
        assert counted() == 6


def test_a_log_that_cannot_be_renamed_is_read_past(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder may only be read, a log of somebody else stays where it is, and a copy without it is read."""
    portfolio.have(0)
    with client_of(portfolio.published) as client:
        client.run(LIE)
        client.kill()

    def refused(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    assert query(portfolio.published, "select count(*) from balance where value_usd = 1").rows == [(0,)]
    assert logs(portfolio) == ["portfolio.duckdb.wal"]
