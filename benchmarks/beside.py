"""What an analyst would pick instead: the same questions of the same rows in pandas and in SQLite.

Both get the rows that count, as numbers, loaded before the clock starts, and work with what each does best: pandas
with categories in memory, SQLite with an index by account and instant. They know of no gaps, no scope and no coverage,
and their money is floating point: they answer less.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd

ROWS = """
select as_of, account.label, asset_id, amount, price_usd, value_usd::double as value_usd
from balance join account using (account_id) where is_counted order by label, as_of, asset_id
"""
METRICS = """
with step as (
    select asset_id, as_of, amount, price_usd, value_usd,
        lag(amount) over of_asset as amount_before, lag(price_usd) over of_asset as price_before
    from balance where label = ?
    window of_asset as (partition by asset_id order by as_of)
)
select asset_id, sum(amount_before * (price_usd - price_before)), sum((amount - amount_before) * price_usd)
from step group by asset_id
"""
Asked = Callable[[], object]


def in_pandas(published: Path, label: str) -> dict[str, Asked]:
    """Load a history into a DataFrame, and give the questions."""
    with duckdb.connect(published, read_only=True) as connection:
        rows = connection.execute(ROWS).df()
    rows["label"], rows["asset_id"] = rows["label"].astype("category"), rows["asset_id"].astype("category")

    def metrics() -> pd.DataFrame:
        mine = rows[rows["label"] == label].sort_values(["asset_id", "as_of"])
        before = mine.groupby("asset_id", observed=True)[["amount", "price_usd"]].shift()
        price = before["amount"] * (mine["price_usd"] - before["price_usd"])
        flow = (mine["amount"] - before["amount"]) * mine["price_usd"]
        by_asset = pd.DataFrame({"asset_id": mine["asset_id"], "price": price, "flow": flow})
        return by_asset.groupby("asset_id", observed=True).sum()

    def chart() -> "pd.Series[float]":
        return rows.groupby("as_of")["value_usd"].sum()

    def own_chart() -> "pd.Series[float]":
        return rows[rows["label"] == label].groupby("as_of")["value_usd"].sum()

    return {
        "the whole history's chart": chart,
        "one account's chart": own_chart,
        "tokens metrics of one account": metrics,
    }


def in_sqlite(published: Path, label: str, file: Path) -> dict[str, Asked]:
    """Load a history into a SQLite file with an index, and give the questions."""
    file.unlink(missing_ok=True)
    lite = sqlite3.connect(file)
    lite.execute("create table balance (as_of, label, asset_id, amount real, price_usd real, value_usd real)")
    with duckdb.connect(published, read_only=True) as connection:
        found = connection.execute(ROWS.replace("as_of,", "as_of::varchar,", 1))
        while batch := found.fetchmany(100_000):
            lite.executemany("insert into balance values (?, ?, ?, ?, ?, ?)", batch)
    lite.execute("create index by_account on balance (label, as_of)")
    lite.commit()

    def asked(query: str, *values: str) -> Asked:
        return lambda: lite.execute(query, values).fetchall()

    chart = "select as_of, sum(value_usd) from balance {} group by as_of"
    return {
        "the whole history's chart": asked(chart.format("")),
        "one account's chart": asked(chart.format("where label = ?"), label),
        "tokens metrics of one account": asked(METRICS, label),
    }
