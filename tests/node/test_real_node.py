"""Promises of the on-chain source against a real EVM: what is stored is what the chain's own single calls say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.archive.layout import find_streams
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.take import read_slice
from dagster_project.snapshot.taken import Taken
from dagster_project.sources.onchain_chains import FACTS, ChainFacts
from tests.portfolio import Portfolio, use_folder
from tests.simulator.running_simulator import Simulator

pytest.importorskip("vyper", reason="the compiler of the contracts cannot be installed on this Python")
from tests.node.running_node import Node, serving

pytestmark = pytest.mark.slow

TRANSFER, APPROVE = "0xa9059cbb", "0x095ea7b3"
SPENDER = "0x" + "5e" * 20
MOST = 2**256 - 1
NOBODY = "0x" + "0d" * 20
"""An address without code: no token."""

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 4


def day(number: float) -> datetime:
    """Give the instant so many days after the first."""
    return FIRST + timedelta(days=number)


@dataclass
class World:
    """A chain with a history: tokens by name, holders, and the block that stands for each day."""

    node: Node
    tokens: dict[str, str]
    holders: tuple[str, str]
    multicall: str
    blocks: list[int]

    def told(self, holder: str, token: str, block: int) -> int | None:
        """Give what the chain's own single call says of a balance; None where it refuses."""
        answer = self.node.answer({
            "method": "eth_call",
            "params": [{"to": token, "data": f"0x70a08231{holder[2:].lower():0>64}"}, hex(block)],
        })  # fmt: skip
        return int(answer["result"], 16) if answer.get("result", "0x") != "0x" else None


def made(node: Node) -> World:
    """Let four days pass on a chain: contracts come on the first, and every day something moves."""
    one, two = node.accounts[1], node.accounts[2]
    node.wait_until(int(day(-0.5).timestamp()))
    plain = ("string", "string", "uint8", "uint256")
    tokens = {
        "usual": node.deploy("token", plain, ("Usual", "USU", 6, 10**15)),
        "whole": node.deploy("token", plain, ("Whole", "WHO", 0, 1000)),
        "old": node.deploy(
            "old_token", ("bytes32", "bytes32", "address", "uint256"), (b"Old", b"OLD", one, 10**20 + 7)
        ),
        "refusing": node.deploy("strange_token", ("bool",), (True,)),
        "endless": node.deploy("strange_token", ("bool",), (False,)),
        "nobody": NOBODY,
    }
    node.wait_until(int((day(0) - timedelta(seconds=30)).timestamp()))
    node.mine()
    node.wait_until(int(day(0.5).timestamp()))
    multicall = node.deploy("multicall")
    blocks = []
    for number in range(DAYS):
        node.wait_until(int((day(number + 1) - timedelta(seconds=30)).timestamp()))
        node.send(tokens["usual"], TRANSFER, ("address", "uint256"), (two, 1_000_000 + number))
        node.send(tokens["whole"], TRANSFER, ("address", "uint256"), (one, number + 1))
        node.send(tokens["usual"], APPROVE, ("address", "uint256"), (SPENDER, MOST - number))
        node.pay(two, 10**18 + number)
        blocks.append(int(node.latest["number"]))
        node.wait_until(int((day(number + 1) + timedelta(seconds=30)).timestamp()))
        node.mine()
        node.send(tokens["usual"], TRANSFER, ("address", "uint256"), (one, 5))
    return World(node, tokens, (one, two), multicall, blocks)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Give a chain with its history, behind an address of this machine."""
    with serving(Node(int(day(-1).timestamp()))) as node:
        yield made(node)


@pytest.fixture
def wallet(world: World, tmp_path: Path, shared_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Portfolio:
    """Give a portfolio of the chain's holders and first account, priced by nobody."""
    use_folder(monkeypatch, tmp_path)
    facts = ChainFacts("ethereum", "coingecko:ethereum", 0, 12, (), world.multicall)
    monkeypatch.setitem(FACTS, "eip155:1", facts)
    world.node.forgets_below, world.node.most_data = 0, None
    world.node.knows_hashes, world.node.is_reorganised = True, False
    world.node.seen.clear()
    world.node.meant.clear()
    portfolio = Portfolio(tmp_path, shared_simulator, accounts=(), providers=())
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"'
    portfolio.extra = settings(world, world.node.url)
    return portfolio


def settings(world: World, *urls: str) -> str:
    """Write the tables of accounts and provider."""
    accounts = "".join(
        f'[[accounts]]\naddress = "{address}"\nlabel = "holder {index}"\n'
        for index, address in enumerate((world.node.accounts[0], *world.holders))
    )
    listed = [f"eip155:1/erc20:{address}" for address in world.tokens.values()]
    nodes = json.dumps({"eip155:1": urls}).replace(": ", " = ")
    return (
        f'{accounts}[providers.onchain]\nprices = "others"\nspenders = ["{SPENDER}"]\n'
        f"tokens = {json.dumps(listed)}\nendpoints = {nodes}\n"
    )


