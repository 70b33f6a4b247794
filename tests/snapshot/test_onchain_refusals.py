"""Promises about nodes that refuse: they are asked later, for less, or not again, and quoted in their own words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UsageError
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.sources import onchain
from tests.snapshot.lying_nodes import TODAY, Chain, Node, Refusal, Wallet, folder, serving

__all__ = ["folder"]

BEGINS = int((TODAY - timedelta(days=40)).timestamp())
STATED = "select outcome, reason from pull"
HELD = "select count(*) from balance"
ETHEREUM = "eip155:1"


@pytest.fixture(autouse=True)
def nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a node that refuses be asked again almost at once."""
    monkeypatch.setattr(onchain, "BACK_OFF", 0.01)


def refusing(refusal: Refusal, method: str = "eth_call", times: int = 1_000) -> Callable[..., Any]:
    """Let a method be refused so often; then it is answered."""
    left = [times]

    def bend(asked: str, _params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        if asked == method and left[0] > 0:
            left[0] -= 1
            return refusal
        return result

    return bend


def over(most: int, refusal: Refusal) -> Callable[..., Any]:
    """Let a call of more letters than `most` be refused."""

    def bend(method: str, params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        return refusal if method == "eth_call" and len(params[0]["data"]) > most else result

    return bend


def beyond(most: int, refusal: Refusal) -> Callable[..., Any]:
    """Let logs of more blocks than `most` be refused."""

    def bend(method: str, params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= most:
            return refusal
        return result

    return bend


def taken(folder: Path, *nodes: Node, more: str = "") -> Wallet:
    """Take yesterday of a wallet that asks these nodes."""
    wallet = Wallet(folder, {ETHEREUM: list(nodes)}, TODAY - timedelta(days=3), more=more)
    wallet.take(TODAY - timedelta(days=1))
    return wallet


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refusal", "times"),
    [
        (Refusal(-32005, "daily request count exceeded, request rate limited"), 3),
        (Refusal(-32000, "Too many requests, slow down"), 2),
        (Refusal(-32000, "header not found"), 2),
        (Refusal(-32000, "block 0x12 not found"), 1),
        (Refusal(-32603, "Internal error"), 1),
        (Refusal(-32005, "limit exceeded"), 1),
    ],
    ids=str,
)
def test_a_node_that_is_busy_or_behind_is_asked_again(folder: Path, refusal: Refusal, times: int) -> None:
    """What passes by itself is waited for and asked again, and the wallet is recorded from the one node."""
    node = Node(Chain(BEGINS), refusing(refusal, times=times))
    with serving(node):
        wallet = taken(folder, node)
    assert wallet.rows(STATED) == [("answered", None)]
    assert wallet.rows(HELD) == [(3,)]


@pytest.mark.every
@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (Refusal(-32000, "old data not available due to pruning"), "state_pruned"),
        (Refusal(-32000, "distance to target block exceeds maximum proof window"), "state_pruned"),
        (Refusal(-32000, "header not found"), "node_behind"),
        (Refusal(-32005, "Your app has exceeded its compute units per second capacity"), "rate_limited"),
        (Refusal(-32005, "limit exceeded"), "rate_limited"),
        (Refusal(-32099, "the moon is in the wrong house"), "refused"),
    ],
    ids=str,
)
def test_a_node_that_never_answers_is_quoted_and_the_next_is_asked(folder: Path, refusal: Refusal, reason: str) -> None:
    """A refusal that stays ends in its reason with the node's own sentence; a second node answers all the same."""
    node = Node(Chain(BEGINS), refusing(refusal))
    with serving(node):
        wallet = taken(folder, node)
    assert wallet.rows(STATED) == [("failed", reason)]
    ((detail,),) = wallet.rows("select detail from pull")
    assert f"{refusal.code} {refusal.message}" in detail
    assert ("archive" in detail) == (reason == "state_pruned")
    assert node.seen.count("eth_call") < 20
    good = Node(Chain(BEGINS))
    with serving(node, good):
        wallet = Wallet(folder, {ETHEREUM: [node, good]}, TODAY - timedelta(days=3))
        wallet.take(TODAY - timedelta(days=1))
    assert wallet.rows(STATED) == [("answered", None)]


