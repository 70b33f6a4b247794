"""What is planted in the simulated world on purpose, with its dates, all in one place.

Only data: the story, the prices and the dialects' frame act upon it; faults that a test orders are not here.
"""

from dataclasses import dataclass
from typing import Literal

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


_BLACK_DAY = Spell(utc(2026, 3, 14), utc(2026, 3, 14) + DAY)
OUTAGES = (
    Outage("credmark", _BLACK_DAY, frozenset({"trading", "grants"})),
    Outage("oneinch", _BLACK_DAY, frozenset({"trading"})),
    Outage("onebalance", _BLACK_DAY, frozenset({"trading"})),
)

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

PRICED_SINCE = {"YOUNG": utc(2026, 6, 14) + DAY // 2}
"""Assets (by key) that are held before anybody prices them; from noon on, so that no snapshot lies on the edge."""

UNPRICED_SPELLS = {"THIN": Spell(utc(2026, 5, 20), utc(2026, 5, 25))}
"""Assets (by key) whose price is missing for some days."""

DifferenceKind = Literal["price_off", "missing_token", "receipt_twice", "stale_price", "missing_chain", "flipped_debt"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One provider saying something else than the others about one account on one chain (CAIP-2) for a spell.

    The instant that the answer is **for** decides, not the one that is lived. `asset` is a key of the book, None
    where the difference touches all of the chain. `kind` is one of:

    * `price_off`: the price is `PRICE_OFF` times the true one;
    * `stale_price`: the price is the one of the spell's first instant;
    * `missing_token`: the token is not listed (where a list has zeros, it is one of them);
    * `missing_chain`: a healthy answer has nothing on the chain;
    * `receipt_twice`: the position is listed under its pool's address instead of its receipt's, and its money and
      the receipt's are both counted;
    * `flipped_debt`: in the rows of a snapshot of positions debts come as assets, with sign 1 and a value above zero;
      the provider's other answers, its totals among them, go on taking debts off.
    """

    provider: str
    kind: DifferenceKind
    account: str
    chain: str
    asset: str | None
    spell: Spell


PRICE_OFF = 1.03

DIFFERENCES = (
    Difference("onebalance", "price_off", "treasury", "eip155:1", "LINK", Spell(utc(2026, 4, 6), utc(2026, 4, 20))),
    Difference(
        "oneinch_portfolio", "missing_token", "treasury", "eip155:1", "WBTC", Spell(utc(2026, 6, 1), utc(2026, 6, 8))
    ),
    Difference(
        "oneinch_balance", "missing_token", "operations", "eip155:1", "EURC", Spell(utc(2026, 6, 8), utc(2026, 6, 15))
    ),
    Difference(
        "oneinch_portfolio",
        "receipt_twice",
        "trading",
        "eip155:42161",
        "aArbUSDC@42161",
        Spell(utc(2026, 6, 22), utc(2026, 7, 6)),
    ),
    Difference(
        "oneinch_portfolio",
        "stale_price",
        "trading",
        "eip155:8453",
        "cbBTC@8453",
        Spell(utc(2026, 7, 13), utc(2026, 7, 20)),
    ),
    Difference("onebalance", "missing_chain", "treasury", "eip155:8453", None, Spell(utc(2026, 8, 3), utc(2026, 8, 5))),
    Difference(
        "oneinch_portfolio", "missing_chain", "trading", "eip155:10", None, Spell(utc(2026, 8, 10), utc(2026, 8, 12))
    ),
    Difference(
        "oneinch_portfolio", "flipped_debt", "treasury", "eip155:8453", None, Spell(utc(2026, 9, 1), utc(2026, 9, 8))
    ),
)
"""What the providers are planted to disagree about; Credmark is never among them."""
