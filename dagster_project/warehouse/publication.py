"""Decide whether a store is published: by revisions, never by file times, and never over a file that knows more.

How the copy is put in place is publish.py; what a revision is, revision.py.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.errors import KnowsMoreError, PortfolioError
from dagster_project.model import format_as_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.compare import attached_published
from dagster_project.warehouse.connect import SMALL_BYTES, reading, writing
from dagster_project.warehouse.damaged import PUBLISH, unreadable
from dagster_project.warehouse.other_clients import log_of
from dagster_project.warehouse.revision import Revision, revision_of

log = logging.getLogger(__name__)

_COMPARED_BYTES = 2**20

_State = tuple[tuple[int, ...] | None, ...]

_SEEN: dict[tuple[Path, Path], _State] = {}
"""The files that this process has published or found published: while they are those, no revision has to be read."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a store is to be published, and where the file that it replaces is kept, if that is worth keeping."""

    is_due: bool
    aside: Path | None = None

    def __bool__(self) -> bool:
        """Tell whether it is to be published."""
        return self.is_due


@dataclass(frozen=True, slots=True)
class Further:
    """What a published file knows and the store does not, in counts; `last_as_of` is the last such instant, UTC."""

    instants: int
    last_as_of: datetime | None
    attempts: int
    closings: int
    imports: int

    def __bool__(self) -> bool:
        """Tell whether it knows anything further."""
        return bool(self.instants or self.attempts or self.closings or self.imports)

    def words(self) -> str:
        """Name what it is."""
        until = "" if self.last_as_of is None else f" until {format_as_of(self.last_as_of)} UTC"
        counted = (
            (self.instants, "instants", until), (self.attempts, "attempts", ""), (self.closings, "closings", ""),
            (self.imports, "imports of flows", ""),
        )  # fmt: skip
        return ", ".join(f"{count} {what}{more}" for count, what, more in counted if count)


def further_in(connection: duckdb.DuckDBPyConnection, published: Path) -> Further:
    """Count what a published file knows and the open store does not.

    Raises:
        duckdb.Error: the file cannot be read, or is none of this program.
    """
    with attached_published(connection, published, "theirs"):
        tables = "select table_name from duckdb_tables() where database_name = 'theirs' and table_name = 'closing'"
        has_closings = bool(connection.execute(tables).fetchall())
        statement = sqlfiles.statement("further").format(closing="theirs.closing" if has_closings else "closing")
        ((instants, last, attempts, closings, imports),) = connection.execute(statement).fetchall()
    return Further(instants, last and last.replace(tzinfo=UTC), attempts, closings, imports)


def further_than(store: Path, published: Path) -> Further:
    """Count what a published file knows and a closed store does not; only under the store's lock, or of a copy.

    Raises:
        BadStoreError: the file cannot be read, or is none of this program.
    """
    with writing(store) as connection:
        try:
            return further_in(connection, published)
        except duckdb.Error as error:
            raise unreadable(published, error, PUBLISH) from error


def is_copy(store: Path, published: Path) -> bool:
    """Tell whether a published file is seen to be a copy of the closed store, byte by byte.

    The heads of two different stores can be equal, as they count checkpoints. `filecmp` remembers results by file
    times, which prove nothing here. Large files are not compared and are not called copies: opening one to read its
    revision costs less (60 ms, measured).
    """
    try:
        size = store.stat().st_size
        if log_of(store).exists() or size >= SMALL_BYTES or size != published.stat().st_size:
            return False
        with store.open("rb") as ours, published.open("rb") as theirs:
            return all(
                ours.read(_COMPARED_BYTES) == theirs.read(_COMPARED_BYTES) for _ in range(0, size, _COMPARED_BYTES)
            )
    except OSError:
        return False


def is_published(own: Revision | None, published: Path) -> bool:
    """Tell whether the published file holds this revision."""
    return published.exists() and _is_of(_read(published), own)


def decide(
    connection: duckdb.DuckDBPyConnection, store: Path, published: Path, *, of_before: Revision | None, replaces: bool
) -> Decision:
    """Decide whether the open store is to be published; `replaces` publishes in any case, and keeps what knows more.

    `of_before` is the revision of the store when it was opened, where `is_copy` held then: the published file holds
    it too, and need not be read. A file that cannot be read, or is none of this program, is kept beside: nobody can
    tell what it knows.

    Raises:
        KnowsMoreError: the published file knows what the store does not, or belongs to another one.
    """
    if not published.exists():
        return Decision(is_due=True)
    own = revision_of(connection)
    if of_before is not None:
        return Decision(is_due=replaces or not _is_of(of_before, own))
    theirs = _read(published)
    if _is_last_published(theirs, own):
        return Decision(is_due=True)
    aside = published.with_name(f"{published.stem}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z{published.suffix}")
    if theirs is None:
        log.warning("%s: cannot be read as a history, so it is kept as %s and published anew", published, aside.name)
        return Decision(is_due=True, aside=aside)
    more = _more(connection, own, published)
    if more and not replaces:
        raise KnowsMoreError(_refusal(store, published, more))
    return Decision(is_due=True, aside=aside if more else None)


def _refusal(store: Path, published: Path, more: str) -> str:
    return (
        f"{published}: {more}, so it is not replaced. To make the store of it, run `portfolio restore`, which keeps "
        f"{store.name} beside and takes in what raw answers tell; to publish the store as it is, run "
        "`portfolio publish --replace`, which keeps the file beside"
    )


def _more(connection: duckdb.DuckDBPyConnection, own: Revision | None, published: Path) -> str:
    """Say what the published file has that the store has not; empty where it has nothing."""
    with reading(published) as opened:
        ((portfolio_id, mode, schema_version),) = opened.execute(
            "select portfolio_id, mode, schema_version from store"
        ).fetchall()
    assert own is not None  # noqa: S101 - said to the type checker: the store was brought to this schema
    if schema_version > own.schema_version:
        return f"it was published by a newer program (schema {schema_version}, this one knows {own.schema_version})"
    if (portfolio_id, mode) != (own.portfolio_id, own.mode):
        return "it is the history of another store"
    more = further_in(connection, published)
    return f"it knows what the store does not ({more.words()})" if more else ""


def _read(published: Path) -> Revision | bool | None:
    """Give the revision of a published file, True where its schema has none, None where nobody can tell."""
    try:
        with reading(published) as opened:
            return revision_of(opened) or bool(opened.execute("from store").fetchall()) or None
    except (PortfolioError, duckdb.Error):
        return None


def _is_of(theirs: Revision | bool | None, own: Revision | None) -> bool:  # noqa: FBT001 - private
    """Tell whether a file holds this revision."""
    if own is None or not isinstance(theirs, Revision):
        return False
    return (theirs.portfolio_id, theirs.count, theirs.id) == (own.portfolio_id, own.count, own.id)


def _is_last_published(theirs: Revision | bool | None, own: Revision | None) -> bool:  # noqa: FBT001 - private
    """Tell whether a file of another revision is the one that this store has published last."""
    if own is None or not isinstance(theirs, Revision) or _is_of(theirs, own):
        return False
    return (theirs.portfolio_id, theirs.id) == (own.portfolio_id, own.published_id)


def is_as_seen(store: Path, published: Path) -> bool:
    """Tell whether both closed files are those that this process has seen to be one."""
    return _SEEN.get((store, published)) == _state(store, published)


def note_seen(store: Path, published: Path) -> None:
    """Note that the closed store and the published file are one."""
    _SEEN[store, published] = _state(store, published)


def _state(store: Path, published: Path) -> _State:
    return tuple(_identity(path) for path in (store, log_of(store), published))


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
