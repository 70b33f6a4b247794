"""Promises of what follows from the history: the same facts give the same rows, on one core as on many."""

from pathlib import Path

import duckdb

from dagster_project.warehouse.derive import derive
from tests.portfolio import Portfolio

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


def test_the_same_facts_give_the_same_digits(portfolio: Portfolio) -> None:
    """A history that is rebuilt or imported has the same indexes to the last bit, however many cores make them."""
    portfolio.accounts = ("treasury", "trading")
    portfolio.take(*range(DAYS))
    stretch(portfolio.store)
    made = [derived_on(portfolio.store, threads) for threads in (1, 2, 4)]
    assert len(made[0]) > TWINS * DAYS * TIMES
    assert len({row[-1] for row in made[0]}) > DAYS * TIMES
    assert made[0] == made[1] == made[2]
