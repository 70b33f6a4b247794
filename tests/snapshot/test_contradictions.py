"""Promises of contradictions: what a provider states twice and differently has no value and is said, never guessed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.claims import check_claims
from tests.normalise.asking import WALLET
from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.stating import LISTED, Position, Token, asset, credmark, onebalance, oneinch

__all__ = ["provider"]

USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
FIRST_TOKEN, SECOND_TOKEN, POOL = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "5a" * 20
OWNER = WALLET.lower()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet watched through 1inch Portfolio."""
    use_folder(monkeypatch, tmp_path)
    return Watched(tmp_path, {"oneinch_portfolio": ""}, provider)


def holds(watched: Watched, *held: Token | Position) -> None:
    """Let 1inch say that the wallet holds this, and take the first day."""
    watched.provider.answers = oneinch({OWNER: held})
    watched.take(0)


def broken(watched: Watched) -> list[str]:
    """The claims that do not hold."""
    return [one.name for one in check_claims(watched.settings().paths.published) if not one.holds]


def verdicts(watched: Watched) -> list[tuple[Any, ...]]:
    """What the first provider contradicts of itself: verdict, what it is about, both values."""
    rows = answer(watched.settings().paths.published, "reconciliation").dicts()
    return [
        (row["verdict"], row["asset_id"], row["value_a_usd"], row["value_b_usd"])
        for row in rows
        if row["provider_a"] == row["provider_b"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amount", "price", "stated"), [(7, 1.0, 1e6), (100, 0.995, 0.0), (3, 2000.0, 6070.0), (1e6, 1.0, 12.5)]
)
def test_a_value_that_contradicts_amount_and_price_is_none(
    watched: Watched, amount: float, price: float, stated: float
) -> None:
    """Where amount times price and stated value differ by more than a dollar and one percent, the row has no value."""
    holds(watched, Token(USDC, 50.0), Token(FIRST_TOKEN, amount, price, stated))
    query = "select price_status, value_usd, price_usd, stated_value_usd from balance where asset_id ="
    assert watched.rows(f"{query} '{asset(FIRST_TOKEN)}'") == [("quarantined", None, price, stated)]
    total = "select known_value_usd, quarantined_count from value_chart()"
    assert watched.rows(total) == [(Decimal(50), 1)]
    assert verdicts(watched) == [("value", asset(FIRST_TOKEN), Decimal(str(amount * price)), Decimal(str(stated)))]
    assert "value_agrees_with_price" in broken(watched)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amount", "price", "stated"), [(7, 1.0, 7.9), (100, 0.995, 99.9), (3, 2000.0, 6055.0), (0.001, 3.0, 0.5)]
)
def test_a_value_within_a_dollar_or_a_percent_is_booked(
    watched: Watched, amount: float, price: float, stated: float
) -> None:
    """Rounding, and a price of another minute, leave the stated value what is booked."""
    holds(watched, Token(FIRST_TOKEN, amount, price, stated))
    assert watched.rows("select price_status, value_usd from balance") == [("priced", Decimal(str(stated)))]
    assert (verdicts(watched), broken(watched)) == ([], [])


def test_a_debt_that_contradicts_itself_has_no_value(watched: Watched) -> None:
    """A debt of 40 units at one dollar that is stated as 4,000 is quarantined too, and the supply beside it counts."""
    debt = Position(POOL, (Token(USDC, 40.0, 1.0, 4000.0),), value=-4000.0, sign=-1)
    holds(watched, Position(SECOND_TOKEN, (Token(USDC, 100.0),)), debt)
    rows = watched.rows("select layer, price_status, value_usd from balance order by all")
    assert rows == [("debt", "quarantined", None), ("position", "priced", Decimal(100))]


@pytest.mark.slow
def test_the_settings_price_what_contradicts_itself(watched: Watched) -> None:
    """A price of the settings is the owner's word: it counts, and the provider's contradiction stays said."""
    watched.further = f'[[assets]]\nid = "{asset(FIRST_TOKEN)}"\nprice_usd = 1.0\n'
    holds(watched, Token(FIRST_TOKEN, 7, 1.0, 1e6))
    assert watched.rows("select value_usd, quarantined_count from value_chart()") == [(Decimal(7), 0)]
    assert "value_agrees_with_price" in broken(watched)


