"""Promises of what is said twice: prices move between two answers, and what both lack is still the same."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.portfolio import day, use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.test_settling import PROTOCOLS, TOKENS, USDC, leg, row

__all__ = ["provider"]

SOLD, THIRD = "0x" + "7e" * 20, "0x" + "3d" * 20
Held = dict[str, float]
"""Amounts by token; the price of each moves with every answer."""


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet of three tokens, watched through one provider whose prices never stand still."""
    use_folder(monkeypatch, tmp_path)
    provider.answers = {TOKENS: moving(0, {USDC: 5_000, SOLD: 7_000, THIRD: 900}), PROTOCOLS: {"result": []}}
    provider.answers["current_value"] = {"result": {"total": 12_900.0}}
    watched = Watched(tmp_path, {"oneinch_portfolio": ""}, provider)
    watched.take(0)
    return watched


def moving(number: int, *held: Held) -> Callable[[str], Any]:
    """Answer for a day: the first time with what is held first, and so on; the last of them stays."""
    asked = count()

    def answer(_: str) -> dict[str, Any]:
        turn = next(asked)
        price = 1 + turn / 100
        legs = {token: leg(token, amount, price) for token, amount in held[min(turn, len(held) - 1)].items()}
        at = int(day(number).timestamp())
        return {"result": [row(token, [one], one["value_usd"], timestamp=at) for token, one in legs.items()]}

    return answer


def asked_for_tokens(provider: Provider) -> int:
    """How often the wallet was asked for."""
    return len([path for path in provider.asked if TOKENS in path])


@pytest.mark.slow
def test_a_sale_is_believed_though_prices_move(watched: Watched, provider: Provider) -> None:
    """A token that two answers in a row lack was sold, though every price is another one in the second answer."""
    provider.answers[TOKENS] = moving(1, {USDC: 12_000, THIRD: 900})
    (taken,) = watched.take(1)
    assert (taken.is_complete, asked_for_tokens(provider)) == (True, 2)
    total = watched.rows("select value_usd from current_value() where per = 'total'")
    assert total == [(12_900 * 101 / 100,)]
    assert watched.take(2 - 1)[0].asked == 0


@pytest.mark.slow
def test_a_second_answer_that_lacks_something_else_explains_nothing(watched: Watched, provider: Provider) -> None:
    """A provider that lacks one token first and another one then is taken at its last word, and that is suspect."""
    provider.answers[TOKENS] = moving(1, {USDC: 5_000, THIRD: 900}, {SOLD: 7_000, THIRD: 900})
    (taken,) = watched.take(1)
    assert (taken.is_complete, asked_for_tokens(provider)) == (True, 2)
    assert watched.rows("select suspect_usd from value_chart() order by as_of") == [(None,), (5_000,)]


@pytest.mark.slow
def test_a_second_answer_that_has_it_mends(watched: Watched, provider: Provider) -> None:
    """A token that the second answer has again was never sold, whatever came new beside it."""
    provider.answers[TOKENS] = moving(1, {USDC: 5_000, THIRD: 900}, {USDC: 5_000, SOLD: 7_000, THIRD: 900})
    (taken,) = watched.take(1)
    assert taken.is_complete
    assert watched.rows("select count(*) from balance where asset_id like '%7e7e%'") == [(2,)]


@pytest.mark.every
def test_an_emptied_chain_takes_another_instant(watched: Watched, provider: Provider) -> None:
    """However often one instant's answer holds nothing, it decides nothing; the next instant's decides for both."""
    provider.answers[TOKENS] = moving(1, {})
    for _ in range(3):
        assert not watched.take(1)[0].is_complete
    provider.answers[TOKENS] = moving(2, {})
    assert watched.take(2)[0].is_complete
    assert watched.rows("select count(*) from gaps()") == [(0,)]


def lending(name: str, number: int, **members: object) -> dict[str, Any]:
    """A position of 5,000 USDC in a protocol, as of a day."""
    contract = f"0x{name.encode().hex():0<40}"
    about = {"protocol_type": "lending", "protocol_group_id": name, "timestamp": int(day(number).timestamp())}
    return row(contract, [leg(USDC, 5_000)], 5_000, **about, **members)


@pytest.mark.every
def test_a_protocol_that_is_gone_takes_another_instant(watched: Watched, provider: Provider) -> None:
    """Of two protocols with the same coin one is gone: asking again settles nothing, the next instant settles both."""
    provider.answers[TOKENS] = moving(1, {USDC: 5_000, SOLD: 7_000, THIRD: 900})
    provider.answers[PROTOCOLS] = {"result": [lending("first", 1), lending("second", 1)]}
    assert watched.take(1)[0].is_complete, watched.rows("select detail from pull where detail is not null")
    provider.answers[TOKENS] = moving(2, {USDC: 5_000, SOLD: 7_000, THIRD: 900})
    provider.answers[PROTOCOLS] = {"result": [lending("first", 2)]}
    for _ in range(3):
        assert not watched.take(2)[0].is_complete
    assert watched.rows("select distinct layer, cause from gaps()") == [("position", "suspect:vanished")]
    provider.answers[TOKENS] = moving(3, {USDC: 5_000, SOLD: 7_000, THIRD: 900})
    provider.answers[PROTOCOLS] = {"result": [lending("first", 3)]}
    assert watched.take(3)[0].is_complete
    assert watched.rows("select count(*) from gaps()") == [(0,)]
    assert watched.take(2)[0].asked == 0


@pytest.mark.every
def test_a_protocol_that_comes_back_was_not_gone(watched: Watched, provider: Provider) -> None:
    """A protocol that one instant lacks and the next one has leaves that instant missing, and no other."""
    for number, names in ((1, ("first", "second")), (2, ("second",)), (3, ("first", "second"))):
        provider.answers[TOKENS] = moving(number, {USDC: 5_000, SOLD: 7_000, THIRD: 900})
        provider.answers[PROTOCOLS] = {"result": [lending(name, number) for name in names]}
        watched.take(number)
    gaps = watched.rows("select first_as_of, last_as_of, layer, cause from gaps()")
    assert [(first == last, layer, cause) for first, last, layer, cause in gaps] == [
        (True, "position", "suspect:vanished")
    ]


@pytest.mark.slow
def test_a_failure_that_fails_again_confirms_nothing(watched: Watched, provider: Provider) -> None:
    """What fails twice in the same words is asked again, and is never said to be confirmed."""
    provider.answers[TOKENS] = 404
    watched.take(1)
    watched.take(1)
    found = "select outcome, count(confirmed_at) from pull where endpoint = 'tokens/snapshot' and outcome = 'failed'"
    assert watched.rows(f"{found} group by all") == [("failed", 0)]
