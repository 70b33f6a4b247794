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
    `ref` the event whose legs belong together (a swap has two and a fee, a move one on either side and a fee),
    `position` the id of the protocol position that the leg belongs to ("" in the wallet).
    """

    at: int
    account: str
    asset: str
    raw_delta: int
    kind: Kind
    ref: str
    note: str
    layer: Layer = "wallet"
    position: str = ""


class _Series:
    """One holding over time: the instants at which it changed, its entries' places in the ledger, and what it was."""

    __slots__ = ("entries", "instants", "places", "raws")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.places: list[int] = []
        self.instants: list[int] = []
        self.raws: list[int] = []

    def add(self, entry: Entry, place: int) -> None:
        self.entries.append(entry)
        self.places.append(place)
        self.instants.append(entry.at)
        self.raws.append(entry.raw_delta + (self.raws[-1] if self.raws else 0))

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
        self._legs: dict[tuple[str, str], dict[str, _Series]] = {}
        self._instants = [entry.at for entry in self.entries]
        previous = 0
        for place, entry in enumerate(self.entries):
            if entry.at < previous:
                raise ValueError(f"{entry} lies before the entry above it")
            previous = entry.at
            held = self._series.setdefault((entry.account, entry.layer), {})
            held.setdefault(entry.asset, _Series()).add(entry, place)
            if entry.position:
                legs = self._legs.setdefault((entry.position, entry.layer), {})
                legs.setdefault(entry.asset, _Series()).add(entry, place)

    def holding(self, account: str, asset_id: str, at: int, layer: Layer = "wallet") -> int:
        """Base units of one asset held by an account (a label) after all entries at or before the instant."""
        series = self._series.get((account, layer), {}).get(asset_id)
        return series.at(at) if series else 0

    def holdings(self, account: str, at: int, layer: Layer = "wallet", chain: str | None = None) -> dict[str, int]:
        """Base units by CAIP-19 type, as `holding` counts them, of one chain (CAIP-2) or all; zeros are left out."""
        held = self._series.get((account, layer), {})
        prefix = "" if chain is None else f"{chain}/"
        return {
            asset_id: raw for asset_id, series in held.items() if asset_id.startswith(prefix) and (raw := series.at(at))
        }

    def combined(self, accounts: Iterable[str], at: int, layer: Layer = "wallet") -> dict[str, int]:
        """The holdings of several different accounts (labels) added up."""
        total: Counter[str] = Counter()
        for account in accounts:
            total.update(self.holdings(account, at, layer))
        return dict(total)

    def legs(self, position: str, at: int, layer: Layer) -> dict[str, int]:
        """Base units by CAIP-19 type in one layer of one position; what is not there is left out."""
        held = self._legs.get((position, layer), {})
        return {asset_id: raw for asset_id, series in held.items() if (raw := series.at(at))}

    def changes(self, account: str, asset_id: str) -> list[Entry]:
        """What happened to one asset in the wallet of an account (a label), in the order of time."""
        series = self._series.get((account, "wallet"), {}).get(asset_id)
        return series.entries if series else []

    def moved(self, accounts: Iterable[str], since: int, until: int) -> list[str]:
        """What changed in the wallets of accounts (labels) after `since` and by `until`, in the order of first changes.

        CAIP-19 types, each once, also where it moved in several of the wallets.
        """
        first: dict[str, int] = {}
        for account in accounts:
            for asset_id, series in self._series.get((account, "wallet"), {}).items():
                index = bisect_right(series.instants, since)
                if index < len(series.instants) and series.instants[index] <= until:
                    place = series.places[index]
                    first[asset_id] = min(first.get(asset_id, place), place)
        return sorted(first, key=lambda asset_id: first[asset_id])

    def came_in(self, chain: str, since: int, until: int) -> list[Entry]:
        """Tokens of a chain (CAIP-2) that came into wallets after `since` and by `until`, in the order of time."""
        first, last = (bisect_right(self._instants, at) for at in (since, until))
        return [
            entry
            for entry in self.entries[first:last]
            if entry.layer == "wallet" and entry.raw_delta > 0 and entry.asset.startswith(f"{chain}/erc20:")
        ]

    def leg_changes(self, position: str, layer: Layer) -> list[Entry]:
        """What happened in one layer of a position, in the order of time."""
        legs = self._legs.get((position, layer), {}).values()
        return sorted((entry for series in legs for entry in series.entries), key=lambda entry: entry.at)

    def opened_at(self, position: str) -> int:
        """Unix seconds of a position's first entry, in whatever layer.

        Raises:
            ValueError: Nothing ever lay in it.
        """
        return min(
            series.instants[0]
            for (where, _), legs in self._legs.items()
            if where == position
            for series in legs.values()
        )

    def json_lines(self) -> Iterator[str]:
        """The entries as JSON objects without line ends, with address, symbol and decimals beside them.

        `raw_delta` is text, because many a JSON reader makes a double of a long number; `position` is there only
        where there is one.
        """
        for entry in self.entries:
            asset = ASSET_BY_ID[entry.asset]
            line = entry._asdict() | {
                "raw_delta": str(entry.raw_delta),
                "address": ACCOUNT_BY_LABEL[entry.account].address,
                "symbol": asset.symbol,
                "decimals": asset.decimals,
            }
            if not entry.position:
                del line["position"]
            yield json.dumps(line)
