"""Promises of the on-chain source over the simulator: what it costs, what it agrees with, and how nodes fail it."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from dagster_project.archive.layout import StreamFile, find_streams, open_file
from dagster_project.archive.stream import Kind, StreamWriter, read_rows
from dagster_project.simulator.book.accounts import invented_address
from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.snapshot.forecast import forecast
from dagster_project.snapshot.history import IN_FLIGHT
from dagster_project.snapshot.take import read_slice
from dagster_project.sources.onchain import SOURCE
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.ask import query
from tests.portfolio import Portfolio, day, named

CHAINS = ("eip155:1", "eip155:8453", "eip155:42161")
ON_THREE = f"\nchains = {json.dumps(CHAINS)}"
BOOK = [one.id for one in ASSET_BY_ID.values() if "/erc20:" in one.id and one.chain in CHAINS]
NAMELESS = {"symbol": "", "name": ""}
FILLERS = [
    {
        "chainId": int(chain[7:]),
        "address": invented_address(f"filler/{number}"),
        "decimals": 18,
        "symbol": "",
        "name": "",
    }
    for chain in CHAINS
    for number in range(50)
]
LIST = {
    "name": "Fillers",
    "timestamp": "2026-05-01",
    "version": {"major": 1, "minor": 0, "patch": 0},
    "tokens": FILLERS,
}


@pytest.fixture
def chain(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio on three chains that is asked of the chains alone."""
    portfolio.providers = ("onchain",)
    portfolio.snapshots += ON_THREE
    portfolio.provider_keys = f"tokens = {json.dumps(BOOK)}\n"
    return portfolio


def rows(portfolio: Portfolio) -> list[tuple[object, ...]]:
    """Give everything that is stored of balances, but for when it was."""
    return portfolio.query("select * exclude (recorded_at, pull_key) from balance order by all").rows


@pytest.mark.every
def test_a_backfill_asks_what_its_plan_says(chain: Portfolio) -> None:
    """Ten accounts with fifty tokens on three chains over thirty days ask within 5 % of what the plan says."""
    extra = "".join(f'[[accounts]]\naddress = "{invented_address(f"extra/{number}")}"\n' for number in range(5))
    chain.extra = f'{extra}[providers.onchain]\nbase_url = "{chain.simulator.url}/onchain"\n'
    chain.providers = ()
    chain.extra += 'token_lists = ["fillers.json"]\nseries_every = "never"\n'
    (chain.folder / "fillers.json").write_text(json.dumps(LIST), encoding="utf-8")
    days = range(30)
    (demand,) = forecast(chain.settings(), [day(one) for one in days], datetime.now(UTC)).demands
    taken = chain.take(*days)
    assert all(one.is_complete for one in taken)
    asked = int(str(chain.query("select sum(tries) from pull").rows[0][0]))
    # The plan speaks of conversations that all begin at once; one that begins later learns from those before it.
    learnt = SOURCE.warm_up * len(CHAINS) * (min(IN_FLIGHT, len(days)) - 1)
    assert 0.95 * (demand.requests - learnt) <= asked <= 1.05 * demand.requests, (asked, demand.requests)
    calls = 10 * 51
    assert asked / (len(days) * len(CHAINS)) < calls / 200 + 6, "requests grow with calls by chunk alone"


@pytest.mark.every
def test_chains_and_credmark_agree(chain: Portfolio) -> None:
    """What a chain itself says and what a provider says of it are the same to the last token, and no pair disagrees."""
    chain.snapshots = chain.snapshots.replace(ON_THREE, "")
    chain.providers = ("onchain", "credmark")
    chain.provider_keys = ""
    chain.take(0)
    chain.take(1)
    held = Counter(
        (provider, account, asset)
        for provider, account, asset in chain.query(
            f"select provider, account_id, asset_id from balance where as_of = '{day(1):%Y-%m-%d}'"
        ).rows
    )
    by_chain = {key[1:] for key in held if key[0] == "onchain"}
    assert by_chain == {key[1:] for key in held if key[0] == "credmark"}
    assert len(by_chain) > 50
    found = chain.answer("reconciliation", as_of=f"{day(1):%Y-%m-%d}")
    assert [row for row in found if row["verdict"] != "matched"] == []


