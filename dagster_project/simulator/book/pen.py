"""The hand that writes what happens beside Ethereum's wallets: on other chains, and in protocol positions.

It refuses what cannot happen on a chain; when and how much is decided by the routines that hold it.
"""

from collections import Counter

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.ledger import Entry, Kind, Layer
from dagster_project.simulator.book.positions import POSITION_BY_ID, Position

_GAS_PARTS = 40_000
"""An act costs the 40,000th part of the chain's coin, where the account has any."""

_NATIVE = {"8453": "ETH@8453", "42161": "ETH@42161", "10": "ETH@10", "56": "BNB@56", "solana": "SOL@solana"}


class Pen:
    """Entries so far, in the order of time, and what everybody holds after the last of them.

    Accounts are labels, assets the book's keys, positions their ids, amounts positive base units. Every method
    raises ValueError when an amount is not positive, when a holding would fall below zero, and when time would
    run backwards.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._held: Counter[tuple[str, str, Layer, str]] = Counter()
        self._events = 0

    def held(self, account: str, key: str) -> int:
        """Base units in the wallet now."""
        return self._held[account, key, "wallet", ""]

    def inside(self, position: str, key: str, layer: Layer) -> int:
        """Base units in a layer of a position now."""
        return self._held[POSITION_BY_ID[position].account, key, layer, position]

    def receive(self, at: int, account: str, key: str, raw: int, note: str) -> None:
        """A deposit from outside the book; its sender paid the gas."""
        self._wallet(at, account, key, _positive(raw), "deposit", self._event("receipt"), note)

    def pay(self, at: int, account: str, key: str, raw: int, note: str) -> None:
        """A payment to somebody outside the book, and its gas."""
        ref = self._event("payment")
        self._wallet(at, account, key, -_positive(raw), "withdrawal", ref, note)
        self._gas(at, account, key, ref)

    def enter(self, at: int, position: str, key: str, raw: int, note: str) -> None:
        """Money goes from the wallet into a position, and the receipt, where there is one, into the wallet."""
        self._exchange(at, POSITION_BY_ID[position], key, _positive(raw), note)

    def leave(self, at: int, position: str, key: str, raw: int, note: str) -> None:
        """Money comes back from a position into the wallet, and the receipt is burned."""
        self._exchange(at, POSITION_BY_ID[position], key, -_positive(raw), note)

    def borrow(self, at: int, position: str, key: str, raw: int, note: str) -> None:
        """A debt grows by what the wallet gets."""
        self._lend(at, POSITION_BY_ID[position], key, _positive(raw), note)

    def repay(self, at: int, position: str, key: str, raw: int, note: str) -> None:
        """A debt shrinks by what the wallet gives."""
        self._lend(at, POSITION_BY_ID[position], key, -_positive(raw), note)

    def accrue(self, at: int, position: str, key: str, raw: int, note: str) -> None:
        """A position or a debt grows where it lies, and its receipt with it."""
        place, ref = POSITION_BY_ID[position], self._event("accrual")
        self._inside(at, place, (key, _positive(raw), place.layer), "yield", ref, note)
        if place.receipt:
            self._wallet(at, place.account, place.receipt, raw, "yield", ref, note)

    def reward(self, at: int, position: str, key: str, raw: int, note: str) -> None:
        """An unclaimed reward grows."""
        place = POSITION_BY_ID[position]
        self._inside(at, place, (key, _positive(raw), "reward"), "yield", self._event("accrual"), note)

    def claim(self, at: int, position: str, key: str, note: str) -> None:
        """All of an unclaimed reward goes into the wallet."""
        place, ref = POSITION_BY_ID[position], self._event("claim")
        raw = _positive(self.inside(position, key, "reward"))
        self._inside(at, place, (key, -raw, "reward"), "withdrawal", ref, note)
        self._wallet(at, place.account, key, raw, "deposit", ref, note)
        self._gas(at, place.account, key, ref)

    def rebalance(self, at: int, position: str, deltas: dict[str, int], note: str) -> None:
        """A pool exchanges one leg of a position into the other; it costs the account nothing."""
        ref = self._event("rebalance")
        for key, raw_delta in deltas.items():
            if raw_delta:
                self._inside(at, POSITION_BY_ID[position], (key, raw_delta, "position"), "swap", ref, note)

    def _exchange(self, at: int, place: Position, key: str, raw: int, note: str) -> None:
        ref = self._event("enter" if raw > 0 else "leave")
        there: Kind = "deposit" if raw > 0 else "withdrawal"
        here: Kind = "withdrawal" if raw > 0 else "deposit"
        self._wallet(at, place.account, key, -raw, here, ref, note)
        self._inside(at, place, (key, raw, "position"), there, ref, note)
        if place.receipt:
            self._wallet(at, place.account, place.receipt, raw, there, ref, note)
        self._gas(at, place.account, key, ref)

    def _lend(self, at: int, place: Position, key: str, raw: int, note: str) -> None:
        ref = self._event("borrow" if raw > 0 else "repay")
        kind: Kind = "deposit" if raw > 0 else "withdrawal"
        self._inside(at, place, (key, raw, "debt"), kind, ref, note)
        self._wallet(at, place.account, key, raw, kind, ref, note)
        self._gas(at, place.account, key, ref)

    def _gas(self, at: int, account: str, key: str, ref: str) -> None:
        native = _NATIVE[key.partition("@")[2]]
        raw = ASSET_BY_KEY[native].unit // _GAS_PARTS
        if self.held(account, native) >= raw:
            self._wallet(at, account, native, -raw, "fee", ref, "gas")

    def _event(self, word: str) -> str:
        self._events += 1
        return f"{word}-elsewhere-{self._events:06d}"

    def _wallet(self, at: int, account: str, key: str, raw_delta: int, kind: Kind, ref: str, note: str) -> None:  # noqa: PLR0913, PLR0917 - an entry's own members
        self._post(Entry(at, account, ASSET_BY_KEY[key].id, raw_delta, kind, ref, note), key)

    def _inside(self, at: int, place: Position, leg: tuple[str, int, Layer], kind: Kind, ref: str, note: str) -> None:
        key, raw_delta, layer = leg
        entry = Entry(at, place.account, ASSET_BY_KEY[key].id, raw_delta, kind, ref, note, layer, place.id)
        self._post(entry, key)

    def _post(self, entry: Entry, key: str) -> None:
        place = (entry.account, key, entry.layer, entry.position)
        if self._held[place] + entry.raw_delta < 0:
            raise ValueError(f"{place} would hold {self._held[place] + entry.raw_delta} base units after {entry}")
        if self.entries and entry.at < self.entries[-1].at:
            raise ValueError(f"{entry} lies before the entry above it")
        self._held[place] += entry.raw_delta
        self.entries.append(entry)


def _positive(raw: int) -> int:
    if raw <= 0:
        raise ValueError(f"an amount is positive, not {raw}")
    return raw
