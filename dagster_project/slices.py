"""The rows that one attempt adds to the store, as Arrow tables of tables.py."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self, cast

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.model import Attempt, Cell, Layer
from dagster_project.tables import HISTORY


@dataclass(frozen=True, slots=True)
class Slice:
    """What an attempt adds to the store: the rows of its pulls, which replace those of the same pulls."""

    attempt: Attempt
    pull: pa.Table
    cell: pa.Table
    balance: pa.Table
    unwatched: pa.Table
    position: pa.Table
    allowance: pa.Table
    figure: pa.Table
    rate: pa.Table
    asset: pa.Table

    @property
    def pull_keys(self) -> list[str]:
        """The pulls that the slice speaks of."""
        return cast("list[str]", self.pull["pull_key"].to_pylist())

    def only(self, pull_keys: Collection[str]) -> Self:
        """Give the slice with the rows of these pulls alone."""
        kept = pa.array(list(pull_keys), pa.string())
        whole = {table.name: getattr(self, table.name) for table in HISTORY}
        return replace(self, **{name: rows.filter(pc.is_in(rows["pull_key"], kept)) for name, rows in whole.items()})

    def without_cells(self, cells: Collection[tuple[str, Cell]]) -> Self:
        """Give the slice without the rows of these cells of pulls, each named by pull key and cell; pulls stay.

        What a pull lists beside the cells of an account, on chains that nobody watches, goes with them.
        """
        if not cells:
            return self
        whole = {table: getattr(self, table) for table in ("cell", "balance", "position")}
        kept = {name: rows.filter(_is_other(rows, cells)) for name, rows in whole.items()}
        accounts = {(pull_key, cell.account_id) for pull_key, cell in cells}
        listed = zip(self.unwatched["pull_key"].to_pylist(), self.unwatched["account_id"].to_pylist(), strict=True)
        watched_alone = pa.array([one not in accounts for one in listed], pa.bool_())
        return replace(self, **kept, unwatched=self.unwatched.filter(watched_alone))


def _is_other(rows: pa.Table, cells: Collection[tuple[str, Cell]]) -> pa.Array:
    """Tell of each row whether it belongs to none of the cells; a row without a layer belongs to a position."""
    layers = rows["layer"].to_pylist() if "layer" in rows.column_names else [Layer.POSITION] * rows.num_rows
    keys = zip(*(rows[name].to_pylist() for name in ("pull_key", "account_id", "chain_id")), layers, strict=True)
    others = [(key, Cell(account, chain, Layer(layer))) not in cells for key, account, chain, layer in keys]
    return pa.array(others, pa.bool_())


def table_of(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """Make an Arrow table of rows whose values stand in the schema's order."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