@pytest.mark.every
@pytest.mark.parametrize(
    "refusal",
    [Refusal(-32005, "limit exceeded"), Refusal(-32000, "request too large"), Refusal(-32099, "no way")],
    ids=str,
)
def test_a_call_that_is_too_large_is_halved(folder: Path, refusal: Refusal) -> None:
    """A node that takes smaller calls is asked in halves, whatever it says: too large, a limit, or unknown words."""
    whole = Node(Chain(BEGINS))
    with serving(whole):
        taken(folder, whole)
    node = Node(Chain(BEGINS), over(2_800, refusal))
    with serving(node):
        wallet = Wallet(folder, {ETHEREUM: [node]}, TODAY - timedelta(days=3))
        wallet.take(TODAY - timedelta(days=2))
    assert wallet.rows(f"{STATED} order by as_of") == [("answered", None)] * 2
    assert node.seen.count("eth_call") > whole.seen.count("eth_call")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("most", "refusal"),
    [
        (1000, Refusal(35, "ranges over 10000 blocks are not supported on freetier")),
        (1000, Refusal(-32602, "range 9999 exceeds limit of 1000")),
        (100, Refusal(-32600, "you can make eth_getLogs requests with up to a 100 block range.")),
        (700, Refusal(-32005, "limit exceeded")),
        (700, Refusal(-32000, "we do not give so much away")),
        (700, Refusal(-32002, "backend response took a while")),
        (500, Refusal(-32602, "toBlock - fromBlock > 500")),
    ],
    ids=str,
)
def test_logs_are_asked_for_in_ranges_that_a_node_gives(folder: Path, most: int, refusal: Refusal) -> None:
    """A limit of `eth_getLogs` in any wording halves the range, and every block is looked through in the end."""
    node = Node(Chain(BEGINS), beyond(most, refusal))
    with serving(node):
        wallet = taken(folder, node, more="log_blocks = 5000")
    assert wallet.rows(STATED) == [("answered", None)]
    assert wallet.rows("select words from figure where measure = 'undiscovered'") == []
    assert node.seen.count("eth_getLogs") >= 5000 // most


@pytest.mark.every
def test_a_node_without_logs_is_not_halved_for_ever(folder: Path) -> None:
    """A node that has no such method is asked once; one that refuses every range is asked down to one block."""
    none = Node(Chain(BEGINS), refusing(Refusal(-32601, "the method eth_getLogs does not exist"), "eth_getLogs"))
    odd = Node(Chain(BEGINS), refusing(Refusal(-32099, "no logs today"), "eth_getLogs"))
    wallet = Wallet(folder, {ETHEREUM: []}, TODAY - timedelta(days=3), more="log_blocks = 5000")
    for day, node, most in (1, none, 1), (2, odd, 14):
        with serving(node):
            wallet.nodes[ETHEREUM] = [node]
            wallet.take(TODAY - timedelta(days=day))
        assert node.seen.count("eth_getLogs") <= most
    assert wallet.rows(STATED) == [("answered", None)] * 2
    said = wallet.rows("select words from figure where measure = 'undiscovered' order by as_of")
    assert said == [("-32099 no logs today",), ("-32601 the method eth_getLogs does not exist",)]


@pytest.mark.every
def test_a_rebuild_comes_to_the_same_end(folder: Path) -> None:
    """The kept answers, refusals and all, give the same rows without any node."""
    node = Node(Chain(BEGINS), refusing(Refusal(-32005, "limit exceeded"), times=2))
    with serving(node):
        wallet = taken(folder, node)
    asked = "select asset_id, amount_raw, value_usd from balance order by all"
    before, settings = wallet.rows(asked), wallet.settings()
    assert rebuild(settings, datetime.now(UTC), lambda *_: None, discard_old=True).is_whole
    assert (wallet.rows(asked), wallet.rows(STATED)) == (before, [("answered", None)])


LISTED = [
    {"chainId": 1, "address": "0x" + "a1" * 20, "decimals": 18, "symbol": "S" * 21, "name": "A"},
    {"chainId": 1, "address": "0x" + "a2" * 20, "decimals": 18, "symbol": "AAA", "name": "B"},
    {"chainId": 1, "address": "0xa3", "decimals": 18, "symbol": "C", "name": "C"},
    {"chainId": 10, "address": "0x" + "a1" * 20, "decimals": 999, "symbol": "D", "name": "D"},
]


@pytest.mark.slow
def test_one_bad_token_of_a_list_is_said_and_the_others_are_asked(folder: Path) -> None:
    """A list with bad tokens stops no verb: the others are recorded, and `failures()` names those of the chain."""
    (folder / "mine.json").write_text(json.dumps({"name": "mine", "tokens": LISTED}))
    node = Node(Chain(BEGINS))
    with serving(node):
        wallet = Wallet(folder, {ETHEREUM: [node]}, TODAY - timedelta(days=3), more='token_lists = ["mine.json"]')
        wallet.asks = ()
        (taken_,) = wallet.take(TODAY - timedelta(days=1))
    assert taken_.is_complete
    assert wallet.rows(HELD) == [(3,)]
    ((outcome, cells, detail),) = wallet.rows("select outcome, cells, detail from failures()")
    assert (outcome, cells) == ("answered", 0)
    assert "mine.json $.tokens[0].symbol" in detail
    assert "mine.json $.tokens[2].address is no address; the token is left out" in detail
    assert "$.tokens[3]" not in detail, "a token of another chain"
    options: Any = wallet.settings().providers["onchain"]
    assert [note.partition(" is ")[0] for note in options.notes()][-1] == "mine.json $.tokens[3].decimals"


def test_a_list_that_cannot_be_used_stops_a_run_and_no_reader(folder: Path) -> None:
    """Without a list that the settings name a run refuses, as nobody would miss its tokens; settings are read."""
    wallet = Wallet(folder, {ETHEREUM: []}, TODAY - timedelta(days=3), more='token_lists = ["gone.json"]')
    assert wallet.settings().providers.keys() == {"onchain"}
    with pytest.raises(UsageError, match=r"the token list gone\.json cannot be read"):
        wallet.take(TODAY - timedelta(days=1))
