"""What the store knows that a slice may leave open: decimals of assets, and prices stated at an instant."""

from collections.abc import Callable, Sequence
from datetime import datetime

import duckdb

from dagster_project.model import utc
from dagster_project.slices import Slice
from dagster_project.warehouse import sqlfiles


class References:
    """Asked through the writer's connection, and only when needed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
        """Ask nothing yet."""
        self._connection = connection
        self._as_of = as_of

    def decimals(self) -> dict[str, int]:
        """Give decimals by asset, as described last."""
        return dict(self._connection.execute(sqlfiles.statement("decimals")).fetchall())

    def prices(self) -> dict[str, tuple[float, str]]:
        """Give by asset the price in US dollars that the first provider in order of record stated, and its name."""
        rows = self._connection.execute(sqlfiles.statement("prices"), [utc(self._as_of)]).fetchall()
        return {asset_id: (price, provider) for asset_id, price, provider in rows}


Finish = Callable[[Sequence[Slice], References], list[Slice]]
"""Completes the slices of one instant by what the store knows, just before they are written."""
