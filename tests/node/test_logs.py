"""Promises of looking for tokens by the logs of a real EVM: what came in is asked for, exact, without being named."""

import pytest
from eth_utils.crypto import keccak

from dagster_project.normalise import onchain_abi as abi
from dagster_project.normalise.onchain_logs import TRANSFER
from dagster_project.snapshot.history import Job, take_history
from tests.portfolio import Portfolio

pytest.importorskip("vyper", reason="the compiler of the contracts cannot be installed on this Python")
from tests.node.test_real_node import World, day, expected, rows, settings, stored, wallet, world

pytestmark = pytest.mark.slow

__all__ = ["wallet", "world"]  # the fixtures of the real node


@pytest.fixture
def unnamed(world: World, wallet: Portfolio) -> Portfolio:
    """Give a portfolio that names no token, and looks through the last hundred blocks."""
    text = settings(world, world.node.url)
    tokens = text[text.index("tokens = ") : text.index("endpoints = ")]
    wallet.extra = text.replace(tokens, "log_blocks = 100\n")
    world.node.most_logged = None
    return wallet


def test_the_topic_is_that_of_a_transfer() -> None:
    """What is looked for is the hash of the standard's own words."""
    assert keccak(text="Transfer(address,address,uint256)").hex() == TRANSFER[2:]


@pytest.mark.parametrize(
    ("selector", "signature"),
    [
        (abi.BLOCK_TIMESTAMP, "getCurrentBlockTimestamp()"),
        (abi.BLOCK_NUMBER, "getBlockNumber()"),
        (abi.TOTAL_SUPPLY, "totalSupply()"),
    ],
)
def test_a_selector_is_that_of_its_signature(selector: str, signature: str) -> None:
    """What the proof of the state asks for is the beginning of the hash of each function's signature."""
    assert keccak(text=signature).hex()[:8] == selector[2:]


@pytest.mark.every
def test_what_came_in_is_asked_for(world: World, unnamed: Portfolio) -> None:
    """Tokens that nobody named are held to the last unit, with their own decimals, once something of them came in."""
    take_history(unnamed.settings(), Job((day(2),)))
    found = stored(unnamed, 2)
    moved = {world.tokens["usual"], world.tokens["whole"], "60"}
    assert found == {key: raw for key, raw in expected(world, world.blocks[1]).items() if key[1] in moved}
    assert {token for _, token in found} == moved
    described = dict(rows(unnamed, "select asset_id[-42:], decimals from asset"))
    assert (described[world.tokens["usual"]], described[world.tokens["whole"]]) == (6, 0)


@pytest.mark.every
def test_ranges_are_halved(world: World, unnamed: Portfolio) -> None:
    """A node that gives the logs of few blocks at once is asked in halves, for the same rows; one of none is told."""
    take_history(unnamed.settings(), Job((day(2),)))
    whole = stored(unnamed, 2)
    world.node.seen.clear()
    world.node.most_logged = 3
    take_history(unnamed.settings(), Job((day(2),), again=True))
    assert world.blocks[1] // 3 < world.node.seen.count("eth_getLogs") < world.blocks[1]
    assert stored(unnamed, 2) == whole
    assert rows(unnamed, "select * from figure where measure = 'undiscovered'") == []
    world.node.most_logged = 0
    take_history(unnamed.settings(), Job((day(3),)))
    ((words,),) = rows(unnamed, "select words from figure where measure = 'undiscovered'")
    assert "exceeds max block range" in words
    assert rows(unnamed, "select outcome from pull where as_of > '2026-03-03'") == [("answered",)]


@pytest.mark.every
def test_nothing_is_looked_for_unless_told(world: World, wallet: Portfolio) -> None:
    """Without the setting no logs are asked for."""
    take_history(wallet.settings(), Job((day(2),)))
    assert "eth_getLogs" not in world.node.seen
