"""The change of a scope between two instants, added up from the parts that reference.py reckons.

Plain Python again; profit's returns and the index stand in reference_index.py.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from tests.metrics.reference import ZERO, Cell, History, Key, Part, Row, parts

Holds = Callable[[Cell], bool]
"""Whether a cell belongs to what is asked for."""


def everything(_: Cell) -> bool:
    """Ask for the whole portfolio."""
    return True


def complete(history: History, holds: Holds = everything) -> dict[datetime, bool]:
    """Give the instants of a scope, and whether its value is known then.

    Every cell in scope has a record, no price withholds a value, and of what is held something has a price.
    """
    found = {}
    for at in history.instants:
        asked = [at_of[at] for cell, at_of in history.record.items() if _counts(cell, holds) and at in at_of]
        if asked:
            rows = [row for _, _, row in held(history, at, holds)]
            is_priced = not rows or any(row.value is not None for row in rows)
            found[at] = None not in asked and is_priced and not any(row.is_withheld for row in rows)
    return found


def _counts(cell: Cell, holds: Holds) -> bool:
    return cell.layer != "reward" and holds(cell)


def held(history: History, at: datetime, holds: Holds = everything) -> Iterator[tuple[Cell, Key, Row]]:
    """Give the rows of record that count at an instant."""
    for cell in history.record:
        if _counts(cell, holds):
            for key, row in history.of_record(cell, at).items():
                yield cell, key, row


def held_beside(history: History, until: datetime | None = None, holds: Holds = everything) -> Decimal:
    """Give the unclaimed rewards at the closing, which are no part of the value."""
    *_, closing = ends(history, holds, None, until)
    rewards = [cell for cell in history.record if cell.layer == "reward" and holds(cell)]
    return sum((row.worth for cell in rewards for row in history.of_record(cell, closing).values()), ZERO)


@dataclass
class Change:
    """The change of a scope, or of a group of its rows, between two instants; all in US dollars."""

    opening: Decimal = ZERO
    price: Decimal = ZERO
    accrual: Decimal = ZERO
    income: Decimal = ZERO
    fee: Decimal = ZERO
    flow: Decimal = ZERO
    scope: Decimal = ZERO
    revaluation: Decimal = ZERO
    ambiguous: Decimal = ZERO
    closing: Decimal = ZERO
    exits_at_opening: int = 0

    @property
    def profit(self) -> Decimal:
        """What was earned: price, income and fees."""
        return self.price + self.income + self.fee

    @property
    def change(self) -> Decimal:
        """What the parts add up to."""
        return self.price + self.income + self.fee + self.flow + self.scope + self.revaluation

    def add(self, part: Part) -> None:
        """Add what one row did."""
        for one in fields(self):
            if one.name in Part._fields:
                setattr(self, one.name, getattr(self, one.name) + getattr(part, one.name))
        self.exits_at_opening += part.exit == "opening"


Group = Callable[[Cell, Key], str]
"""Names the group of a row."""


def ends(history: History, holds: Holds, since: datetime | None, until: datetime | None) -> list[datetime]:
    """Give the complete instants from the opening to the closing; none where there is no opening."""
    return [
        at
        for at, is_complete in complete(history, holds).items()
        if is_complete and (since is None or at >= since) and (until is None or at <= until)
    ]


def change(
    history: History,
    holds: Holds = everything,
    group: Group = lambda *_: "all",
    since: datetime | None = None,
    until: datetime | None = None,
    bounds: Sequence[datetime] | None = None,
) -> dict[str, Change]:
    """Reckon the change of a scope, group by group; empty where there is no opening value.

    `bounds` are the complete instants of a wider scope, for a part of it.
    """
    span = ends(history, holds, since, until) if bounds is None else bounds
    found: dict[str, Change] = defaultdict(Change)
    if not span:
        return {}
    for cell, key, row in held(history, span[0], holds):
        found[group(cell, key)].opening += row.worth
    for cell, key, row in held(history, span[-1], holds):
        found[group(cell, key)].closing += row.worth
    for part in parts(history):
        if holds(part.cell) and span[0] < part.at <= span[-1]:
            found[group(part.cell, (part.position, part.asset))].add(part)
    return dict(found)


def unpriced(history: History, holds: Holds, group: Group, at: datetime) -> set[str]:
    """Name the groups of which something is held at an instant and nothing of it has a known price."""
    values: dict[str, list[Decimal | None]] = defaultdict(list)
    for cell, key, row in held(history, at, holds):
        if row.amount or row.value is not None:
            values[group(cell, key)].append(row.value)
    return {name for name, known in values.items() if set(known) == {None}}


def flows(of: Sequence[Part]) -> dict[datetime, Decimal]:
    """Net the flows of each step over what is asked for."""
    return _by_step(of, lambda part: part.flow)


def entries(of: Sequence[Part]) -> dict[datetime, Decimal]:
    """Net what entered or left with its cells in each step over what is asked for."""
    return _by_step(of, lambda part: part.entry)


def _by_step(of: Sequence[Part], amount: Callable[[Part], Decimal]) -> dict[datetime, Decimal]:
    found: dict[datetime, Decimal] = defaultdict(Decimal)
    for part in of:
        found[part.at] += amount(part)
    return dict(found)


GROUPS: Mapping[str, Callable[[History], Group]] = {
    "total": lambda _: lambda *_: "all",
    "account": lambda _: lambda cell, _: cell.account,
    "chain": lambda _: lambda cell, _: cell.chain,
    "layer": lambda _: lambda cell, _: cell.layer,
    "asset": lambda _: lambda _, key: key[1],
    "asset_group": lambda history: lambda _, key: history.asset_groups.get(key[1], key[1]),
}
"""How `value_change` may be grouped."""
