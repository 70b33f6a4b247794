"""The whole ledger: the story of Ethereum's wallets, and beside it the other chains and all protocol positions.

What a routine does is written in the room of its kind; here is only the order.
"""

import functools
from collections.abc import Callable, Iterator

from dagster_project.simulator.book import lending, outposts, pools, staking
from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.ledger import Entry, Ledger
from dagster_project.simulator.book.pen import Pen
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY, END_AT

_HOUR = 3_600
_SECOND_OF_BLOCK = 11

_ROUTINES: tuple[tuple[int, Callable[[Pen, int, int], None]], ...] = (
    # (hour of the day in UTC, what happens: pen, day, instant), in the order of time
    (5, staking.claim),
    (8, outposts.arrive),
    (10, lending.act),
    (11, staking.stake),
    (12, lending.grow),
    (13, pools.trade),
    (14, staking.reward),
    (18, outposts.pay_monthly),
)

_MIRRORED = ("treasury", "aEthUSDC", "USDC", "treasury/aave-ethereum")


@functools.cache
def whole_ledger() -> Ledger:
    """Every entry of the book, told once per process and the same in every one; `story.ledger` is a part of it."""
    pen = Pen()
    for day in range(BEGIN_AT, END_AT, DAY):
        for hour, routine in _ROUTINES:
            routine(pen, day, day + hour * _HOUR + _SECOND_OF_BLOCK)
    # sorting keeps the order of entries of the same instant
    return Ledger(sorted([*ledger().entries, *_behind_the_receipt(), *pen.entries], key=lambda entry: entry.at))


def _behind_the_receipt() -> Iterator[Entry]:
    """The position that stands behind the receipt token in a wallet of the story: it changes whenever that does."""
    account, receipt, key, position = _MIRRORED
    for entry in ledger().entries:
        if entry.account == account and entry.asset == ASSET_BY_KEY[receipt].id:
            kind = entry.kind if entry.kind == "yield" else "deposit" if entry.raw_delta > 0 else "withdrawal"
            yield entry._replace(asset=ASSET_BY_KEY[key].id, kind=kind, layer="position", position=position)
