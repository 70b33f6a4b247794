"""The file that a server keeps open: the newest version for who comes, the own one for who is there."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import duckdb
import pytest

from dagster_project.errors import BadStoreError, TryAgainError, UsageError
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.reader import Reader
from tests.portfolio import Portfolio

_COUNT = "select count(*) from value_chart()"
ENDLESS = "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7"


def test_who_is_answered_keeps_the_version_that_was_begun(portfolio: Portfolio) -> None:
    """A question under way during a publish sees its own file to the end, and the next one sees the new file."""
    portfolio.have(0)
    reader = Reader(portfolio.published)
    begun = reader.take()
    with begun.asking() as asking:
        portfolio.take(1)
        with reader.newest() as after, after.asking() as other:
            assert after.version_id != begun.version_id
            assert other.query(_COUNT).rows == [(2,)]
        assert asking.query(_COUNT).rows == [(1,)]
    reader.give_back(begun)
    with pytest.raises(Exception, match="closed"):
        begun.connection.execute("select 1")
    reader.close()


def test_a_file_that_is_taken_away_is_still_answered_from(portfolio: Portfolio) -> None:
    """Where the published file is gone from the disk, the last version goes on answering."""
    portfolio.have(0)
    reader = Reader(portfolio.published)
    with reader.newest() as first:
        portfolio.published.unlink()
    with reader.newest() as second:
        assert second is first
    reader.close()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A file that is not there, that is damaged, or that another program made is named with the remedy."""
    with pytest.raises(UsageError, match="nothing is published yet"):
        Reader(tmp_path / "none.duckdb").take()
    (tmp_path / "bad.duckdb").write_bytes(b"no database at all" * 1000)
    with pytest.raises(BadStoreError, match="publish --replace"):
        Reader(tmp_path / "bad.duckdb").take()


def test_a_question_that_takes_too_long_is_given_up(history: Portfolio) -> None:
    """Nobody can keep the server busy with one question: it is interrupted, and the next one is answered."""
    reader = Reader(history.published)
    with reader.newest() as opened:
        with opened.asking(patience=0.05) as asking, pytest.raises(TryAgainError, match="took longer"):
            asking.query(ENDLESS)
        with opened.asking() as asking:
            assert asking.query("select 1").rows == [(1,)]
    reader.close()


class Stalled:
    """A connection on a machine that stands still for a moment just before a statement begins."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Stand before `connection`."""
        self._connection = connection

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Give what the connection has."""
        if name == "execute":
            time.sleep(0.3)
        return cast("Callable[..., object]", getattr(self._connection, name))


def test_a_question_that_begins_when_its_time_is_up_is_given_up(history: Portfolio) -> None:
    """An interrupt that comes right before a question runs, which DuckDB forgets, does not let it run for ever."""
    with reading(history.published) as connection:
        asking = Asking(cast("duckdb.DuckDBPyConnection", Stalled(connection)))
        with asking.within(0.1), pytest.raises(TryAgainError, match=r"took longer than 0\.1 s"):
            asking.query(ENDLESS)
        assert asking.query("select 1").rows == [(1,)]


def test_many_questions_of_one_request_have_one_patience(history: Portfolio) -> None:
    """A request that asks for many accounts is given up as a whole, also where each question of it is quick."""
    reader = Reader(history.published)

    def ask_twice(asking: Asking) -> None:
        asking.query("select 1")  # on a machine that stands still it is this one already that comes too late
        time.sleep(0.3)
        asking.query("select 1")

    too_long = pytest.raises(TryAgainError, match=r"took longer than 0\.2 s")
    with reader.newest() as opened, opened.asking(patience=0.2) as asking, too_long:
        ask_twice(asking)
    reader.close()


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('{outside}')",
        "from '{outside}'",
        "from read_csv('{outside}')",
        "from glob('{folder}/*')",
        "copy (select 1) to '{folder}/written.csv'",
        "copy (select 1) to '{folder}/written.parquet'",
        "export database '{folder}/exported'",
        "attach '{folder}/other.duckdb' as other",
        "create table published.more as select 1",
        "delete from published.store",
        "set enable_external_access = true",
        "set temp_directory = '{folder}'",
        "install httpfs",
        "load httpfs",
        "from read_text('http://127.0.0.1:1/')",
    ],
)
def test_nothing_but_the_published_file_can_be_reached(history: Portfolio, tmp_path: Path, statement: str) -> None:
    """What a server asks through can read or write no file but the published one, and change nothing in that."""
    outside = tmp_path / "outside.csv"
    outside.write_text("secret\n")
    before = history.published.read_bytes()
    reader = Reader(history.published)
    with reader.newest() as opened, opened.asking() as asking, pytest.raises(UsageError):
        asking.query(statement.format(outside=outside, folder=tmp_path))
    reader.close()
    assert os.listdir(tmp_path) == ["outside.csv"]  # noqa: PTH208 - names are what is compared
    assert history.published.read_bytes() == before
