"""Promises of the ledger: exact, never below zero, and holdings that are nothing but its sums."""

import itertools
from collections import Counter, defaultdict
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.simulator.book.accounts import ACCOUNTS, Account
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY, ASSETS
from dagster_project.simulator.book.desk import Desk
from dagster_project.simulator.book.ledger import Entry, Ledger
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY, END_AT
from dagster_project.simulator.planted import EMPTY_ACCOUNT, EMPTY_SPELL, FUNDED_DAY

ENTRIES = ledger().entries
ETHER = ASSET_BY_KEY["ETH"].id

instants = st.one_of(
    st.integers(BEGIN_AT - DAY, END_AT + 400 * DAY),
    st.sampled_from(ENTRIES).flatmap(lambda entry: st.sampled_from([entry.at - 1, entry.at, entry.at + 1])),
)


def test_no_holding_ever_falls_below_zero() -> None:
    """At no instant does any account hold a negative amount of anything."""
    held: Counter[tuple[str, str, str]] = Counter()
    for entry in ENTRIES:
        held[entry.account, entry.asset, entry.layer] += entry.raw_delta
        assert held[entry.account, entry.asset, entry.layer] >= 0, entry


@given(account=st.sampled_from(ACCOUNTS), at=instants)
@settings(database=None, deadline=None)
def test_holdings_are_plain_sums_of_entries(account: Account, at: int) -> None:
    """At every instant the holdings equal what adding up the entries one by one gives, zeros left out."""
    label = account.label
    total: Counter[str] = Counter()
    for entry in ENTRIES:
        if entry.account == label and entry.at <= at:
            total[entry.asset] += entry.raw_delta
    assert ledger().holdings(label, at) == {asset: raw for asset, raw in total.items() if raw}
    assert all(ledger().holding(label, asset.id, at) == total[asset.id] for asset in ASSETS)


@given(labels=st.sets(st.sampled_from([account.label for account in ACCOUNTS])), at=instants)
@settings(database=None, deadline=None, max_examples=30)
def test_accounts_combine_by_addition(labels: set[str], at: int) -> None:
    """What several accounts hold together is the sum of what each holds."""
    total: Counter[str] = Counter()
    for label in labels:
        total.update(ledger().holdings(label, at))
    assert ledger().combined(sorted(labels), at) == dict(total)


def test_entries_are_ordered_whole_and_inside_the_window() -> None:
    """Entries come in the order of time, inside the window, in whole base units other than zero."""
    assert [entry.at for entry in ENTRIES] == sorted(entry.at for entry in ENTRIES)
    for entry in ENTRIES:
        assert BEGIN_AT <= entry.at < END_AT
        assert type(entry.raw_delta) is int
        assert entry.raw_delta != 0
        assert entry.layer == "wallet"


def test_every_event_has_the_legs_of_its_kind() -> None:
    """A swap gives one asset for another, a move neither makes nor loses anything, and who acts pays gas in Ether."""
    events: dict[str, list[Entry]] = defaultdict(list)
    for entry in ENTRIES:
        events[entry.ref].append(entry)
    for ref, legs in events.items():
        word = ref.partition("-")[0]
        fees = [leg for leg in legs if leg.kind == "fee"]
        rest = [leg for leg in legs if leg.kind != "fee"]
        assert len(fees) == (0 if word in {"receipt", "accrual"} else 1), ref
        assert all(fee.asset == ETHER and fee.raw_delta < 0 for fee in fees), ref
        assert len({leg.at for leg in legs}) == 1, ref
        if word == "swap":
            sold, bought = rest
            assert sold.raw_delta < 0 < bought.raw_delta
            assert {sold.kind, bought.kind} == {"swap"}
            assert sold.asset != bought.asset
            assert {leg.account for leg in legs} == {sold.account}
        elif word == "move":
            assert sum(leg.raw_delta for leg in rest) == 0, ref
            assert [leg.kind for leg in rest] == ["withdrawal", "deposit"]
            assert fees[0].account == rest[0].account != rest[1].account
        elif word == "payment":
            assert [leg.kind for leg in rest] == ["withdrawal"]
        else:
            assert [leg.kind for leg in rest] == ["deposit" if word == "receipt" else "yield"]


