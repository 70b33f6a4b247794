"""The hand that writes the ledger: deposits, payments, moves, swaps and yields, with their legs and their gas.

It refuses what cannot happen on a chain; when and how much is decided by the story.
"""

from collections import Counter

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.ledger import Entry, Kind
from dagster_project.simulator.book.prices import price_usd

BLOCK_SECONDS = 12
_TRANSFER_GAS = 65_000
_SWAP_GAS = 180_000
_KEPT_OF_1000 = 997
"""What a swap yields of its worth in thousandths; the rest is the pool's fee."""


class Desk:
    """Entries so far, in the order of time, and what everybody holds after the last of them.

    Accounts are labels, assets the book's keys, amounts positive base units. Every method raises ValueError when
    an amount is not positive, when a holding would fall below zero, and when time would run backwards.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._held: Counter[tuple[str, str]] = Counter()
        self._events = 0
        self._gas = seeded("gas")

    def held(self, account: str, key: str) -> int:
        """Base units held now."""
        return self._held[account, key]

    def held_keys(self, account: str) -> list[str]:
        """The keys of everything held now, in the order of first receipt."""
        return [key for (holder, key), raw in self._held.items() if holder == account and raw]

    def receive(self, at: int, account: str, key: str, raw: int, note: str) -> None:
        """A deposit from outside the book; its sender paid the gas."""
        self._post(at, (account, key, _positive(raw)), "deposit", self._event("receipt"), note)

    def accrue(self, at: int, account: str, key: str, raw: int, note: str) -> None:
        """A balance that grows where it lies."""
        self._post(at, (account, key, _positive(raw)), "yield", self._event("accrual"), note)

    def pay(self, at: int, account: str, key: str, raw: int, note: str) -> None:
        """A payment to somebody outside the book, and its gas."""
        ref = self._event("payment")
        self._post(at, (account, key, -_positive(raw)), "withdrawal", ref, note)
        self._burn_gas(at, account, ref, _TRANSFER_GAS)

    def move(self, at: int, way: tuple[str, str], key: str, raw: int, note: str) -> None:
        """A transfer between two accounts; `way` is giver and taker, and the giver pays the gas."""
        giver, taker = way
        ref = self._event("move")
        self._post(at, (giver, key, -_positive(raw)), "withdrawal", ref, note)
        self._post(at, (taker, key, raw), "deposit", ref, note)
        self._burn_gas(at, giver, ref, _TRANSFER_GAS)

    def move_all_ether(self, at: int, way: tuple[str, str], note: str) -> None:
        """A transfer of all Ether but its own gas, after which the giver holds none."""
        giver, taker = way
        ref = self._event("move")
        self._burn_gas(at, giver, ref, _TRANSFER_GAS)
        raw = _positive(self.held(giver, "ETH"))
        self._post(at, (giver, "ETH", -raw), "withdrawal", ref, note)
        self._post(at, (taker, "ETH", raw), "deposit", ref, note)

    def swap(self, at: int, account: str, sold: tuple[str, int], bought: str, note: str) -> None:
        """An exchange of `sold` (key, base units) into another asset at the instant's prices, and its gas.

        Raises:
            ValueError: As above, or one of the two assets has no price.
        """
        key, raw = sold
        ref = self._event("swap")
        self._post(at, (account, key, -_positive(raw)), "swap", ref, note)
        self._post(at, (account, bought, _positive(bought_raw(at, key, raw, bought))), "swap", ref, note)
        self._burn_gas(at, account, ref, _SWAP_GAS)

    def _burn_gas(self, at: int, account: str, ref: str, units: int) -> None:
        wei_per_unit = self._gas.randrange(800_000_000, 30_000_000_000)
        self._post(at, (account, "ETH", -units * wei_per_unit), "fee", ref, "gas")

    def _event(self, word: str) -> str:
        self._events += 1
        return f"{word}-{self._events:06d}"

    def _post(self, at: int, leg: tuple[str, str, int], kind: Kind, ref: str, note: str) -> None:
        account, key, raw_delta = leg
        held = self.held(account, key) + raw_delta
        if held < 0:
            raise ValueError(f"{account} would hold {held} base units of {key} after {ref} ({note})")
        if self.entries and at < self.entries[-1].at:
            raise ValueError(f"{ref} ({note}) at {at} lies before the entry above it")
        self._held[account, key] = held
        self.entries.append(Entry(at, account, ASSET_BY_KEY[key].id, raw_delta, kind, ref, note))


def bought_raw(at: int, sold: str, raw: int, bought: str) -> int:
    """What an amount of one asset fetches of another at the instant, in base units, after the pool's fee.

    Raises:
        ValueError: One of the two has no price.
    """
    sold_price, bought_price = (price_usd(ASSET_BY_KEY[key].id, at) for key in (sold, bought))
    if sold_price is None or bought_price is None:
        raise ValueError(f"{sold} cannot be swapped into {bought} at {at}: one of them has no price")
    # Ratios of whole numbers instead of doubles: an amount is never made from a rounded product.
    sold_over, sold_under = sold_price.as_integer_ratio()
    bought_over, bought_under = bought_price.as_integer_ratio()
    over = raw * sold_over * bought_under * ASSET_BY_KEY[bought].unit * _KEPT_OF_1000
    return over // (sold_under * bought_over * ASSET_BY_KEY[sold].unit * 1000)


def _positive(raw: int) -> int:
    if raw <= 0:
        raise ValueError(f"an amount is positive, not {raw}")
    return raw
