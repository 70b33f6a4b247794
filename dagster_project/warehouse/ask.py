"""Ask the published file: an answer by name with its parameters, or any SQL that reads; nothing else can be reached.

How the rows are shown is faces/; this module imports neither pandas nor pyarrow.
"""

import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.errors import TryAgainError, UsageError
from dagster_project.model import utc
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import reading
from dagster_project.warehouse.damaged import concerns_file, holds_history
from dagster_project.warehouse.sqlfiles import SqlFile

if TYPE_CHECKING:
    import pyarrow as pa

_BEYOND_ARROW = re.compile(r"\b(BIGNUM|UHUGEINT)\b")
"""Types that Arrow has no number for: DuckDB gives one as bytes of its own and the other, from 2**127 on, negative."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What came out: column names, DuckDB type names, rows of plain Python values (instants are UTC without a zone)."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[object, ...]]

    def dicts(self) -> list[dict[str, object]]:
        """Give each row by column name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def answer(published: Path, name: str, **parameters: object) -> Rows:
    """Ask one of the answers under sql/answers.

    Raises:
        UsageError: there is no such answer or parameter, or a parameter's value does not fit.
    """
    return query(published, call_of(name, parameters), parameters)


def contracts() -> tuple[SqlFile, ...]:
    """Give every answer with its question, parameters and columns, by name."""
    return tuple(sorted(sqlfiles.answers(), key=lambda file: file.name))


def call_of(name: str, parameters: Collection[str]) -> str:
    """Give the SQL that calls an answer with these parameters, each bound by its name.

    Raises:
        UsageError: there is no such answer or parameter.
    """
    known = {file.name: file for file in sqlfiles.answers()}
    if name not in known:
        raise UsageError(f"there is no answer {name!r}; there are: {', '.join(known)}")
    strangers = set(parameters) - known[name].parameters.keys()
    if strangers:
        takes = ", ".join(known[name].parameters)
        raise UsageError(f"{name} has no parameter {', '.join(sorted(strangers))}; it takes: {takes}")
    return f"from {name}({', '.join(f'{parameter} := ${parameter}' for parameter in parameters)})"


def query(published: Path, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
    """Run one statement that reads; instants among the parameters are taken in UTC, whatever zone they are in.

    Raises:
        UsageError: with DuckDB's words, where it does not understand or allow the statement.
    """
    with reading(published) as connection:
        return Asking(connection).query(sql, parameters)


def arrow(published: Path, sql: str, parameters: Mapping[str, object] | None = None) -> "pa.Table":
    """Run one statement that reads and give an Arrow table; decimals and raw amounts keep every digit.

    Whole numbers beyond 128 bits, which Arrow has no type for, are decimal digits in text.

    Raises:
        UsageError: with DuckDB's words, where it does not understand or allow the statement.
    """
    with reading(published) as connection:
        return Asking(connection).arrow(sql, parameters)


_AGAIN_SECONDS = 0.05
"""After so long a question that goes on is interrupted again."""


class Asking:
    """Asks through one open connection, by one thread at a time; what opens and closes it is the caller's matter."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Ask through `connection` for as long as it takes; see `within`."""
        self._connection = connection
        self._patience: float | None = None
        self._ends_at = 0.0

    @contextmanager
    def within(self, patience: float) -> Iterator[None]:
        """Give up what is asked here once so many seconds have gone by, all questions together."""
        over = threading.Event()
        watch = threading.Thread(target=self._interrupt, args=(patience, over), daemon=True)
        self._patience, self._ends_at = patience, time.monotonic() + patience
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()  # so that no late interrupt meets what is asked through this connection afterwards
            self._patience = None

    def _interrupt(self, patience: float, over: threading.Event) -> None:
        """Interrupt until it is over: DuckDB forgets an interrupt that comes while nothing runs."""
        while not over.wait(patience):
            self._connection.interrupt()
            patience = _AGAIN_SECONDS

    def answer(self, name: str, columns: Sequence[str] = (), /, **parameters: object) -> Rows:
        """Ask one of the answers, of all its columns or of these; as the function of this name does."""
        call = call_of(name, parameters)
        return self.query(f"select {', '.join(columns)} {call}" if columns else call, parameters)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """Run one statement that reads; as the function of this name does."""
        with self._asked():
            cursor = self._connection.execute(sql, _bound(parameters))
            columns = cursor.description or []
            names = tuple(str(column[0]) for column in columns)
            return Rows(names, tuple(str(column[1]) for column in columns), cursor.fetchall())

    def arrow(self, sql: str, parameters: Mapping[str, object] | None = None) -> "pa.Table":
        """Run one statement that reads and give an Arrow table; as the function of this name does."""
        with self._asked():
            relation = self._connection.sql(sql, params=_bound(parameters))
            if relation is None:
                raise UsageError("the question asks nothing; write an answer's name or a statement that reads")
            names, types = relation.columns, [str(one) for one in relation.types]
            if any(_BEYOND_ARROW.search(one) for one in types):
                exact = [_BEYOND_ARROW.sub("VARCHAR", one) for one in types]
                casts = (f"cast(#{place} as {one})" for place, one in enumerate(exact, start=1))
                relation = relation.project(", ".join(casts))
            return relation.to_arrow_table().rename_columns(names)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            if self._patience is not None and time.monotonic() > self._ends_at:
                raise TryAgainError(self._too_long)  # interrupted between two questions, which DuckDB does not remember
            yield
        except duckdb.InterruptException as error:
            raise TryAgainError(self._too_long) from error
        except duckdb.OutOfMemoryException as error:
            raise TryAgainError("the question needs more memory than there is for it; ask for less of it") from error
        except duckdb.Error as error:
            if concerns_file(error) or not holds_history(self._connection):
                raise  # not the question's fault: whoever opened the file names it
            raise UsageError(f"the question cannot be answered: {_said(error)}") from error

    @property
    def _too_long(self) -> str:
        return f"the question took longer than {self._patience:g} s; ask for less of it"


def _bound(parameters: Mapping[str, object] | None) -> dict[str, object] | None:
    """Give the parameters as the tables keep instants: DuckDB would turn one with a zone into the machine's own."""
    if not parameters:
        return None
    return {
        name: utc(value) if isinstance(value, datetime) and value.tzinfo is not None else value
        for name, value in parameters.items()
    }


def _said(error: duckdb.Error) -> str:
    """Give DuckDB's words, those of our own answers without its heading; a question's text cannot move the cursor."""
    words = str(error).removeprefix("Invalid Input Error: ")
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in words
    )