@pytest.mark.slow
@pytest.mark.parametrize(("legs", "value"), [(75.0, 100.0), (100.0, 60.0), (2000.0, 1975.0)])
def test_legs_that_contradict_their_position_count_alone(watched: Watched, legs: float, value: float) -> None:
    """Where all legs are priced and the position's own value is another one, the legs count and the rest is said."""
    holds(watched, Position(POOL, (Token(USDC, legs),), value=value))
    assert watched.rows("select known_value_usd, quarantined_count from value_chart()") == [(Decimal(str(legs)), 1)]
    assert verdicts(watched) == [("total", POOL, Decimal(str(legs)), Decimal(str(value)))]
    assert "total_is_its_parts" in broken(watched)


@pytest.mark.slow
@pytest.mark.parametrize(("legs", "value"), [(99.5, 100.0), (0.25, 1.2), (1000.0, 1009.0)])
def test_a_small_rest_of_a_position_is_a_leg(watched: Watched, legs: float, value: float) -> None:
    """Up to a dollar or one percent, what a position says beyond its legs is a leg of its own that counts."""
    holds(watched, Position(POOL, (Token(USDC, legs),), value=value))
    assert watched.rows("select value_usd, quarantined_count from value_chart()") == [(Decimal(str(value)), 0)]
    assert (verdicts(watched), broken(watched)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize(("stated", "is_said"), [(50.0, True), (102.0, True), (99.9, False), (98.6, False)])
def test_a_total_of_credmark_is_held_against_its_positions(
    watched: Watched,
    stated: float,
    is_said: bool,  # noqa: FBT001 - a case
) -> None:
    """Credmark's value beside positions of 99.5 is said where it is another; the positions are what counts."""
    watched.sections = {"credmark": ""}
    watched.provider.answers = credmark(Token(USDC, 100.0, 0.995), value=stated)
    watched.take(0)
    assert watched.rows("select value_usd from value_chart()") == [(Decimal("99.5"),)]
    assert verdicts(watched) == [("total", "cell", Decimal("99.5"), Decimal(str(stated)))][: int(is_said)]
    assert ("total_is_its_parts" in broken(watched)) is is_said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("total", "aggregate", "said"),
    [(30.0, 30.0, []), (300.0, 30.0, ["answer"]), (30.0, 45.0, ["ob:usdc"]), (2.0, 2.0, ["answer", "ob:usdc"])],
)
def test_totals_of_onebalance_are_held_against_their_legs(
    watched: Watched, total: float, aggregate: float, said: list[str]
) -> None:
    """OneBalance's total of an answer and of an aggregated asset are said where their legs add up to something else."""
    watched.sections = {"onebalance": ""}
    watched.accounts = f'[[accounts]]\naddress = "{WALLET}"\nchains = ["eip155:1", "eip155:8453"]\n'
    legs = {asset(USDC): ("10000000", 10.0), "eip155:8453/erc20:" + "0x" + "8b" * 20: ("20000000", 20.0)}
    watched.provider.answers = onebalance(WALLET, legs, total, aggregate)
    watched.provider.answers["chains/supported-list"] = []
    assert LISTED in watched.provider.answers
    watched.take(0)
    assert watched.rows("select value_usd from value_chart()") == [(Decimal(30),)]
    assert sorted(what for verdict, what, *_ in verdicts(watched) if verdict == "total") == said
    assert ("total_is_its_parts" in broken(watched)) is bool(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chain", "total", "said"), [(57.0, 57.0, []), (570.0, 570.0, ["chain"]), (57.0, 90.0, ["account"])]
)
def test_totals_of_oneinch_are_held_against_rows(watched: Watched, chain: float, total: float, said: list[str]) -> None:
    """1inch's value of a chain is held against its rows there, and its whole value against its chains."""
    watched.sections = {"oneinch_portfolio": ""}
    watched.series_every = "day"
    by_chain = [{"chain_id": 1, "chain_name": "Ethereum", "value_usd": chain}]
    stated = {"total": total, "by_address": [], "by_category": [], "by_protocol_group": [], "by_chain": by_chain}
    watched.provider.answers = oneinch({OWNER: [Token(USDC, 57.0)]}) | {"current_value": {"result": stated}}
    watched.take(0)
    assert watched.rows("select value_usd from value_chart()") == [(Decimal(57),)]
    assert [what for verdict, what, *_ in verdicts(watched) if verdict == "total"] == said
    assert ("total_is_its_parts" in broken(watched)) is bool(said)
