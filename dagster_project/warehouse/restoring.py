"""Make a store of a published file, beside the place where it belongs: its facts are taken, the rest is made anew.

A published file is a copy of the store with every row, earlier ones among them. What another program made in it is
left out. What raw answers tell beyond it is added by snapshot/restore.py.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.closings import record
from dagster_project.errors import BadStoreError, DiskError, ForeignStoreError, UsageError
from dagster_project.model import Account
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.closings import closings_in
from dagster_project.warehouse.connect import writing
from dagster_project.warehouse.examine import Before, look_through
from dagster_project.warehouse.facts import FOLLOWING, facts_at, facts_in, quoted
from dagster_project.warehouse.publication import Further, further_in
from dagster_project.warehouse.references import Finish
from dagster_project.warehouse.remake import Remaking, remove
from dagster_project.warehouse.schema import prepare, version_of
from dagster_project.warehouse.whose import refuse_strangers


@dataclass(frozen=True, slots=True)
class Origin:
    """What a published file holds: whose history and which attempts, how many instants until when, what is not ours."""

    before: Before
    instants: int
    last_as_of: datetime | None
    left_out: Sequence[str]


class Restoring(Remaking):
    """A store that holds what a published file held, and takes what a live one takes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, finish: Finish, origin: Origin) -> None:
        """Write through `connection`; `origin` is what was taken over."""
        super().__init__(connection, finish)
        self.origin = origin

    def keep_closings(self, folder: Path) -> int:
        """Write back the files of closed periods that are gone from the folder; gives how many those are."""
        known = closings_in(self._connection)
        lacking = [one for one in known if not (folder / f"{one.closing_id}.json").exists()]
        for one in lacking:
            record.keep(folder, one)
        return len(lacking)

    def lacks(self, published: Path) -> Further:
        """Count what a published file knows and this store does not; nothing where that cannot be told."""
        try:
            return further_in(self._connection, published)
        except duckdb.Error:
            return Further(0, None, 0, 0, 0)


@contextmanager
def restoring(
    path: Path, source: Path, mode: str, accounts: tuple[Account, ...], now: datetime, finish: Finish
) -> Iterator[Restoring]:
    """Make a store at `path` of the published file `source`, in place of what an earlier try left there.

    Raises:
        UsageError: there is no such file.
        BadStoreError: it cannot be read to its end, or is no history of this program.
        ForeignStoreError: it is another mode's, another portfolio's than the settings or a newer program's.
        DiskError: the disk refused.
    """
    remove(path)
    try:
        shutil.copyfile(source, path)
    except FileNotFoundError:
        raise UsageError(f"{source}: there is no such file; name a copy of portfolio.duckdb") from None
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); free space, then run again") from error
    with _in_words(source), writing(path) as connection:
        left_out = _clean(connection, source, mode)
        prepare(connection, mode, now)
        before = look_through(connection, source)
        refuse_strangers(connection, source, accounts)
        ((instants, last),) = connection.execute("select count(*), max(as_of) from snapshot").fetchall()
        yield Restoring(connection, finish, Origin(before, instants, last and last.replace(tzinfo=UTC), left_out))


@contextmanager
def _in_words(source: Path) -> Iterator[None]:
    """Name the published file in what is said of its copy."""
    try:
        yield
    except duckdb.Error as error:
        words = str(error).splitlines()[0]
        raise BadStoreError(f"{source}: not readable to its end ({words}); {_ELSE}") from error
    except ForeignStoreError as error:
        raise ForeignStoreError(f"{source}: {str(error).removeprefix(f'{source}: ')}") from error


_ELSE = "run `portfolio rebuild`, or name a backup of portfolio.duckdb: `portfolio restore FILE`"


def _clean(connection: duckdb.DuckDBPyConnection, source: Path, mode: str) -> list[str]:
    """Remove what this program did not make, which is given by name, and let what follows from facts be made anew."""
    version = version_of(connection, mode)
    if version is None:
        raise BadStoreError(f"{source}: it holds no history; {_ELSE}")
    facts = {fact.name: fact for fact in facts_at(version)}
    found = {fact.name: fact for fact in facts_in(connection)}
    odd = sorted(name for name in facts if found.get(name) != facts[name])
    if odd:
        raise BadStoreError(f"{source}: it is not what schema {version} says ({', '.join(odd)}); {_ELSE}")
    files = (*sqlfiles.views(), *sqlfiles.macros(), *sqlfiles.answers())
    made = {("main", name) for name in (*facts, *FOLLOWING, *(file.name for file in files))}
    made |= {("reporting", file.name) for file in sqlfiles.reporting()}
    left_out = []
    for kind, schema, name in connection.execute(sqlfiles.statement("made_things")).fetchall():
        if (schema, name) not in made:
            connection.execute(f"drop {kind} if exists {quoted(schema)}.{quoted(name)} cascade")
            left_out.append(str(name))
    connection.execute("update store set sql_sha256 = ''")
    return left_out