def take(wallet: Portfolio, *days: int) -> list[Taken]:
    """Take the snapshots of some days after the first."""
    taken: list[Taken] = []
    take_history(wallet.settings(), Job(tuple(day(number) for number in days)), Watch(stored=taken.append))
    return taken


def rows(wallet: Portfolio, sql: str) -> list[tuple[Any, ...]]:
    """Ask the published file."""
    return wallet.query(sql).rows


def stored(wallet: Portfolio, number: int) -> dict[tuple[str, str], str | None]:
    """Give raw amounts by holder and token of the snapshot of a day."""
    found = rows(wallet, f"select account_id, asset_id, amount_raw from balance where as_of = '{day(number):%Y-%m-%d}'")
    return {(account[-42:], asset.rpartition(":")[2]): raw for account, asset, raw in found}


def expected(world: World, block: int) -> dict[tuple[str, str], str | None]:
    """Give what the chain's single calls say is held at a block; None where a contract refuses to say."""
    found: dict[tuple[str, str], str | None] = {}
    for holder in (world.node.accounts[0], *world.holders):
        found[holder.lower(), "60"] = str(world.node.balance(holder, block))
        for name, token in world.tokens.items():
            amount = world.told(holder, token, block)
            if amount or name == "refusing":
                found[holder.lower(), token] = None if amount is None else str(amount)
    return found


def test_history_is_what_single_calls_say(world: World, wallet: Portfolio) -> None:
    """At each of four past blocks every balance equals the chain's own single call to the last wei, at that block."""
    assert [one.is_complete for one in take(wallet, 1, 2, 3, 4)] == [True] * DAYS
    for number, block in enumerate(world.blocks, start=1):
        assert stored(wallet, number) == expected(world, block)
    found = rows(wallet, "select block_number, epoch(effective_at)::bigint from pull order by as_of")
    headers = [world.node.evm.get_block_by_number(block) for block in world.blocks]
    assert found == [(header["number"], header["timestamp"]) for header in headers]
    hashes = rows(wallet, "select words from figure where measure = 'block_hash' order by as_of")
    assert [words for (words,) in hashes] == [header["hash"] for header in headers]
    assert len(set(stored(wallet, 1).items()) ^ set(stored(wallet, 2).items())) > 4, "nothing moved in this history"


def test_strange_tokens_are_said_and_never_zero(world: World, wallet: Portfolio) -> None:
    """A token that reverts is a row without an amount, one without code is not held, and 2^256 - 1 is exact."""
    take(wallet, 2)
    first = world.node.accounts[0].lower()
    held = stored(wallet, 2)
    assert held[first, world.tokens["refusing"]] is None
    assert held[first, world.tokens["endless"]] == str(MOST)
    assert (first, NOBODY) not in held
    said = rows(wallet, "select subject from figure where measure = 'unreadable'")
    assert said == [(f"eip155:1/erc20:{world.tokens['refusing']}",)]
    of_cell = rows(wallet, "select distinct unpriced_count = row_count from cell")
    assert of_cell == [(True,)]
    described = dict(rows(wallet, "select asset_id[-42:], (symbol, decimals)::varchar from asset"))
    assert described[world.tokens["old"]] == "(OLD, 18)"
    assert described[world.tokens["whole"]] == "(WHO, 0)"
    assert described[world.tokens["usual"]] == "(USU, 6)"


def test_allowances_are_what_the_chain_says(world: World, wallet: Portfolio) -> None:
    """The allowance of a configured spender at a past block is the chain's own, exact."""
    take(wallet, 1, 3)
    found = rows(wallet, "select spender, asset_id[-42:], allowance_raw from allowance order by as_of")
    usual = world.tokens["usual"]
    assert found == [(SPENDER, usual, str(MOST)), (SPENDER, usual, str(MOST - 2))]


def test_calls_are_single_before_there_is_a_multicall(world: World, wallet: Portfolio) -> None:
    """Before the contract that takes many calls exists, balances are asked one by one and are as exact."""
    assert [one.is_complete for one in take(wallet, 0)] == [True], rows(wallet, "select detail from pull")
    (block,) = rows(wallet, "select block_number from pull")[0]
    assert stored(wallet, 0) == expected(world, block)
    assert world.node.seen.count("eth_getBalance") == 3


def test_a_node_without_the_state_is_named_and_never_zero(world: World, wallet: Portfolio) -> None:
    """A full node that has no state of the block gives a failed pull that says so, and no value; not one row."""
    world.node.forgets_below = world.blocks[-1]
    assert [one.is_complete for one in take(wallet, 1)] == [False]
    ((outcome, reason, detail),) = rows(wallet, "select outcome, reason, detail from pull")
    assert (outcome, reason) == ("failed", "state_pruned")
    assert "127.0.0.1" in detail
    assert "archive endpoint" in detail
    assert rows(wallet, "select count(*) from balance") == [(0,)]
    assert rows(wallet, "select distinct value_usd from cell") == [(None,)]