def test_only_rebasing_assets_yield_and_they_do_so_daily() -> None:
    """The rebasing token and the interest-bearing one grow each day wherever they lie, and nothing else does."""
    yields = [entry for entry in ENTRIES if entry.kind == "yield"]
    assert {ASSET_BY_ID[entry.asset].key for entry in yields} == {"stETH", "aEthUSDC"}
    assert all(ASSET_BY_ID[entry.asset].is_rebasing for entry in yields)
    days = [
        entry.at // DAY for entry in yields if entry.account == "treasury" and entry.asset == ASSET_BY_KEY["stETH"].id
    ]
    assert days == list(range(days[0], END_AT // DAY))


@pytest.mark.parametrize("label", sorted(FUNDED_DAY))
def test_accounts_begin_on_their_planted_day(label: str) -> None:
    """An account holds nothing before the day on which it is first funded and something at that day's end."""
    assert ledger().holdings(label, FUNDED_DAY[label] - 1) == {}
    assert ledger().holdings(label, FUNDED_DAY[label] + DAY) != {}


def test_one_account_empties_itself_and_is_refilled() -> None:
    """The planted account holds nothing at all from the first planted day until the last, and several assets after."""
    assert len(ledger().holdings(EMPTY_ACCOUNT, EMPTY_SPELL.since)) >= 4
    for at in range(EMPTY_SPELL.since + DAY, EMPTY_SPELL.until + 1, 3600):
        assert ledger().holdings(EMPTY_ACCOUNT, at) == {}
    assert len(ledger().holdings(EMPTY_ACCOUNT, EMPTY_SPELL.until + DAY)) >= 4


def test_one_balance_needs_every_digit_of_a_256_bit_word() -> None:
    """Some balance is an integer of 78 digits just below 2**256, and no holding of the book ever exceeds that."""
    largest = max(raw for account in ACCOUNTS for raw in ledger().holdings(account.label, END_AT).values())
    assert len(str(largest)) == 78
    assert 2**256 - 1000 < largest < 2**256


def test_every_asset_is_held_and_the_odd_decimals_are_there() -> None:
    """Each of about thirty assets appears in the ledger, with decimals from none at all up to 77."""
    assert {entry.asset for entry in ENTRIES} == {asset.id for asset in ASSETS}
    assert 28 <= len(ASSETS) <= 36
    assert {asset.decimals for asset in ASSETS} >= {0, 2, 6, 8, 18, 24, 27, 77}
    assert sum(asset.is_spam for asset in ASSETS) == 3


def test_amounts_finer_than_an_asset_are_refused() -> None:
    """An amount that an asset cannot express is an error, never rounded."""
    assert ASSET_BY_KEY["GUSD"].raw("1.25") == 125
    assert ASSET_BY_KEY["WIDE"].raw("1." + "1" * 77) == int("1" * 78)
    with pytest.raises(ValueError, match="finer than 2 decimals"):
        ASSET_BY_KEY["GUSD"].raw("1.255")


def test_the_desk_refuses_what_cannot_happen() -> None:
    """Overdrafts, amounts that are not positive and time running backwards never get into a ledger."""
    desk = Desk()
    desk.receive(BEGIN_AT + 10, "cold", "ETH", 10**18, "opening")
    with pytest.raises(ValueError, match="would hold"):
        desk.pay(BEGIN_AT + 11, "cold", "ETH", 2 * 10**18, "too much")
    with pytest.raises(ValueError, match="positive"):
        desk.pay(BEGIN_AT + 11, "cold", "ETH", 0, "nothing")
    with pytest.raises(ValueError, match="before the entry above"):
        desk.receive(BEGIN_AT + 9, "cold", "ETH", 1, "yesterday")
    with pytest.raises(ValueError, match="before the entry above"):
        Ledger(reversed(ENTRIES))


def test_swaps_are_fair() -> None:
    """A swap of the trading account fetches what its prices say, less three thousandths, to the last base unit."""
    for sold, bought in itertools.pairwise(ENTRIES):
        if sold.kind == bought.kind == "swap" and sold.ref == bought.ref:
            prices = [price_usd(leg.asset, leg.at) for leg in (sold, bought)]
            given, got = (
                Fraction(leg.raw_delta, ASSET_BY_ID[leg.asset].unit) * Fraction(price or 0)
                for leg, price in zip((sold, bought), prices, strict=True)
            )
            short = -given * Fraction(997, 1000) - got
            assert 0 <= short < Fraction(prices[1] or 0) / ASSET_BY_ID[bought.asset].unit
