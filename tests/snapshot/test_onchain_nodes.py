"""Promises of the on-chain source where nodes differ: full ones that prune, archives behind, other providers."""

from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.normalise.onchain_question import Line
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.taken import Taken
from dagster_project.sources.onchain_memory import ChainMemory
from tests.portfolio import FIRST, Portfolio, day


@pytest.fixture
def chain(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of one account on one chain."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onchain",)
    return portfolio


def asked_at(chain: Portfolio, *forms: str) -> None:
    """Let nodes of these forms be asked, in this order."""
    nodes = ", ".join(f'"{chain.simulator.url}/onchain/rpc/1/{form}"' for form in forms)
    chain.provider_keys = f'endpoints = {{"eip155:1" = [{nodes}]}}\n'


def take_late(chain: Portfolio, *days: float) -> list[Taken]:
    """Take snapshots an hour and a half late, when a full node has no state of their blocks any more."""
    taken: list[Taken] = []
    job = Job(tuple(day(number) for number in days), heals=True)
    take_history(chain.settings(), job, Watch(stored=taken.append))
    return taken


def seen_at(chain: Portfolio, form: str) -> list[str]:
    """Give the requests that a node of this form saw."""
    return [path for path in chain.requests() if f"/rpc/1/{form}" in path]


def test_a_full_node_answers_for_what_it_still_has(chain: Portfolio) -> None:
    """A node with state of the last blocks alone is enough for a snapshot that is taken on time."""
    asked_at(chain, "full_node")
    assert [one.is_complete for one in chain.take(0)] == [True]


def test_a_pruned_instant_is_said_of_its_node(chain: Portfolio) -> None:
    """An instant that the only node has pruned fails as such, names node and remedy, and has no value."""
    asked_at(chain, "full_node")
    assert [one.is_complete for one in take_late(chain, 0)] == [False]
    ((outcome, reason, detail),) = chain.query("select outcome, reason, detail from pull").rows
    assert (outcome, reason) == ("failed", "state_pruned")
    assert "127.0.0.1" in str(detail)
    assert "archive endpoint" in str(detail)
    assert chain.query("select distinct value_usd from cell").rows == [(None,)]


@pytest.mark.every
def test_an_archive_behind_a_full_node_answers(chain: Portfolio) -> None:
    """What the full node has pruned the archive behind it answers, with the rows that it gives alone."""
    asked_at(chain, "archive")
    take_late(chain, 0, 1)
    sql = "select * exclude (recorded_at, pull_key) from balance order by all"
    alone = chain.query(sql).rows
    asked_at(chain, "full_node", "archive")
    chain.forget_requests()
    job = Job((day(0), day(1)), again=True, heals=True)
    taken: list[Taken] = []
    take_history(chain.settings(), job, Watch(stored=taken.append))
    assert [one.is_complete for one in taken] == [True, True]
    assert chain.query(sql).rows == alone
    assert seen_at(chain, "full_node")
    assert seen_at(chain, "archive")


def test_a_backfill_leaves_a_pruned_node_alone() -> None:
    """A node that had no state of an instant is not asked of one nearly as old, but is of one that is far younger."""
    full, archive = Line("https://full.example"), Line("https://archive.example")
    memory = ChainMemory()
    head, old = 1_780_000_000, 1_770_000_000
    memory.note(Header(1000, "0x", head))
    memory.prune(full, old)
    assert memory.in_order((full, archive), old) == [archive]
    assert memory.in_order((full, archive), old + 1_000_000) == [archive]
    assert memory.in_order((full, archive), head - 60) == [full, archive]
    memory.prune(full, head - 7200)
    assert memory.in_order((full, archive), head - 4000) == [archive]
    assert memory.in_order((full, archive), head - 3000) == [full, archive]


@pytest.mark.every
def test_tokens_that_came_in_are_found(chain: Portfolio) -> None:
    """Looking through a day's blocks finds what came in, whatever a node gives at once; one without logs is told of."""
    chain.accounts = ("trading",)
    found: list[list[tuple[object, ...]]] = []
    for form in ("archive", "small_answers", "no_logs"):
        asked_at(chain, form)
        chain.provider_keys += "log_blocks = 50_000\nknown_tokens = false\n"
        take_history(chain.settings(), Job((day(7),), again=True, heals=True))
        found.append(chain.query("select asset_id, amount_raw from balance order by all").rows)
    assert len(found[0]) > 1
    assert found[1] == found[0]
    assert [asset for asset, _ in found[2]] == ["eip155:1/slip44:60"]
    ((words,),) = chain.query("select words from figure where measure = 'undiscovered'").rows
    assert "eth_getLogs does not exist" in str(words)


@pytest.mark.every
@pytest.mark.parametrize(
    ("on", "stranger", "key", "label"),
    [
        ("2026-06-03", "oneinch_portfolio", "WBTC", "treasury"),
        ("2026-06-10", "oneinch_balance", "EURC", "operations"),
    ],
)
def test_chains_agree_with_others_but_for_what_is_planted(
    portfolio: Portfolio, on: str, stranger: str, key: str, label: str
) -> None:
    """Beside four providers the chain's own amounts contradict only who is planted to be wrong, by that token."""
    portfolio.accounts = ("treasury", "operations")
    portfolio.providers = ("oneinch_portfolio", "credmark", "onebalance", "oneinch_balance", "onchain")
    at, before = datetime.fromisoformat(on).replace(tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)
    eve = at - timedelta(days=1)
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{before:%Y-%m-%d}"'
    portfolio.take((before - FIRST).days)  # from here on the chain is asked for what the others have seen
    portfolio.take(*((one - FIRST).days for one in (eve, at)))
    listed = portfolio.answer("reconciliation", as_of=at)
    with_chain = [row for row in listed if "onchain" in (row["provider_a"], row["provider_b"])]
    assert with_chain
    assert {(row["label"], row["asset_id"]) for row in with_chain} == {(label, ASSET_BY_KEY[key].id)}
    assert all(stranger in (row["provider_a"], row["provider_b"]) for row in listed)
    matched = portfolio.answer("reconciliation", as_of=at, matched=True)
    beside = {row["provider_a"] if row["provider_b"] == "onchain" else row["provider_b"] for row in matched} - {
        "onchain"
    }
    assert {"oneinch_portfolio", "oneinch_balance", "credmark", "onebalance"} <= beside
