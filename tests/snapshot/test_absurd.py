"""Promises of absurd values: what nobody else knows adds no millions to a total, what is known is never left out."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.warehouse.claims import check_claims
from tests.normalise.asking import WALLET
from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.stating import Held, Token, asset, credmark, oneinch

__all__ = ["provider"]

USDC, GIFT = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "0x" + "61" * 20
OWNER = WALLET.lower()
TOTALS = "select value_usd, excluded_count, excluded_usd from value_chart()"


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet watched through 1inch Portfolio."""
    use_folder(monkeypatch, tmp_path)
    return Watched(tmp_path, {"oneinch_portfolio": ""}, provider)


def by_day(watched: Watched, *days: Held) -> list[tuple[Any, ...]]:
    """Let 1inch say what the wallet holds on each day; gives value and what is left out."""
    watched.provider.answers |= oneinch(lambda number: {OWNER: days[number]})
    watched.take(*range(len(days)))
    return watched.rows(TOTALS)


@pytest.mark.every
@pytest.mark.parametrize(("amount", "price"), [(1e6, 5000.0), (2.5e5, 400.0), (1e9, 0.75)])
def test_an_absurd_gift_is_counted_beside_from_the_first_day(watched: Watched, amount: float, price: float) -> None:
    """An unknown token worth ten times the wallet or more is excluded and counted beside, also in the first record."""
    usual = [Token(USDC, 20_000.0)]
    gift = Token(GIFT, amount, price, symbol="GIFTCOIN")
    assert by_day(watched, [*usual, gift], usual, [*usual, gift]) == [
        (Decimal(20_000), 1, Decimal(str(amount * price))),
        (Decimal(20_000), 0, None),
        (Decimal(20_000), 1, Decimal(str(amount * price))),
    ]
    query = f"select distinct exclusion, value_usd is not null from holding where asset_id = '{asset(GIFT)}'"
    assert watched.rows(query) == [("absurd", True)]
    assert not [one.name for one in check_claims(watched.settings().paths.published) if not one.holds]


@pytest.mark.every
@pytest.mark.parametrize(("amount", "price"), [(3e6, 1.0), (500.0, 4400.0)])
def test_what_arrives_later_needs_a_million(watched: Watched, amount: float, price: float) -> None:
    """An airdrop of more than a million and ten times the wallet is excluded from its arrival on, not before."""
    usual, gift = [Token(USDC, 20_000.0)], Token(GIFT, amount, price)
    worth = Decimal(str(amount * price))
    assert by_day(watched, usual, [*usual, gift], [*usual, gift]) == [
        (Decimal(20_000), 0, None),
        (Decimal(20_000), 1, worth),
        (Decimal(20_000), 1, worth),
    ]


@pytest.mark.every
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([Token(USDC, 6e5)], [Token(USDC, 6e5), Token(GIFT, 2e6)], id="less than ten times the wallet"),
        pytest.param([Token(USDC, 3e6)], [Token(GIFT, 3e6)], id="bought with what the wallet had"),
        pytest.param([Token(GIFT, 9e6)], [Token(GIFT, 9e6)], id="held from the first record on"),
        pytest.param([Token(GIFT, 4e5)], [Token(GIFT, 2e6)], id="grown from a part of it"),
        pytest.param([Token(USDC, 5.0)], [Token(USDC, 5.0), Token(GIFT, 9e5)], id="less than a million"),
    ],
)
def test_a_large_holding_that_is_plausible_counts(watched: Watched, before: list[Token], after: list[Token]) -> None:
    """An unlisted token counts while its value is small, or in proportion to what else the wallet has or had."""
    worth = [sum((Decimal(str(one.stated)) for one in held), Decimal(0)) for held in (before, after)]
    assert [row[:2] for row in by_day(watched, before, after)] == [(value, 0) for value in worth]


def test_a_token_of_a_list_is_never_absurd(watched: Watched) -> None:
    """A hundred million of a token that the list that ships names counts in an empty wallet."""
    assert by_day(watched, [Token(USDC, 1e8)]) == [(Decimal(100_000_000), 0, None)]


@pytest.mark.slow
@pytest.mark.parametrize("known_by", ["list", "settings", "keep", "second"])
def test_a_token_that_somebody_knows_counts(watched: Watched, known_by: str) -> None:
    """A token list, a token of the settings, the owner's word or a second provider's price make a holding count."""
    if known_by in ("list", "settings"):
        entry = {"chainId": 1, "address": GIFT, "decimals": 6, "name": "Gift", "symbol": "GIFT"}
        version = {"major": 1, "minor": 0, "patch": 0}
        whole = {"name": "Mine", "timestamp": "2026-01-01T00:00:00Z", "version": version, "tokens": [entry]}
        (watched.folder / "mine.json").write_text(json.dumps(whole), encoding="utf-8")
        named = 'token_lists = ["mine.json"]' if known_by == "list" else f'tokens = ["{asset(GIFT)}"]'
        watched.sections |= {"onchain": named}
    elif known_by == "keep":
        watched.further = f'[[assets]]\nid = "{asset(GIFT)}"\ntreat = "keep"\n'
    else:
        watched.sections |= {"credmark": ""}
        watched.provider.answers = credmark(Token(USDC, 20_000.0), Token(GIFT, 1e6, 5000.0))
    rows = by_day(watched, [Token(USDC, 20_000.0), Token(GIFT, 1e6, 5000.0)])
    assert rows == [(Decimal(5_000_020_000), 0, None)]


@pytest.mark.every
def test_the_owners_word_takes_back_and_gives(watched: Watched) -> None:
    """What the settings keep counts for the whole history at the next run, and is left out again when they do not."""
    days = [[Token(USDC, 20_000.0), Token(GIFT, 1e6, 5000.0)]] * 2
    assert [row[0] for row in by_day(watched, *days)] == [Decimal(20_000)] * 2
    watched.further = f'[[assets]]\nid = "{asset(GIFT)}"\ntreat = "keep"\n'
    watched.take(1)
    assert [row[0] for row in watched.rows(TOTALS)] == [Decimal(5_000_020_000)] * 2
    watched.further = ""
    watched.take(1)
    assert [row[0] for row in watched.rows(TOTALS)] == [Decimal(20_000)] * 2


@pytest.mark.every
def test_a_price_that_leaps_for_one_day_excludes_nothing(watched: Watched) -> None:
    """A token that had a price and gets an absurd one for one day is left to the rule of leaps, and counts after it."""
    usual, held = Token(USDC, 20_000.0), Token(GIFT, 1000.0, 2.0)
    rows = by_day(watched, [usual, held], [usual, Token(GIFT, 1000.0, 9000.0)], [usual, held], [usual, held])
    assert [row[1] for row in rows] == [0, 0, 0, 0]
    assert [row[0] for row in rows] == [22_000, None, 22_000, 22_000]
