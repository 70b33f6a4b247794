"""Revisions: which version of which history a file holds. Every transaction that changes the history advances it.

The row lies in the table `store`, so that a published file carries that of the store it is a copy of. What is published
is decided by it and never by file times; see publication.py.
"""

import secrets
from dataclasses import dataclass

import duckdb

COLUMNS = frozenset({"revision_count", "revision_id", "published_id"})
"""What of the table `store` is another in each store, however equal their histories."""

_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of a history: how many changes it has, and the id of the last, which no other copy gives itself."""

    portfolio_id: str
    mode: str
    schema_version: int
    count: int
    id: str
    published_id: str


def advance(connection: duckdb.DuckDBPyConnection) -> None:
    """Note that the history changes, inside the caller's transaction."""
    revision_id = secrets.token_hex(_ID_BYTES)
    connection.execute("update store set revision_count = revision_count + 1, revision_id = ?", [revision_id])


def note_published(connection: duckdb.DuckDBPyConnection) -> None:
    """Note that the version of now is about to be published."""
    connection.execute("update store set published_id = revision_id")


def revision_of(connection: duckdb.DuckDBPyConnection) -> Revision | None:
    """Give the version that a store or a published file holds; None where it is of a schema without one, or no store.

    Raises:
        duckdb.Error: the file cannot be read.
    """
    try:
        rows = connection.execute(
            "select portfolio_id, mode, schema_version, revision_count, revision_id, published_id from store"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return Revision(*rows[0]) if len(rows) == 1 else None
