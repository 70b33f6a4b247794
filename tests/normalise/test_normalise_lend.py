"""Promises of lending: decimals and prices come from who said them, and a borrowed price says whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.holdings import Asset, Holding, PriceOrigin, PriceStatus, Reading
from dagster_project.model import Outcome
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import Judged
from dagster_project.normalise.lend import lend
from dagster_project.slices import Slice
from dagster_project.tables import BALANCE, CELL
from tests.normalise.asking import answer, attempt, cell, pull

ETH, USDC, DUST = "eip155:1/slip44:60", "eip155:1/erc20:0x" + "a0" * 20, "eip155:1/erc20:0x" + "d0" * 20
BORROWERS = {"exact"}
RAW = "2500000000000000000"
"""2.5 with 18 decimals."""


@dataclass
class Known:
    """What the store knows, and how often it was asked."""

    of_decimals: dict[str, int] = field(default_factory=dict)
    of_prices: dict[str, tuple[float, str]] = field(default_factory=dict)
    asked: int = 0

    def decimals(self) -> Mapping[str, int]:
        """Give decimals by asset."""
        self.asked += 1
        return self.of_decimals

    def prices(self) -> Mapping[str, tuple[float, str]]:
        """Give prices by asset."""
        self.asked += 1
        return self.of_prices


def slice_of(provider: str, *holdings: Holding, rank: int = 0, assets: tuple[Asset, ...] = ()) -> Slice:
    """What one provider says of the wallet."""
    asked = replace(pull(), provider=provider)
    one = attempt(asked)
    one = replace(one, plan=replace(one.plan, provider=provider, record_rank=rank))
    reading = Reading(None, {cell(): holdings}, assets=assets)
    return assemble(one, 1, [Judged(asked, answer(b"{}"), 1, Outcome.ANSWERED, reading=reading)])


def exact(asset_id: str = ETH, raw: str = RAW, decimals: int | None = None) -> Holding:
    """A holding of a provider that states amounts alone."""
    amount = None if decimals is None else int(raw) / 10**decimals
    return Holding(asset_id, amount, None, PriceStatus.UNKNOWN, None, raw, decimals)


def valued(asset_id: str = ETH, raw: str = RAW, value: float | None = 5000.5) -> Holding:
    """A holding of a provider that states amount and value, and no price."""
    status = PriceStatus.PRICED if value else PriceStatus.UNKNOWN
    return Holding(asset_id, None, None, status, value, raw, price_origin=PriceOrigin.IMPLIED)


def stated(asset_id: str = ETH, price: float | None = 2000.0) -> Holding:
    """A holding of a provider that states prices."""
    status = PriceStatus.UNKNOWN if price is None else PriceStatus.PRICED
    return Holding(asset_id, 1.0, price, status, price)


def described(asset_id: str = ETH, decimals: int = 18) -> Asset:
    """What a list says of an asset."""
    return Asset(asset_id, "X", "X", decimals)


def row(lent: Slice) -> tuple[Any, ...]:
    """The one balance of a slice: decimals, amount, price, its status and origin, value."""
    names = ("decimals", "amount", "price_usd", "price_status", "price_origin", "value_usd")
    (one,) = lent.balance.select(list(names)).to_pylist()
    return tuple(one[name] for name in names)


def test_a_borrowed_price_says_whose_it_is() -> None:
    """What states amounts alone is priced by another provider, whose name stands beside the price."""
    lender = slice_of("prices", stated())
    lent, same = lend([slice_of("exact", exact(decimals=18)), lender], BORROWERS, Known())
    assert row(lent) == (18, 2.5, 2000.0, "priced", "prices", Decimal(5000))
    assert same is lender
    assert lent.balance["stated_value_usd"].to_pylist() == [None]
    assert lent.balance["amount_raw"].to_pylist() == [RAW]


def test_nobody_else_borrows() -> None:
    """A provider that has prices of its own keeps what it does not price unpriced."""
    unpriced = slice_of("other", stated(price=None))
    lent, _ = lend([unpriced, slice_of("prices", stated())], BORROWERS, Known())
    assert lent is unpriced
    open_one = slice_of("valued", valued(value=None), assets=(described(),))
    lent, _ = lend([open_one, slice_of("prices", stated())], BORROWERS, Known())
    assert row(lent) == (18, 2.5, None, "unknown", None, None)


def test_the_first_in_order_of_record_lends() -> None:
    """Where several providers price an asset the first in order of record lends, in any order of the slices."""
    first, second = slice_of("first", stated(price=10.0), rank=0), slice_of("second", stated(price=20.0), rank=1)
    known = Known(of_prices={ETH: (30.0, "store")})
    for slices in ([first, second], [second, first]):
        lent = lend([slice_of("exact", exact(decimals=18), rank=2), *slices], BORROWERS, known)[0]
        assert row(lent)[2:5] == (10.0, "priced", "first")


def test_the_store_lends_what_it_knows() -> None:
    """Decimals and prices that the store knows are lent where the instant's own answers have none."""
    known = Known({ETH: 18}, {ETH: (3000.0, "credmark")})
    (lent,) = lend([slice_of("exact", exact())], BORROWERS, known)
    assert row(lent) == (18, 2.5, 3000.0, "priced", "credmark", Decimal(7500))


