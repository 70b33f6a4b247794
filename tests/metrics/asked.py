"""What the SQL answers say, in the reference's words, and the reference's own words for the same question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dagster_project.warehouse.ask import answer
from tests.metrics.histories import GROUPS_OF
from tests.metrics.recorded import utc
from tests.metrics.reference import Cell
from tests.metrics.reference_change import Change, Holds

PARTS = {
    "opening": "opening_usd",
    "price": "price_effect_usd",
    "accrual": "accrual_usd",
    "income": "income_usd",
    "fee": "fee_usd",
    "flow": "flow_usd",
    "scope": "scope_usd",
    "revaluation": "revaluation_usd",
    "ambiguous": "ambiguous_usd",
    "closing": "closing_usd",
    "exits_at_opening": "exits_at_opening",
}


@dataclass(frozen=True)
class Asked:
    """What is asked for: an account by its id, an account group, a chain, and a time; None is everything."""

    account: str | None = None
    chain: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    account_group: str | None = None

    @property
    def parameters(self) -> dict[str, object]:
        """The same as parameters of an answer."""
        named = {
            "account": self.account,
            "account_group": self.account_group,
            "chain": self.chain,
            "since": self.since,
            "until": self.until,
        }
        return {
            name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
            for name, value in named.items()
            if value is not None
        }

    @property
    def holds(self) -> Holds:
        """The same for the reference."""

        def holds(cell: Cell) -> bool:
            is_in_group = self.account_group is None or self.account_group in GROUPS_OF[cell.account]
            return is_in_group and self.account in (None, cell.account) and self.chain in (None, cell.chain)

        return holds


def rows(published: Path, name: str, asked: Asked, **further: object) -> list[dict[str, Any]]:
    """Ask an answer; instants come back with their zone."""
    found = answer(published, name, **asked.parameters, **further).dicts()
    return [{key: utc(value) if isinstance(value, datetime) else value for key, value in row.items()} for row in found]


def changes(published: Path, asked: Asked, per: str = "total") -> dict[str, Change]:
    """Ask `value_change`, by id; empty where there is no opening. What has no known price counts as nothing here."""
    found = rows(published, "value_change", asked, per=per)
    known: dict[str, dict[str, Any]] = {
        str(row["id"]): {name: row[column] or 0 for name, column in PARTS.items()}
        for row in found
        if row["since_effective"] is not None
    }
    return {name: Change(**numbers) for name, numbers in known.items()}


def unpriced(published: Path, asked: Asked, per: str) -> dict[str, tuple[bool, bool]]:
    """Ask of which groups `value_change` knows no opening or no closing value, of those that it opens at all."""
    return {
        str(row["id"]): (row["opening_usd"] is None, row["closing_usd"] is None)
        for row in rows(published, "value_change", asked, per=per)
        if row["since_effective"] is not None and None in (row["opening_usd"], row["closing_usd"])
    }


def not_nothing(found: Mapping[str, Change]) -> dict[str, Change]:
    """Leave out what is nothing throughout: whether it is a row is not said."""
    return {name: one for name, one in found.items() if one != Change()}


def close(one: Decimal | None, other: Decimal | None) -> bool:
    """Tell whether two amounts differ by no more than the rounding of a few rows."""
    return one == other or (one is not None and other is not None and abs(one - other) <= Decimal("0.000005"))
