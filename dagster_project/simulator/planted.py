"""What is planted in the simulated world on purpose, with its dates, all in one place.

Only data: the story, the prices and the dialects' frame act upon it; faults that a test orders are not here.
"""

from dataclasses import dataclass

from dagster_project.simulator.book.window import DAY, utc


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time: `since` is inside, `until` is not (unix seconds)."""

    since: int
    until: int

    def __contains__(self, at: int) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Outage:
    """While lived time is inside the spell, the dialect answers 503 to questions about these accounts."""

    dialect: str
    spell: Spell
    labels: frozenset[str]


OUTAGES = (Outage("credmark", Spell(utc(2026, 3, 14), utc(2026, 3, 14) + DAY), frozenset({"trading", "grants"})),)

FUNDED_DAY = {
    "treasury": utc(2025, 6, 10),
    "operations": utc(2025, 6, 17),
    "trading": utc(2025, 7, 1),
    "cold": utc(2025, 8, 20),
    "grants": utc(2026, 2, 2),  # a wallet that appears in the middle of the history
}
"""The UTC day on which each account first holds anything."""

EMPTY_ACCOUNT = "cold"
EMPTY_SPELL = Spell(utc(2026, 7, 6), utc(2026, 7, 20))
"""On the day it begins the account sends everything away, on the day it ends it is refilled."""

PRICED_SINCE = {"YOUNG": utc(2026, 6, 15)}
"""Assets (by key) that are held before anybody prices them."""

UNPRICED_SPELLS = {"THIN": Spell(utc(2026, 5, 20), utc(2026, 5, 25))}
"""Assets (by key) whose price is missing for some days."""
