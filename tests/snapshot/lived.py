"""A history in which everything happened that makes the order of storing count, and how two stores are held equal.

What is expected of it stands in the tests.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.warehouse.revision import COLUMNS
from tests.portfolio import FIRST, Portfolio, lasting, use_folder
from tests.simulator.running_simulator import Simulator, address

CHAINS = 'chains = ["eip155:1", "eip155:8453"]'
FLOWS = "at,account,asset,amount,kind,note\n2026-05-01T06:00,{account},eip155:1/slip44:60,{amount},deposit,\n"

Tables = dict[str, list[tuple[Any, ...]]]


def of_two_accounts(portfolio: Portfolio, *providers: str) -> Portfolio:
    """Let the portfolio watch two accounts on two chains, by default through three providers."""
    portfolio.accounts = ("treasury", "tiny")
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\n{CHAINS}'
    portfolio.providers = providers or ("oneinch_portfolio", "credmark", "oneinch_balance")
    return portfolio


@contextmanager
def begun_in(folder: Path, simulator: Simulator) -> Iterator[Portfolio]:
    """Give a portfolio of two accounts in a folder of a session's own, before anything happened, while it is lived."""
    with lasting(folder, simulator) as portfolio:
        yield of_two_accounts(portfolio)


def raw(portfolio: Portfolio) -> Path:
    """The folder of raw answers."""
    return portfolio.store.with_name("raw")


def copy_of(lived: Portfolio, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Portfolio:
    """Give a copy of a portfolio that lived, in a folder of a test's own, for that test to change."""
    use_folder(monkeypatch, folder)
    shutil.copytree(lived.folder / "data", folder / "data")
    own = Portfolio(folder, lived.simulator, account_keys=lived.account_keys, assets=lived.assets)
    of_two_accounts(own).write()
    return own


def lives(portfolio: Portfolio) -> None:
    """Live through days out of order, a failure that heals, answers that change and change back, and other settings."""
    portfolio.take(3)
    portfolio.simulator.order("forbidden", account=address("treasury"))
    portfolio.take(0)
    portfolio.simulator.clear_faults()
    brings(portfolio, 10)
    portfolio.take(4)
    portfolio.simulator.order("empty_positions", dialect="credmark")
    portfolio.take(2, 5)
    portfolio.take(3, again=True)
    portfolio.simulator.clear_faults()
    portfolio.take(3, again=True)
    portfolio.take(0, 1)
    portfolio.simulator.order("forbidden", dialect="oneinch", account=address("tiny"))
    portfolio.take(6, 4, again=True)
    portfolio.simulator.clear_faults()
    portfolio.account_keys = {"treasury": 'groups = ["fund"]'}
    portfolio.assets = '[[assets]]\nid = "eip155:1/slip44:60"\ngroup = "coins"\n'
    brings(portfolio, 11)
    portfolio.take(7)


def brings(portfolio: Portfolio, amount: int) -> None:
    """Import a file of one flow by the command."""
    portfolio.write()
    path = portfolio.folder / "flows.csv"
    path.write_text(FLOWS.format(account="treasury", amount=amount), encoding="utf-8")
    portfolio.command("import", "flows", str(path), check=True)


def contents(path: Path) -> Tables:
    """Every row of every table of a closed database, sorted, but for its revision; the database is copied first."""
    copy = path.with_name(f"{path.name}.looked-at")
    shutil.copyfile(path, copy)
    with duckdb.connect(copy) as connection:
        for column in COLUMNS:
            connection.execute(f"alter table store drop column if exists {column}")
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        rows = {name: connection.execute(f"from {name} order by all").fetchall() for name in names}
    copy.unlink()
    return rows


def unequal(before: Tables, after: Tables) -> dict[str, tuple[Sequence[Any], Sequence[Any]]]:
    """Give the rows of each table that only one of two stores has, as text, because NaN and -0.0 count too."""
    found: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {}
    for name in sorted(before.keys() | after.keys()):
        one, other = ([repr(row) for row in tables.get(name, [])] for tables in (before, after))
        if sorted(one) != sorted(other):
            found[name] = (sorted(set(one) - set(other))[:3], sorted(set(other) - set(one))[:3])
    return found