def test_nothing_open_asks_nothing() -> None:
    """Where no slice leaves anything open the slices stay what they are and the store is not asked."""
    known, slices = Known(), [slice_of("prices", stated()), slice_of("other", stated(USDC))]
    assert all(one is other for one, other in zip(lend(slices, BORROWERS, known), slices, strict=True))
    assert known.asked == 0


def test_a_value_and_an_amount_imply_a_price() -> None:
    """A stated value and decimals from a list give amount and price, the price marked as implied; the value stays."""
    (lent,) = lend([slice_of("valued", valued(), assets=(described(),))], BORROWERS, Known())
    assert row(lent) == (18, 2.5, 5000.5 / 2.5, "priced", "implied", Decimal("5000.5"))
    assert lent.balance["stated_value_usd"].to_pylist() == [5000.5]


def test_decimals_of_the_instant_outrank_those_of_the_store() -> None:
    """What a list says now is believed before what one said earlier."""
    (lent,) = lend([slice_of("valued", valued(), assets=(described(),))], BORROWERS, Known({ETH: 6}))
    assert row(lent)[:2] == (18, 2.5)


def test_without_decimals_there_is_no_size() -> None:
    """Where nobody says the decimals, amount and price stay open; a stated value is booked, a missing one is not."""
    one, other = lend([slice_of("valued", valued(USDC)), slice_of("exact", exact(USDC))], BORROWERS, Known())
    assert row(one) == (None, None, None, "priced", None, Decimal("5000.5"))
    assert row(other) == (None, None, None, "unknown", None, None)


@pytest.mark.parametrize(
    ("coin", "raw", "size"),
    [
        (ETH, RAW, (18, 2.5)),
        ("eip155:137/slip44:966", "1", (18, 1e-18)),
        ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501", "2500000000", (9, 2.5)),
    ],
)
def test_a_native_coin_has_the_decimals_of_its_chain(coin: str, raw: str, size: tuple[int, float]) -> None:
    """The chain table says how many decimals a native coin has, also where somebody says otherwise."""
    (alone,) = lend([slice_of("exact", exact(coin, raw))], BORROWERS, Known())
    (beside,) = lend([slice_of("exact", exact(coin, raw), assets=(described(coin, 6),))], BORROWERS, Known({coin: 7}))
    assert row(alone)[:2] == row(beside)[:2] == size


def test_an_implied_price_is_lent_behind_a_stated_one() -> None:
    """A price that was reckoned from a value is lent where nobody states one; one that is borrowed is not lent on."""
    reckoned = stated()._replace(price_origin=PriceOrigin.IMPLIED)
    lender = slice_of("valued", reckoned, assets=(described(),))
    _, lent = lend([lender, slice_of("exact", exact())], BORROWERS, Known())
    assert row(lent)[3:5] == ("priced", "valued")
    _, _, lent = lend([lender, slice_of("prices", stated()), slice_of("exact", exact())], BORROWERS, Known())
    assert row(lent)[3:5] == ("priced", "prices")
    lender = slice_of("valued", reckoned._replace(price_origin="credmark"), assets=(described(),))
    _, lent = lend([lender, slice_of("exact", exact())], BORROWERS, Known())
    assert row(lent) == (18, 2.5, None, "unknown", None, None)


