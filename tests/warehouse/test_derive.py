"""Promises of what follows from the history: the same facts give the same rows, on one core as on many."""

from pathlib import Path

import duckdb
import pytest

from dagster_project.warehouse.derive import derive
from tests.normalise.asking import WALLET
from tests.portfolio import Portfolio, use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.stating import Position, Token, oneinch

__all__ = ["provider"]

DAYS = 10
TIMES = 42
TWINS = 2


def stretch(path: Path) -> None:
    """Repeat the days of a store one after another, give each account twins, and let prices move daily.

    How DuckDB shares it among cores depends on how large it is: this much it does in one way on one, in another on two.
    """
    with duckdb.connect(path) as connection:
        for table in ("tick", "snapshot", "cell", "balance"):
            later = f"(as_of + to_days(({DAYS} * number)::integer)) as as_of"
            _more(connection, table, f"range(1, {TIMES}) as time(number)", later)
        for table in ("cell", "balance", "account"):
            _more(connection, table, f"range({TWINS}) as twin(number)", "account_id || '/' || number as account_id")
        factor = "(1 + (dayofyear(as_of) * 37 % 101 - 50)::double / 1000)"
        for table in ("cell", "balance"):
            connection.execute(f"update {table} set value_usd = value_usd * {factor}")
        connection.execute(f"update balance set price_usd = price_usd * {factor}")


def _more(connection: duckdb.DuckDBPyConnection, table: str, times: str, replaced: str) -> None:
    connection.execute(f"create temp table more as select * from {table}, {times}")
    connection.execute(f"insert into {table} select more.* exclude (number) replace ({replaced}) from more")
    connection.execute("drop table more")


def derived_on(path: Path, threads: int) -> list[tuple[object, ...]]:
    """Make everything that follows from the facts anew, and give the totals."""
    with duckdb.connect(path, config={"threads": threads}) as connection:
        connection.execute("update store set basis_sha256 = ''")
        derive(connection)
        return connection.execute("from total order by scope_id, chain_id, as_of").fetchall()


@pytest.mark.every
def test_the_same_facts_give_the_same_digits(portfolio: Portfolio) -> None:
    """A history that is rebuilt or imported has the same indexes to the last bit, however many cores make them."""
    portfolio.accounts = ("treasury", "trading")
    portfolio.take(*range(DAYS))
    stretch(portfolio.store)
    made = [derived_on(portfolio.store, threads) for threads in (1, 2, 4)]
    assert len(made[0]) > TWINS * DAYS * TIMES
    assert len({row[-1] for row in made[0]}) > DAYS * TIMES
    assert made[0] == made[1] == made[2]


@pytest.mark.slow
def test_a_new_position_makes_no_earlier_change_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    """A new position makes its contract a receipt, and no earlier change has to be made anew."""
    use_folder(monkeypatch, tmp_path)
    token = Token("0x" + "a1" * 20, 100.0)
    provider.answers |= oneinch(
        lambda day: {WALLET.lower(): [token, *([Position("0x" + "71" * 20, (token,))] if day else [])]}
    )
    watched = Watched(tmp_path, {"oneinch_portfolio": ""}, provider)
    basis = []
    for day in (0, 1):
        watched.take(day)
        basis += watched.rows("select basis_sha256, (select count(*) from asset_ruling where is_receipt) from store")
    assert basis[0][0] == basis[1][0]
    assert basis[0][1] < basis[1][1]
