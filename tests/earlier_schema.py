"""Undo what later schemas added to a store of today, so that a test has one of an earlier schema."""

from collections.abc import Iterator

AFTER_THE_FOURTH = ("accepted", "listed", "listedreceipt", "pricing", "uncovered", "unwatched", "unwatched_superseded")
"""Tables of later schemas."""

_PARTS = ("income_usd", "fee_usd", "entry_usd", "ambiguous_usd")
_SHARES = ("shares_raw", "rate_raw")
_COLUMNS = {
    "snapshot": ("uncovered_id",),
    "change": (*_PARTS, "is_moved", "own_rate", "net_rate"),
    "movement": _PARTS,
    "flow": ("is_date_only",),
    "balance": _SHARES,
    "balance_superseded": _SHARES,
}


def undone(*further: str) -> Iterator[str]:
    """Give statements that drop the tables and columns behind the fourth schema, and these tables."""
    for table in (*further, *AFTER_THE_FOURTH):
        yield f"drop table {table}"
    for table, columns in _COLUMNS.items():
        yield from (f"alter table {table} drop column {name}" for name in columns)
