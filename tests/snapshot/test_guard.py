"""Promises of the price guard: a price that nobody can believe yet has no value until it is said again."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.portfolio import day
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.test_settling import USDC, leg, row

__all__ = ["provider"]

OTHER = "0x" + "7e" * 20


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet watched through 1inch Portfolio."""
    monkeypatch.setenv("PORTFOLIO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Watched(tmp_path, {"oneinch_portfolio": ""}, provider)


def live(watched: Watched, prices: list[float]) -> None:
    """Take a day for each price of a token of which ten are held, beside 7 USDC at 1."""
    for number, price in enumerate(prices):
        at = {"timestamp": int(day(number).timestamp())}
        held = [row(USDC, [leg(USDC, 7.0)], 7.0, **at), row(OTHER, [leg(OTHER, 10.0, price)], 10.0 * price, **at)]
        watched.provider.answers = {"tokens/snapshot": {"result": held}, "protocols/snapshot": {"result": []}}
        watched.take(number)


@pytest.mark.parametrize(
    ("prices", "values"),
    [
        ([1, 2, 9, 60], [17, 27, 97, 607]),
        ([1, 50, 50, 52], [17, None, 507, 527]),
        ([1, 50, 1], [17, None, 17]),
        ([1, 0.05, 0.04], [17, None, 7.4]),
        ([1, 50, 500, 1], [17, None, None, 17]),
    ],
)
def test_a_leap_has_no_value_until_it_is_said_again(
    watched: Watched, prices: list[float], values: list[float | None]
) -> None:
    """A price beyond ten times the accepted one is quarantined; one more at the new level, or at the old, is not."""
    live(watched, prices)
    booked = [None if value is None else Decimal(str(value)) for value in values]
    query = f"select value_usd from balance where asset_id like '%{OTHER}' order by as_of"
    assert watched.rows(query) == [(None if value is None else value - 7,) for value in booked]
    assert watched.rows("select known_value_usd from value_chart()") == [
        (Decimal(7) if one is None else one,) for one in booked
    ]
    counted = watched.rows("select quarantined_count from value_chart()")
    assert counted == [(int(one is None),) for one in booked]


@pytest.mark.slow
def test_what_was_said_is_kept(watched: Watched) -> None:
    """A quarantined row keeps the provider's price and value bit for bit, and a second run changes nothing."""
    live(watched, [1, 50])
    kept = watched.rows(
        f"select price_usd, stated_value_usd, price_status from balance where asset_id like '%{OTHER}' order by as_of"
    )
    assert kept == [(1.0, 10.0, "priced"), (50.0, 500.0, "quarantined")]
    watched.take(1, again=True)
    assert watched.rows("select count(*) from balance_superseded") == [(0,)]
