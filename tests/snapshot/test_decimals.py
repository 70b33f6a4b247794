"""Promises of decimals: the contract's count; a list or price source that states others is said, nothing is guessed."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from dagster_project.normalise.onchain_question import read, write
from dagster_project.snapshot.plan import plan
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.claims import check_claims
from tests.snapshot.answering import Provider, provider
from tests.snapshot.lying_nodes import AAA, BEGINS, TODAY, USDX, Chain, Node, Wallet, folder, serving

__all__ = ["folder", "provider"]

FIRST, SECOND = "0x" + "a1" * 20, "0x" + "a2" * 20
HELD = "select amount, price_status, value_usd from balance where asset_id like '%a1a1' order by as_of"
SAID = "select distinct measure, number, words from figure where measure like '%decimals' order by all"


def wallet(folder: Path, node: Node, provider: Provider, listed: int, priced: int | None) -> Wallet:
    """Give a wallet asked by a token list that states `listed` decimals of its first token, at a dollar a unit.

    The price source states `priced` decimals of it, or none.
    """
    tokens = [
        {"chainId": 1, "address": address, "decimals": decimals, "name": "Token", "symbol": "TOK"}
        for address, decimals in ((FIRST, listed), (SECOND, 18))
    ]
    version = {"major": 1, "minor": 0, "patch": 0}
    whole = {"name": "Mine", "timestamp": "2026-01-01T00:00:00Z", "version": version, "tokens": tokens}
    (folder / "mine.json").write_text(json.dumps(whole), encoding="utf-8")

    def prices(path: str) -> dict[str, Any]:
        found = re.search(r"/prices/historical/(\d+)/(.+)", path)
        asked, names = (int(found[1]), found[2].split(",")) if found else (int(TODAY.timestamp()), [])
        point = {"price": 1.0, "symbol": "TOK", "timestamp": asked - 60, "confidence": 0.99}
        stated = {} if priced is None else {"decimals": priced}
        return {"coins": {name: point | (stated if name.endswith("a1a1") else {}) for name in names}}

    def many(path: str) -> dict[str, Any]:
        asked = json.loads(unquote(path.partition("coins=")[2]))
        point = {"price": 1.0, "confidence": 0.99}
        return {
            "coins": {
                name: {"symbol": "TOK", "prices": [point | {"timestamp": one} for one in instants]}
                for name, instants in asked.items()
            }
        }

    provider.answers = {"/prices/": prices, "/batchHistorical": many}
    source = f'base_url = "{provider.url}"\nrequests_per_second = 9999'
    first = TODAY - timedelta(days=3)
    return Wallet(folder, {"eip155:1": [node]}, first, more='token_lists = ["mine.json"]', asks=(), prices=source)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("listed", "own", "priced", "said"),
    [
        (18, 6, 6, [("listed_decimals", 18.0, "a token list has 18, the contract has 6")]),
        (0, 8, None, [("listed_decimals", 0.0, "a token list has 0, the contract has 8")]),
        (6, 6, 18, [("price_source_decimals", 18.0, "the price source has 18, the contract has 6")]),
        (6, 6, 6, []),
    ],
)
def test_the_contracts_decimals_count(
    folder: Path,
    provider: Provider,
    listed: int,
    own: int,
    priced: int | None,
    said: list[tuple[str, float, str]],
) -> None:
    """A holding is sized by what its contract says, and a list or a price source that says otherwise is named."""
    node = Node(Chain(BEGINS, decimals={FIRST: own}))
    with serving(node):
        portfolio = wallet(folder, node, provider, listed, priced)
        assert portfolio.take(TODAY - timedelta(days=1))[0].is_complete
    amount = USDX / 10**own
    assert portfolio.rows(HELD) == [(amount, "priced", Decimal(str(amount)))]
    assert portfolio.rows(SAID) == said
    published = portfolio.settings().paths.published
    verdicts = [row["verdict"] for row in answer(published, "reconciliation").dicts()]
    assert verdicts == ["decimals"] * len(said)
    broken = [one.name for one in check_claims(published) if not one.holds]
    assert broken == ["decimals_agree"] * len(said)


@pytest.mark.slow
@pytest.mark.parametrize(("listed", "priced"), [(18, 6), (6, 8)])
def test_decimals_that_nobody_settles_leave_no_value(
    folder: Path, provider: Provider, listed: int, priced: int
) -> None:
    """Where the contract states no decimals and list and price source differ, nobody knows what a holding is worth."""
    node = Node(Chain(BEGINS, decimals={FIRST: None}))
    with serving(node):
        portfolio = wallet(folder, node, provider, listed, priced)
        portfolio.take(TODAY - timedelta(days=1))
    assert [row[1:] for row in portfolio.rows(HELD)] == [("quarantined", None)]
    words = f"the price source has {priced}, the token list has {listed}"
    assert portfolio.rows(SAID) == [("price_source_decimals", float(priced), words)]
    rest = Decimal(AAA) / 10**18 + 3  # the other token and three coins, at a dollar each
    assert portfolio.rows("select known_value_usd, quarantined_count from value_chart()") == [(rest, 1)]


@pytest.mark.every
def test_decimals_cost_no_request_of_their_own(folder: Path, provider: Provider) -> None:
    """The question for decimals travels with the balances: one call a day for the wallet, and a rebuild agrees."""
    node = Node(Chain(BEGINS, decimals={FIRST: 6}))
    days = [TODAY - timedelta(days=back) for back in (3, 2, 1)]
    with serving(node):
        portfolio = wallet(folder, node, provider, 18, 6)
        assert all(one.is_complete for one in portfolio.take(*days))
        assert node.seen.count("eth_call") == len(days)
    before = portfolio.rows(HELD)
    assert before == [(1000.0, "priced", Decimal(1000))] * 3
    rebuild(portfolio.settings(), datetime.now(UTC), lambda *_: None, discard_old=True)
    assert portfolio.rows(HELD) == before


@pytest.mark.every
def test_many_tokens_are_described_once_it_is_known_which_are_held(folder: Path, provider: Provider) -> None:
    """Where the requests are full, what is held is asked in one more; where there is room, with the balances."""
    node = Node(Chain(BEGINS, holds={FIRST: USDX, SECOND: 0}, decimals={FIRST: 6}))
    days = [TODAY - timedelta(days=back) for back in (3, 2, 1)]
    with serving(node):
        portfolio = wallet(folder, node, provider, 18, 6)
        portfolio.more += "\nchunk = 3"
        for day in days:
            portfolio.take(day)
        assert node.seen.count("eth_call") == 2 * len(days)  # a run a day knows nothing of the day before
        node.seen.clear()
        portfolio.more = portfolio.more.replace("chunk = 3", "chunk = 4")
        portfolio.take(TODAY)
        assert node.seen.count("eth_call") == 1
    assert {row[0] for row in portfolio.rows(HELD)} == {1000.0}


def test_an_answer_of_before_is_read_as_it_was_asked(folder: Path, provider: Provider) -> None:
    """A kept answer whose plan did not ask for decimals stays readable: the list sizes it."""
    node = Node(Chain(BEGINS))
    with serving(node):
        settings = wallet(folder, node, provider, 18, None).settings()
        (part,) = plan(settings, TODAY - timedelta(days=1)).providers
    asked = read(part.pulls[0].request.content)
    assert asked.checks_decimals
    content = json.loads(write(asked))
    del content["checks_decimals"]
    assert not read(json.dumps(content)).checks_decimals