def test_an_archive_behind_a_full_node_is_asked(world: World, wallet: Portfolio) -> None:
    """Where the first node has no state of the block any more the next one answers, with the same rows."""
    world.node.forgets_below = world.blocks[-1]
    wallet.extra = settings(world, world.node.url, f"{world.node.url}/archive")
    assert [one.is_complete for one in take(wallet, 1)] == [True]
    assert stored(wallet, 1) == expected(world, world.blocks[0])


def test_a_node_of_another_chain_is_not_trusted(world: World, wallet: Portfolio) -> None:
    """What an endpoint of another chain says is never stored: it is named, and the next one answers."""
    wallet.extra = settings(world, f"{world.node.url}/other")
    take(wallet, 1)
    ((reason, detail),) = rows(wallet, "select reason, detail from pull")
    assert reason == "wrong_chain"
    assert "is 2, but 1 is asked for" in detail
    wallet.extra = settings(world, f"{world.node.url}/other", f"{world.node.url}/archive")
    assert [one.is_complete for one in take(wallet, 1)] == [True]
    assert stored(wallet, 1) == expected(world, world.blocks[0])


def test_a_node_that_takes_little_is_asked_in_halves(world: World, wallet: Portfolio) -> None:
    """Where a node refuses a call as too large it is halved until it fits, and the rows are the same."""
    world.node.most_data = 5000
    assert [one.is_complete for one in take(wallet, 3)] == [True]
    assert 6 < world.node.seen.count("eth_call") < 25, "one by one there would be more than 36"
    assert stored(wallet, 3) == expected(world, world.blocks[2])


def test_an_empty_wallet_is_proven_by_the_real_contract(world: World, wallet: Portfolio) -> None:
    """A wallet that never held anything is recorded as such, after one look at the code of the called contract."""
    tokens = json.dumps([f"eip155:1/erc20:{world.tokens[name]}" for name in ("usual", "whole", "nobody")])
    wallet.extra = (
        f'[[accounts]]\naddress = "{NOBODY}"\nlabel = "nobody"\n[providers.onchain]\nprices = "others"\n'
        f'tokens = {tokens}\nendpoints = {{"eip155:1" = ["{world.node.url}"]}}\n'
    )
    assert [one.is_complete for one in take(wallet, 3)] == [True], rows(wallet, "select detail from pull")
    assert rows(wallet, "select count(*) from balance where amount_raw is not null") == [(0,)]
    assert world.node.seen.count("eth_getCode") == 2, "of the token that answers nothing, and of the contract"


def test_blocks_are_meant_by_their_hash(world: World, wallet: Portfolio) -> None:
    """State is asked for by a block's hash, which must be canonical, so that no other block can be meant."""
    take(wallet, 1)
    block = world.node.evm.get_block_by_number(world.blocks[0])
    assert world.node.meant
    assert all(one == {"blockHash": block["hash"], "requireCanonical": True} for one in world.node.meant)


def test_a_block_that_was_replaced_is_not_asked_by_its_number(world: World, wallet: Portfolio) -> None:
    """Where the block that was found is no longer of the chain, no other block of its number answers for it."""
    world.node.is_reorganised = True
    assert [one.is_complete for one in take(wallet, 1)] == [False]
    ((reason, detail),) = rows(wallet, "select reason, detail from pull")
    assert (reason, "not currently canonical" in detail) == ("node_behind", True)
    assert world.node.meant == []
    world.node.is_reorganised = False
    assert [one.is_complete for one in take(wallet, 1)] == [True]


def test_a_node_that_takes_no_hashes_is_asked_by_number(world: World, wallet: Portfolio) -> None:
    """Where a node refuses a hash it is asked by number from then on, once more in all, and the rows are the same."""
    take(wallet, 1)
    by_hash, again = stored(wallet, 1), Job((day(1),), again=True)
    world.node.seen.clear()
    take_history(wallet.settings(), again)
    usual = len(world.node.seen)
    world.node.knows_hashes = False
    world.node.seen.clear()
    world.node.meant.clear()
    take_history(wallet.settings(), again)
    assert set(world.node.meant) == {hex(world.blocks[0])}
    assert len(world.node.seen) == usual + 1
    assert stored(wallet, 1) == by_hash == expected(world, world.blocks[0])


def test_history_is_made_again_from_raw_alone(wallet: Portfolio) -> None:
    """From the kept conversation alone, node and settings gone, the same rows come to be."""
    (taken,) = take(wallet, 4)
    (live,) = taken.slices
    (stream,) = find_streams(wallet.folder / "data" / "simulated" / "raw", "onchain", day(4), day(4))
    again = read_slice(stream)
    assert again is not None
    for table in ("pull", "cell", "balance", "allowance", "figure", "asset"):
        assert getattr(again, table).equals(getattr(live, table)), table