@pytest.mark.slow
def test_prices_of_others_are_borrowed(chain: Portfolio) -> None:
    """With prices = "others" no price is asked for, and each one bears the name of the provider that stated it."""
    chain.snapshots = chain.snapshots.replace(ON_THREE, "")
    chain.provider_keys = ""
    chain.providers = ("credmark",)
    chain.extra = f'[providers.onchain]\nbase_url = "{chain.simulator.url}/onchain"\nprices = "others"\n'
    chain.take(0)
    chain.forget_requests()
    chain.take(1)
    sql = "select distinct price_origin from balance where provider = 'onchain' and price_usd is not null"
    assert chain.query(sql).rows == [("credmark",)]
    assert [path for path in chain.requests() if "/prices/" in path] == []


@pytest.mark.every
def test_nodes_that_take_little_or_are_others(chain: Portfolio) -> None:
    """A node that takes small calls gives the same rows; one of another chain gives a failed cell and no total."""
    chain.snapshots = chain.snapshots.replace(ON_THREE, "")
    chain.accounts = ("treasury",)
    chain.take(0)
    honest = rows(chain)
    chain.simulator.speak(onchain="small_answers")
    chain.take(0, again=True)
    assert rows(chain) == honest
    chain.simulator.speak(onchain="other_chain")
    chain.take(1)
    chain.simulator.speak()
    assert chain.query("select reason, value_usd from cell where as_of > '2026-05-01'").rows == [("wrong_chain", None)]
    total = chain.answer("current_value")[0]
    assert (total["per"], total["value_usd"]) == ("total", None)


@pytest.mark.slow
def test_a_failing_price_source_fails_the_pull(chain: Portfolio) -> None:
    """Where prices cannot be had the pull fails and is asked again, for a wallet without prices would stay so."""
    chain.snapshots = chain.snapshots.replace(ON_THREE, "")
    chain.accounts = ("treasury",)
    orders = [{"dialect": "onchain", "fault": "server_error", "path": "*/prices/*"}]
    chain.simulator.http.put(f"{chain.simulator.url}/_simulator/faults", json=orders).raise_for_status()
    assert [one.is_complete for one in chain.take(0)] == [False]
    assert chain.query("select reason from pull").rows == [("server_error",)]
    chain.simulator.clear_faults()
    assert [one.is_complete for one in chain.take(0)] == [True]


def test_a_conversation_that_was_cut_is_asked_again(chain: Portfolio) -> None:
    """However early a run is killed, what was kept of a conversation is either whole or an interrupted pull."""
    chain.snapshots = chain.snapshots.replace(ON_THREE, "")
    chain.accounts = ("treasury",)
    (taken,) = chain.take(0)
    raw = chain.folder / "data" / "simulated" / "raw"
    (stream,) = find_streams(raw, "onchain", day(0), day(0))
    kept = list(read_rows(stream))
    assert sum(row.kind is Kind.ASKED for row in kept) > 4
    ends = []
    for length in range(2, len(kept) + 1):
        target = open_file(chain.folder / "cut", "onchain", day(0), f"cut-{length}")
        with StreamWriter(target) as writer:
            for row in kept[:length]:
                writer.append(row)
        found = read_slice(StreamFile(target.sealed_path, "onchain", day(0), f"cut-{length}"))
        assert found is not None
        ends += found.pull["reason"].to_pylist()
    assert ends[-1] is None
    assert set(ends[:-1]) == {"interrupted"}
    assert taken.is_complete


@pytest.mark.every
def test_a_new_portfolio_needs_no_key(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """In real mode, `init --onchain` and `snapshot` give a history without any key, past a node that is not there."""
    for provider in PROVIDERS.values():
        if provider.source.api_key_env:
            monkeypatch.delenv(provider.source.api_key_env, raising=False)
    portfolio.command("init", "--onchain", named("treasury"), check=True)
    text = portfolio.config.read_text(encoding="utf-8")
    url = f"{portfolio.simulator.url}/onchain"
    nodes = f'endpoints = {{"eip155:1" = ["http://127.0.0.1:1/not/there", "{url}/rpc/1"]}}\n'
    text = text.replace('base_url = "https://coins.llama.fi"', f'base_url = "{url}"\n{nodes}')
    portfolio.config.write_text(text, encoding="utf-8")
    portfolio.command("snapshot", check=True)
    published = portfolio.folder / "data" / "real" / "portfolio.duckdb"
    ((outcome, held, priced),) = query(published, "select outcome, row_count, value_usd > 0 from cell").rows
    assert (outcome, priced) == ("answered", True)
    assert int(str(held)) > 5
