"""Promises of the on-chain dialect: JSON-RPC as nodes speak it, and DefiLlama's prices, without a key."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.prices import price_usd
from tests.simulator.running_simulator import NOW, Simulator, address

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts" / "payloads"
USDC = f"ethereum:{ASSET_BY_KEY['USDC'].address}"


def rpc(simulator: Simulator, method: str, *params: object, form: str = "", now: int = NOW) -> dict[str, Any]:
    """Ask a node of Ethereum one thing."""
    asked = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    answer = simulator.ask(f"/onchain/rpc/1{form and f'/{form}'}", body=asked, now=now).json()
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", 7)
    return dict(answer)


def block(simulator: Simulator, tag: int | str) -> Any:  # noqa: ANN401 - a block, or null
    """Give a block without its transactions."""
    params = (hex(tag) if isinstance(tag, int) else tag, False)
    return rpc(simulator, "eth_getBlockByNumber", *params)["result"]


def latest(simulator: Simulator) -> dict[str, Any]:
    """Give the latest block."""
    return dict(block(simulator, "latest"))


def test_a_node_knows_blocks_up_to_the_lived_instant(simulator: Simulator) -> None:
    """The latest block is at or before what is lived, the next one is null, and each has its own hash and parent."""
    head = latest(simulator)
    assert NOW - 12 < int(head["timestamp"], 16) <= NOW
    number = int(head["number"], 16)
    before = block(simulator, number - 1)
    assert head["parentHash"] == before["hash"] != head["hash"]
    assert block(simulator, number + 1) is None
    assert rpc(simulator, "eth_blockNumber")["result"] == head["number"]


def test_a_block_may_be_meant_by_its_hash(simulator: Simulator) -> None:
    """EIP-1898: hash and number give the same balance; an unknown hash is an error, and some nodes take none."""
    head, wallet = latest(simulator), address("treasury").lower()
    by_number = rpc(simulator, "eth_getBalance", wallet, head["number"])
    assert int(by_number["result"], 16) > 0
    by_hash = {"blockHash": head["hash"], "requireCanonical": True}
    assert rpc(simulator, "eth_getBalance", wallet, by_hash) == by_number
    assert rpc(simulator, "eth_getBalance", wallet, {"blockNumber": head["number"]}) == by_number
    unknown = rpc(simulator, "eth_getBalance", wallet, {"blockHash": f"0x{'ab' * 32}"})
    assert unknown["error"]["message"] == "header for hash not found"
    refused = rpc(simulator, "eth_getBalance", wallet, by_hash, form="numbers_only")
    assert refused["error"]["code"] == -32602


def test_several_questions_come_as_a_list(simulator: Simulator) -> None:
    """A batch is answered as a list, an unknown method as an error, and what is no JSON as one without a number."""
    asked = [
        {"jsonrpc": "2.0", "id": one, "method": name, "params": []} for one, name in ((1, "eth_chainId"), (2, "x"))
    ]
    first, second = simulator.ask("/onchain/rpc/8453", body=asked).json()
    assert first == {"jsonrpc": "2.0", "id": 1, "result": hex(8453)}
    assert (second["id"], second["error"]["code"]) == (2, -32601)
    torn = simulator.http.post(f"{simulator.url}/onchain/rpc/1", content=b"{").json()
    assert (torn["id"], torn["error"]["code"]) == (None, -32700)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("full_node", "missing trie node"),
        ("limited", "rate limited"),
        ("broken", "Internal error"),
    ],
)
def test_nodes_fail_as_nodes_do(simulator: Simulator, form: str, words: str) -> None:
    """A form in the path is kept by that node alone, and its errors come within a good HTTP answer."""
    old = hex(int(latest(simulator)["number"], 16) - 1000)
    wallet = address("treasury").lower()
    assert words in rpc(simulator, "eth_getBalance", wallet, old, form=form)["error"]["message"]
    assert "result" in rpc(simulator, "eth_getBalance", wallet, old)


def test_logs_are_what_came_in(simulator: Simulator) -> None:
    """Transfers to a wallet are those of the book, in ranges of at most 10,000 blocks."""
    last = int(latest(simulator)["number"], 16)
    topic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    receiver = f"0x{address('treasury')[2:].lower():0>64}"
    asked = {"fromBlock": hex(last - 9_999), "toBlock": hex(last), "topics": [topic, None, [receiver]]}
    logs = rpc(simulator, "eth_getLogs", asked)["result"]
    assert logs
    assert {log["topics"][2] for log in logs} == {receiver}
    assert all(last - 10_000 < int(log["blockNumber"], 16) <= last for log in logs)
    wide = rpc(simulator, "eth_getLogs", asked | {"fromBlock": hex(last - 10_000)})
    assert "limited to a 10,000 range" in wide["error"]["message"]


def test_prices_of_many_times_are_those_of_each(simulator: Simulator) -> None:
    """`batchHistorical` gives the points that `prices/historical` gives one by one; who has no price is not there."""
    times = [NOW - 86_400, NOW - 3600]
    asked = {USDC: times, "coingecko:ethereum": times, "ethereum:0xdead": times}
    path = f"/onchain/batchHistorical?coins={quote(json.dumps(asked))}"
    coins = simulator.http.get(simulator.url + path, headers=simulator.headers()).json()["coins"]
    assert set(coins) == {USDC, "coingecko:ethereum"}
    for at in times:
        one = simulator.ask(f"/onchain/prices/historical/{at}/{USDC}").json()["coins"][USDC]
        assert {name: one[name] for name in ("timestamp", "price", "confidence")} in coins[USDC]["prices"]
        assert one["price"] == price_usd(ASSET_BY_KEY["USDC"].id, one["timestamp"])
    assert simulator.ask("/onchain/batchHistorical", {"coins": "["}).status_code == 400


def test_the_list_of_tokens_keeps_to_the_standard(simulator: Simulator) -> None:
    """The book's tokens are a list as the standard's own schema has it."""
    schema = CONTRACTS / "jsonrpc" / "tokenlist_schema.json"
    if not schema.exists():
        pytest.skip("the standard's schema is not beside this repository")
    jsonschema.validate(simulator.ask("/onchain/tokens.json").json(), json.loads(schema.read_bytes()))


@pytest.mark.parametrize("name", ["prices_current", "prices_historical"])
def test_prices_have_the_members_of_the_published_example(simulator: Simulator, name: str) -> None:
    """Each coin has the members that DefiLlama's own examples have, of the same kinds."""
    published = CONTRACTS / "defillama" / f"{name}.json"
    if not published.exists():
        pytest.skip("the provider's published examples are not beside this repository")
    (example,) = json.loads(published.read_bytes())["coins"].values()
    path = f"historical/{NOW - 3600}" if name == "prices_historical" else "current"
    mine = simulator.ask(f"/onchain/prices/{path}/{USDC}").json()["coins"][USDC]
    numbers = {member for member, value in example.items() if isinstance(value, int | float)}
    assert set(example) <= set(mine)
    assert numbers <= {member for member, value in mine.items() if isinstance(value, int | float)}
