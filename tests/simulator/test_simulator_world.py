"""Promises of the rest of the book: addresses, prices and blocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.simulator.book.accounts import ACCOUNTS, eip55
from dagster_project.simulator.book.assets import ASSET_BY_KEY, ASSETS
from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.window import BEGIN_AT, DAY, END_AT, utc
from dagster_project.simulator.planted import PRICED_SINCE, UNPRICED_SPELLS

instants = st.integers(BEGIN_AT, END_AT + 400 * DAY)


def price(key: str, at: int) -> float | None:
    """The price of an asset by its key in the book."""
    return price_usd(ASSET_BY_KEY[key].id, at)


@pytest.mark.parametrize(
    "spelled",
    [
        # the examples of the EIP itself
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
    ],
)
def test_addresses_are_spelled_by_eip55(spelled: str) -> None:
    """From lower case the checksummed spelling comes out as the standard's own examples have it."""
    assert eip55(spelled.lower()) == spelled


def test_accounts_are_five_different_wallets() -> None:
    """The book has the five accounts that its documents name, each with an address of its own."""
    assert [account.label for account in ACCOUNTS] == ["treasury", "operations", "trading", "grants", "cold"]
    assert len({account.address for account in ACCOUNTS}) == 5
    assert all(account.checksummed.lower() == account.address for account in ACCOUNTS)


@given(asset=st.sampled_from([asset.id for asset in ASSETS]), at=instants)
@settings(database=None, deadline=None, max_examples=300)
def test_a_price_is_positive_short_and_repeatable(asset: str, at: int) -> None:
    """A price is None or a positive number of at most eight significant digits, the same at every asking."""
    found = price_usd(asset, at)
    assert found == price_usd(asset, at)
    assert found is None or (found > 0 and float(f"{found:.8g}") == found)


@given(at=instants)
@settings(database=None, deadline=None)
def test_prices_that_hang_together_do(at: int) -> None:
    """Dollar coins stay within a cent of a dollar, and wrapped Ether costs what Ether costs."""
    for key in ("USDC", "USDT", "DAI", "GUSD", "aEthUSDC"):
        found = price(key, at)
        assert found is not None
        assert abs(found - 1) < 0.01
    assert price("WETH", at) == price("ETH", at)


def test_prices_move_and_stand_still_after_the_end() -> None:
    """A walk moves from hour to hour until the book ends, and stays where it is from then on."""
    assert len({price("ETH", BEGIN_AT + hour * 3600) for hour in range(1000)}) == 1000
    assert price("ETH", END_AT) == price("ETH", END_AT + 1000 * DAY)


def test_one_price_is_tiny() -> None:
    """Some asset costs less than a millionth of a dollar, so that its price needs an exponent."""
    found = price("ELON", utc(2027, 1, 1))
    assert found is not None
    assert 1e-9 < found < 1e-6


def test_some_assets_are_never_priced() -> None:
    """Spam and a few honest tokens have no price at any time."""
    never = {asset.key for asset in ASSETS if all(price(asset.key, at) is None for at in range(BEGIN_AT, END_AT, DAY))}
    assert never == {"VEST", "BADGE", "MAXI", "spam-url", "spam-html", "spam-sql"}


def test_prices_come_and_go_at_the_planted_instants() -> None:
    """One asset is priced from its planted instant on, another is not during its planted spell."""
    for key, since in PRICED_SINCE.items():
        assert price(key, since - 1) is None
        assert price(key, since) is not None
    for key, spell in UNPRICED_SPELLS.items():
        assert price(key, spell.since - 1) is not None
        assert price(key, spell.since) is None
        assert price(key, spell.until - 1) is None
        assert price(key, spell.until) is not None


def test_nothing_is_priced_before_the_book_begins() -> None:
    """An instant before the book is an error, not an unpriced one."""
    with pytest.raises(ValueError, match="before the book begins"):
        price("ETH", BEGIN_AT - 1)
    with pytest.raises(KeyError):
        price_usd("eip155:1/erc20:0x0", BEGIN_AT)


@given(at=instants)
@settings(database=None, deadline=None)
def test_a_block_is_the_last_at_or_before_an_instant(at: int) -> None:
    """The block of an instant was made at most eleven seconds before it, and finds itself at its own time."""
    number = ETHEREUM.at_or_before(at)
    assert 0 <= at - ETHEREUM.time_of(number) < 12
    assert ETHEREUM.at_or_before(ETHEREUM.time_of(number)) == number
    assert ETHEREUM.time_of(number + 1) - ETHEREUM.time_of(number) == 12


def test_blocks_before_the_first_are_errors() -> None:
    """Before the first block there is neither a number nor a time."""
    with pytest.raises(ValueError, match="before the first block"):
        ETHEREUM.at_or_before(ETHEREUM.first_at - 1)
    with pytest.raises(ValueError, match="before the first block"):
        ETHEREUM.time_of(ETHEREUM.first - 1)
    assert ETHEREUM.at_or_before(BEGIN_AT) == ETHEREUM.first
