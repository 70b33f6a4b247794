"""Promises of what doctor asks: every provider with a real question and every node, at once, and nothing is stored."""

from datetime import UTC, datetime

import pytest
import uvloop

from dagster_project.model import Reason
from dagster_project.remedies import REMEDIES
from dagster_project.snapshot.probe import Seen, look
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import address

NOW = datetime(2026, 5, 20, 0, 10, tzinfo=UTC)
ALL = ("oneinch_portfolio", "oneinch_balance", "credmark", "onebalance", "ecb")


@pytest.fixture
def chain(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of one account on two chains that is asked of the chains alone."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onchain",)
    portfolio.snapshots += '\nchains = ["eip155:1", "eip155:10"]'
    return portfolio


def seen(portfolio: Portfolio) -> dict[str, Seen]:
    """Look, and give what was found by subject."""
    found = uvloop.run(look(portfolio.settings(), NOW))
    assert len({one.subject for one in found}) == len(found)
    return {one.subject: one for one in found}


def nodes(portfolio: Portfolio, *paths: str) -> list[str]:
    """Let Ethereum be asked at these nodes, paths of the simulator or whole addresses; give their subjects."""
    urls = [path if path.startswith("http") else f"{portfolio.simulator.url}/onchain/rpc/{path}" for path in paths]
    portfolio.provider_keys = f'endpoints = {{"eip155:1" = [{", ".join(map(repr, urls))}]}}\n'
    return [f"onchain node {url.partition('//')[2].partition('/')[0]} of eip155:1" for url in urls]


def test_each_provider_gets_one_real_question(portfolio: Portfolio) -> None:
    """A question of the plan is asked of each provider once, and read as a run would; nothing is stored."""
    portfolio.accounts, portfolio.providers = ("treasury",), ALL
    found = seen(portfolio)
    assert {name: one.level for name, one in found.items()} == {f"reach {name}": "ok" for name in ALL}
    assert "answered value of 2026-05-20T00:00" in found["reach credmark"].words
    assert len(portfolio.requests()) == len(ALL)
    assert not portfolio.store.exists()
    assert not portfolio.published.exists()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("unauthorised", Reason.UNAUTHORISED),
        ("html_page", Reason.UNREADABLE),
        ("missing_field", Reason.UNREADABLE),
        ("unavailable", Reason.SERVER_ERROR),
    ],
)
def test_a_provider_that_answers_badly_fails_with_its_remedy(portfolio: Portfolio, fault: str, reason: Reason) -> None:
    """A wrong key, a page in place of an answer and an answer that cannot be read are found before a snapshot is."""
    portfolio.accounts = ("treasury",)
    portfolio.simulator.order(fault)
    one = seen(portfolio)["reach credmark"]
    assert one.level == "FAIL"
    assert REMEDIES[reason] in one.words
    assert len(portfolio.requests()) == 1, "a try that failed is not repeated"


def test_each_node_of_each_chain_is_looked_at(chain: Portfolio) -> None:
    """Every node says its chain, its head's age and whether it has the oldest instant; prices are asked as well."""
    first, second = nodes(chain, "1/archive", "http://127.0.0.1:9")
    found = seen(chain)
    assert found[first].level == "ok"
    assert "chain 1, head " in found[first].words
    assert found[first].words.endswith("s old, and it has the state of 2026-05-01T00:00")
    assert found[second].level == "warn"
    assert "another of them answers" in found[second].words
    assert "no connection; nothing listens at this port" in found[second].words
    assert [one.level for name, one in found.items() if name.endswith("eip155:10")] == ["ok"]
    assert found["onchain prices"].words == "prices of coingecko:ethereum now and at the oldest instant"
    assert len(chain.requests()) <= 2 * 9 + 2
    assert not chain.store.exists()


@pytest.mark.parametrize(
    ("path", "reason", "words"),
    [
        ("10/archive", Reason.WRONG_CHAIN, "it serves chain 10, not 1"),
        ("1/full_node", Reason.STATE_PRUNED, "no state of 2026-05-01T00:00, the oldest instant without a record"),
        ("http://127.0.0.2:7", Reason.UNREACHABLE, "nothing listens at this port"),
    ],
)
def test_a_chain_without_a_good_node_fails(chain: Portfolio, path: str, reason: Reason, words: str) -> None:
    """The only node of a chain fails where it is of another chain, lacks the start's state or is dead."""
    (subject,) = nodes(chain, path)
    one = seen(chain)[subject]
    assert one.level == "FAIL"
    assert words in one.words
    assert REMEDIES[reason] in one.words


@pytest.mark.slow
def test_what_is_recorded_needs_no_archive_any_more(chain: Portfolio) -> None:
    """Once the oldest instant of a chain is recorded, a node without its state is good for the ticks to come."""
    (subject,) = nodes(chain, "1/archive")
    assert chain.take(0)[0].is_complete
    (subject,) = nodes(chain, "1/full_node")
    one = seen(chain)[subject]
    assert (one.level, "state of" in one.words) == ("ok", False)


def test_an_account_that_begins_later_asks_for_a_later_state(chain: Portfolio) -> None:
    """The oldest instant is that from which on an account of the chain is watched, not the portfolio's start."""
    chain.account_keys = {"treasury": "from = 2026-05-12\n"}
    (subject,) = nodes(chain, "1/archive")
    assert seen(chain)[subject].words.endswith("it has the state of 2026-05-12T00:00")


def test_the_command_ends_with_1_where_a_snapshot_would_fail(chain: Portfolio) -> None:
    """Doctor prints a line for each address and ends with 0, or with 1 if one of them would fail a snapshot."""
    nodes(chain, "1/archive")
    chain.write()
    done = chain.command("doctor")
    assert (done.returncode, done.stdout.count("onchain node")) == (0, 2), done.stdout
    nodes(chain, "8453/archive")
    chain.write()
    done = chain.command("doctor")
    assert done.returncode == 1
    assert f"{REMEDIES[Reason.WRONG_CHAIN]}" in done.stdout
    assert address("treasury") not in done.stdout
