"""The ledger: every change of every holding as immutable entries in base units, and the holdings that follow.

What happens is told by the story, what it is worth by the prices.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_ID

Kind = Literal["deposit", "withdrawal", "swap", "yield", "fee"]
Layer = Literal["wallet", "position", "debt", "reward"]


class Entry(NamedTuple):
    """One change of one holding.

    `at` is unix seconds, `account` a label, `asset` a CAIP-19 type, `raw_delta` a signed count of base units,
    `ref` the event whose legs belong together (a swap has two and a fee, a move one on either side and a fee).
    """

    at: int
    account: str
    asset: str
    raw_delta: int
    kind: Kind
    ref: str
    note: str
    layer: Layer = "wallet"


class _Series:
    """One holding over time: the instants at which it changed and what it was from each of them on."""

    __slots__ = ("instants", "raws")

    def __init__(self) -> None:
        self.instants: list[int] = []
        self.raws: list[int] = []

    def add(self, at: int, raw_delta: int) -> None:
        self.instants.append(at)
        self.raws.append(raw_delta + (self.raws[-1] if self.raws else 0))

    def at(self, at: int) -> int:
        index = bisect_right(self.instants, at)
        return self.raws[index - 1] if index else 0


class Ledger:
    """Entries in the order of time, and the holdings that follow from them.

    Raises:
        ValueError: The entries are not in the order of time.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._series: dict[tuple[str, str], dict[str, _Series]] = {}
        previous = 0
        for entry in self.entries:
            if entry.at < previous:
                raise ValueError(f"{entry} lies before the entry above it")
            previous = entry.at
            held = self._series.setdefault((entry.account, entry.layer), {})
            held.setdefault(entry.asset, _Series()).add(entry.at, entry.raw_delta)

    def holding(self, account: str, asset_id: str, at: int, layer: Layer = "wallet") -> int:
        """Base units of one asset held by an account (a label) after all entries at or before the instant."""
        series = self._series.get((account, layer), {}).get(asset_id)
        return series.at(at) if series else 0

    def holdings(self, account: str, at: int, layer: Layer = "wallet") -> dict[str, int]:
        """Base units by CAIP-19 type, as `holding` counts them; what is not held is left out."""
        held = self._series.get((account, layer), {})
        return {asset_id: raw for asset_id, series in held.items() if (raw := series.at(at))}

    def combined(self, accounts: Iterable[str], at: int, layer: Layer = "wallet") -> dict[str, int]:
        """The holdings of several different accounts (labels) added up."""
        total: Counter[str] = Counter()
        for account in accounts:
            total.update(self.holdings(account, at, layer))
        return dict(total)

    def json_lines(self) -> Iterator[str]:
        """The entries as JSON objects without line ends, with address, symbol and decimals beside them.

        `raw_delta` is text, because many a JSON reader makes a double of a long number.
        """
        for entry in self.entries:
            asset = ASSET_BY_ID[entry.asset]
            line = entry._asdict() | {
                "raw_delta": str(entry.raw_delta),
                "address": ACCOUNT_BY_LABEL[entry.account].address,
                "symbol": asset.symbol,
                "decimals": asset.decimals,
            }
            yield json.dumps(line)
