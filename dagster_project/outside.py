"""What stands outside of every total, in words: chains that nobody watches, and layers that nobody is asked for.

Which these are is said by sql/derived/unwatched_cell.sql and the plans, what is written of them by outside_words.py.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from dagster_project.outside_words import WALLET_ONLY, Row, not_covered, not_watched, usd

SEEN = "from unwatched_cell as seen join account using (account_id) where seen.as_of = $moment"
LACKING = "from uncovered join account using (account_id) where uncovered_id = $lacking"
LEFT_OUT = "from cell_status join account using (account_id) where accepted_reason is not null and as_of = $moment"
PLAN = "select uncovered_id from snapshot where as_of = $moment and uncovered_id is not null"
ASKED = "select bool_or(cell.layer <> 'wallet') as has_more from cell where cell.as_of = $moment"
REMOVED = "from removed_accounts()"


class Asking(Protocol):
    """A history that takes SQL."""

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - rows, by warehouse
        """Give the rows."""


def at(asking: Asking, moment: object, account_ids: Collection[str] | None = None) -> list[Row]:
    """Give the cells of an instant that stand outside of the total, of these accounts or of all."""
    named = {"moment": _written(moment)}
    rows = [{**row, "status": "not_watched"} for row in asking.query(SEEN, named).dicts()]
    rows += [{**row, "status": "left_out"} for row in asking.query(LEFT_OUT, named).dicts()]
    for (lacking,) in asking.query(PLAN, named).rows:
        found = asking.query(LACKING, {"lacking": lacking}).dicts()
        rows += [{**row, "status": "not_covered"} for row in found]
    return [row for row in rows if account_ids is None or row["account_id"] in account_ids]


def sentences(asking: Asking, moment: object) -> list[str]:
    """Say what stands outside of the total of an instant; nothing where nothing does."""
    rows = at(asking, moment)
    return [*not_watched(rows), *not_covered(rows)]


def removed(asking: Asking) -> list[str]:
    """Name the accounts that the settings no longer list, with what they held when they were last recorded."""
    return [
        f"{row['label']} is no longer in the settings: last recorded {_day(row['last_as_of'])}"
        f"{_then(row['value_usd'])}; its history stays, later totals are without it"
        for row in asking.query(REMOVED).dicts()
    ]


def title(asking: Asking, moment: object) -> str:
    """Give what a title has to say of the values of an instant: that they are of wallets alone, or nothing."""
    (row,) = asking.query(ASKED, {"moment": _written(moment)}).dicts()
    return WALLET_ONLY if row["has_more"] is False else ""


def _written(moment: object) -> str:
    return moment.replace(tzinfo=None).isoformat() if isinstance(moment, datetime) else str(moment)


def _then(value: Decimal | None) -> str:
    return "" if value is None else f", {usd(value)} then"


def _day(instant: object) -> str:
    return f"{instant:%Y-%m-%d}" if isinstance(instant, datetime) else str(instant)
