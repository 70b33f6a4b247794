"""A published history as pandas DataFrames, for notebooks: read-only, and nothing is lost on the way.

The only module that imports pandas, and no other imports this one. What can be asked is sql/answers.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from dagster_project.errors import BadStoreError
from dagster_project.settings.paths import locate
from dagster_project.warehouse import ask

_UTC = "UTC"


class History:
    """The history in one published file; each question opens the file anew, sees the newest data and stops nobody.

    In every DataFrame a column is what it is in the file: booked values are exact (`decimal128(38, 6)[pyarrow]`, US
    dollars), raw and exact amounts are text, whole numbers and booleans stay so beside a NULL, lists are lists. NULL
    is `pd.NA`. Instants are `datetime64[us, UTC]`, with `pd.NaT` for NULL. Nothing is a float that is none in the file.

    pandas leaves NULL out of a sum: `sum(skipna=False)` is NULL where a part is missing. Arrow refuses to add two
    columns of booked values; add them in SQL, or as `.astype(object)`. For a ratio or a picture say
    `.astype("double[pyarrow]")`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """Read the published file at `path`, else the one that the settings name.

        Raises:
            SettingsError: no path is given, and the settings name none.
            UsageError: nothing is published there yet.
            BadStoreError: the file is not one that this program published.
        """
        self.path = locate()[1].published if path is None else Path(path)
        known = ask.query(self.path, "select count(*) from duckdb_tables() where table_name = 'store'").rows
        if known != [(1,)]:
            raise BadStoreError(f"{self.path}: no history of this program; name the portfolio.duckdb that it published")
        self.mode = str(ask.query(self.path, "select mode from store").rows[0][0])

    def __repr__(self) -> str:
        return f"<History {self.path}{' (SIMULATED)' if self.is_simulated else ''}>"

    @property
    def is_simulated(self) -> bool:
        """Tell whether the history is a made-up one."""
        return self.mode == "simulated"

    def answer(self, name: str, /, **parameters: object) -> pd.DataFrame:
        """Ask one of the answers by name: `history.answer("value_chart", every="week")`.

        Parameters are text, numbers or instants; an instant without a zone is UTC. What there is to ask: `answers()`.

        Raises:
            UsageError: there is no such answer or parameter, or a parameter's value does not fit.
        """
        return self.query(ask.call_of(name, parameters), parameters)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Run one SQL statement that reads; `$name` in it stands for a parameter.

        Raises:
            UsageError: with DuckDB's words, where it does not understand or allow the statement.
        """
        return _frame(ask.arrow(self.path, sql, parameters))

    def answers(self) -> pd.DataFrame:
        """List what can be asked: one row an answer, with its question, its parameters, its columns and their units."""
        contracts = [
            {
                "answer": one.name,
                "question": one.sentence,
                "parameters": [f"{name}: {words}" for name, words in one.parameters.items()],
                "columns": [f"{name} {kind}: {words}" for name, (kind, words) in one.columns.items()],
            }
            for one in ask.contracts()
        ]
        return _frame(pa.Table.from_pylist(contracts))


def _frame(table: pa.Table) -> pd.DataFrame:
    """Give the rows with Arrow's own types under pandas; instants alone are pandas' own, which it can index by."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            kind = pa.timestamp(field.type.unit, _UTC)
            table = table.set_column(place, field.name, table.column(place).cast(kind))
    frame: pd.DataFrame = table.to_pandas(types_mapper=_kind)
    return frame


def _kind(kind: pa.DataType) -> pd.ArrowDtype | None:
    return None if pa.types.is_timestamp(kind) else pd.ArrowDtype(kind)
