"""What the settings leave out of the value, in words for every title: whose cell, from when to when, and why.

What may be left out is settings' [[accept_missing]]; at which instants it was is sql/derived/cell_status.sql.
"""

from datetime import datetime

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import Asking


def left_out(asked: Asking) -> list[str]:
    """Give a line for each account and chain that was left out: `without cold / eip155:1 (wallet), 2026-05-01: why`."""
    return [
        f"without {row['label']} / {row['chain_id']} ({', '.join(map(str, layers))}), "
        f"{_span(row['first_as_of'], row['last_as_of'])}: {row['reason']}"
        for row in asked.query(sqlfiles.lookup("left_out")).dicts()
        if isinstance(layers := row["layers"], list)
    ]


def _span(first: object, last: object) -> str:
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return ""
    return _instant(first) if first == last else f"{_instant(first)} to {_instant(last)}"


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d}" if at.time() == datetime.min.time() else f"{at:%Y-%m-%d %H:%M}"