def test_a_price_that_no_double_holds_is_not_implied() -> None:
    """A value and an amount so far apart that no double holds the price give none, and no infinity."""
    beyond = valued(USDC, raw="1", value=1e300)
    (lent,) = lend([slice_of("valued", beyond, assets=(described(USDC, decimals=255),))], BORROWERS, Known())
    assert row(lent)[:4] == (255, 1e-255, None, "quarantined")


def test_totals_of_cells_follow() -> None:
    """A cell's total and counts are those of its rows after lending."""
    one = slice_of("exact", exact(), exact(USDC, "7000000", 6), exact(DUST, "9"))
    assert one.cell.select(["value_usd", "row_count", "unpriced_count"]).to_pylist() == [
        {"value_usd": Decimal(0), "row_count": 3, "unpriced_count": 3}
    ]
    known = Known({ETH: 18}, {USDC: (0.5, "credmark")})
    lent, _ = lend([one, slice_of("prices", stated(), rank=1)], BORROWERS, known)
    assert lent.cell.select(["value_usd", "row_count", "unpriced_count"]).to_pylist() == [
        {"value_usd": Decimal("5003.5"), "row_count": 3, "unpriced_count": 1}
    ]
    assert lent.balance.schema.equals(BALANCE.schema, check_metadata=True)
    assert lent.cell.schema.equals(CELL.schema, check_metadata=True)


def test_a_failed_cell_stays_without_a_value() -> None:
    """A cell that failed beside one that is lent to keeps no value: it does not become worth nothing."""
    good, bad = replace(pull("a"), provider="exact"), replace(pull("b", cell(chain_id="eip155:10")), provider="exact")
    reading = Reading(None, {cell(): (exact(decimals=18),)})
    judged = [
        Judged(bad, answer(b""), 1, Outcome.FAILED),
        Judged(good, answer(b"{}"), 1, Outcome.ANSWERED, reading=reading),
    ]
    one = attempt(bad, good)
    one = replace(one, plan=replace(one.plan, provider="exact"))
    (lent,) = lend([assemble(one, 1, judged)], BORROWERS, Known(of_prices={ETH: (2.0, "credmark")}))
    assert lent.cell["value_usd"].to_pylist() == [None, Decimal(5)]


ASSETS = st.sampled_from([ETH, USDC, DUST])
SLICES = st.lists(
    st.builds(
        lambda name, rank, holdings, assets: slice_of(name, *holdings, rank=rank, assets=tuple(assets)),
        st.sampled_from(["exact", "valued", "prices"]),
        st.integers(0, 3),
        st.lists(
            st.builds(exact, ASSETS, st.integers(0, 2**256 - 1).map(str), st.none() | st.integers(0, 255))
            | st.builds(valued, ASSETS, st.integers(0, 2**256 - 1).map(str), st.none() | st.floats(0, 1e308))
            | st.builds(stated, ASSETS, st.none() | st.floats(1e-300, 1e300)),
            max_size=4,
        ),
        st.lists(st.builds(described, ASSETS, st.integers(0, 255)), max_size=3),
    ),
    max_size=4,
)


@given(SLICES)
@settings(database=None, deadline=None, max_examples=60)
def test_lending_is_determined_and_touches_nothing_stated(slices: list[Slice]) -> None:
    """The same slices are lent the same, lending twice changes nothing more, and what was stated stays bit for bit."""
    known = Known({ETH: 18}, {USDC: (1.5, "store")})
    lent = lend(slices, BORROWERS, known)
    assert lent == lend(list(slices), BORROWERS, known)
    assert lend(lent, BORROWERS, known) == lent
    for before, after in zip(slices, lent, strict=True):
        for name in ("asset_id", "amount_raw", "stated_value_usd", "is_counted", "position_id"):
            assert after.balance[name] == before.balance[name]
        for old, new in zip(before.balance.to_pylist(), after.balance.to_pylist(), strict=True):
            assert old["price_usd"] is None or old["price_usd"] == new["price_usd"]
            assert new["price_usd"] is None or 0 < new["price_usd"] < float("inf")
            assert (new["price_usd"] is None) == (new["price_origin"] is None)
