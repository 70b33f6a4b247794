"""What a provider sees of the book: holdings and positions with prices, less what is planted between providers.

Every dialect that can differ asks here; how it writes what it sees is its own matter.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS
from dagster_project.simulator.book.assets import ASSET_BY_ID, NATIVE_ADDRESS, Asset
from dagster_project.simulator.book.blocks import CLOCKS
from dagster_project.simulator.book.chains import Chain
from dagster_project.simulator.book.ledger import Layer
from dagster_project.simulator.book.positions import POSITIONS, Position
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT
from dagster_project.simulator.ordered import is_ordered
from dagster_project.simulator.planted import DIFFERENCES, PRICE_OFF, Difference, DifferenceKind, Spell
from dagster_project.simulator.sums import plain_sum


@dataclass(frozen=True, slots=True)
class Holding:
    """Base units of one asset, and what one whole unit costs in US dollars (None: nobody says)."""

    asset: Asset
    raw: int
    price: float | None

    @property
    def amount(self) -> float:
        """In whole units."""
        return self.raw / self.asset.unit

    @property
    def value_usd(self) -> float:
        """What it is worth; an asset without a price adds nothing."""
        return 0.0 if self.price is None else self.amount * self.price


@dataclass(frozen=True, slots=True)
class SeenPosition:
    """A position as the provider sees it: `sign` is -1 for debt, `contract` where the provider says it lies."""

    position: Position
    sign: int
    contract: str
    legs: tuple[Holding, ...]
    rewards: tuple[Holding, ...]

    @property
    def value_usd(self) -> float:
        """What the legs are worth, below zero for debt; unclaimed rewards are no part of it."""
        return self.sign * plain_sum(leg.value_usd for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Eyes:
    """One provider looking at one account (a label) on one chain.

    `asked_at` is the instant that the answer is for, `at` the time of the last block by then (unix seconds).
    """

    provider: str
    account: str
    chain: Chain
    at: int
    asked_at: int

    def planted(self, kind: DifferenceKind, key: str | None = None) -> Difference | None:
        """The difference of this kind that stands here and now, for this asset where it names one, or is ordered."""
        if is_ordered(kind, self.chain.id):
            return Difference(self.provider, kind, self.account, self.chain.id, None, Spell(0, self.asked_at + 1))
        for one in _differences(self.provider, self.account, self.chain.id):
            if one.kind == kind and self.asked_at in one.spell and one.asset in {None, key}:
                return one
        return None

    def price(self, asset: Asset) -> float | None:
        """US dollars for one whole unit, as this provider has it."""
        stale = self.planted("stale_price", asset.key)
        price = price_usd(asset.id, stale.spell.since if stale else self.at)
        if price is not None and self.planted("price_off", asset.key):
            return float(f"{price * PRICE_OFF:.8g}")
        return price

    def wallet(self) -> list[Holding]:
        """What the wallet holds, the chain's own coin first and then by address; the receipts of positions too."""
        if self.planted("missing_chain"):
            return []
        held = whole_ledger().holdings(self.account, self.at, chain=self.chain.id)
        seen = [
            Holding(asset, raw, self.price(asset))
            for asset, raw in ((ASSET_BY_ID[asset_id], raw) for asset_id, raw in held.items())
            if not self.planted("missing_token", asset.key)
        ]
        return sorted(seen, key=lambda one: (one.asset.address != NATIVE_ADDRESS, one.asset.address))

    def positions(self) -> list[SeenPosition]:
        """The positions in which anything lies, debts among them."""
        if self.planted("missing_chain"):
            return []
        here = (one for one in POSITIONS if (one.account, one.chain) == (self.account, self.chain.id))
        seen = (self._position(one) for one in here)
        return [one for one in seen if one.legs or one.rewards]

    def _position(self, position: Position) -> SeenPosition:
        is_twice = position.receipt is not None and self.planted("receipt_twice", position.receipt) is not None
        return SeenPosition(
            position,
            sign=-1 if position.is_debt else 1,
            contract=position.pool if is_twice else position.contract,
            legs=self._legs(position, position.layer),
            rewards=self._legs(position, "reward"),
        )

    def _legs(self, position: Position, layer: Layer) -> tuple[Holding, ...]:
        legs = whole_ledger().legs(position.id, self.at, layer)
        return tuple(
            Holding(asset, raw, self.price(asset))
            for asset, raw in ((ASSET_BY_ID[asset_id], raw) for asset_id, raw in legs.items())
        )

    def receipts(self, positions: Iterable[SeenPosition]) -> frozenset[str]:
        """The keys of wallet tokens that this provider knows to be the same money as one of its positions."""
        return frozenset(
            one.position.receipt
            for one in positions
            if one.position.receipt and not self.planted("receipt_twice", one.position.receipt)
        )


@functools.cache
def _differences(provider: str, account: str, chain: str) -> tuple[Difference, ...]:
    """Those of one pair of eyes, mostly none: a chart of a year asks some ten thousand times."""
    return tuple(one for one in DIFFERENCES if (one.provider, one.account, one.chain) == (provider, account, chain))


def eyes_of(provider: str, address: str, chain: Chain, at: int) -> Eyes | None:
    """The provider looking at an address for an instant; None for a stranger, and before the book begins."""
    account, block = ACCOUNT_BY_ADDRESS.get(address), block_at(chain, at)
    return Eyes(provider, account.label, chain, block[1], at) if account and block else None


def block_at(chain: Chain, at: int) -> tuple[int, int] | None:
    """Number and time of the chain's last block at or before the instant; None before the book begins."""
    clock = CLOCKS[chain.id]
    if at < BEGIN_AT:
        return None
    number = clock.at_or_before(at)
    return number, clock.time_of(number)
