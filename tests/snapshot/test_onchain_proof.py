"""Promises of nodes that answer with nothing: it counts only with a proof that the node had the state of the block."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode

from dagster_project.model import Capability, Cell, Layer, Pull, Request
from dagster_project.normalise import onchain
from dagster_project.normalise.onchain_question import Line, Question, Token, write
from dagster_project.snapshot.rebuild import rebuild
from tests.snapshot.lying_nodes import (
    BEGINS,
    COIN,
    HELD,
    TODAY,
    WALLET,
    Bend,
    Chain,
    Node,
    Wallet,
    folder,
    honest,
    serving,
)

__all__ = ["folder"]

AMOUNTS = sorted([str(COIN), *(str(amount) for amount in HELD.values())])
NOTHING = {"eth_call": "0x", "eth_getBalance": "0x0", "eth_getCode": "0x"}
STATED = "select outcome, reason from pull order by as_of"
RAW = "select amount_raw from balance order by all"


def always(answers: dict[str, str]) -> Bend:
    """Answer questions about state always the same."""
    return lambda method, _params, _block, result: answers.get(method, result)


def within(change: Callable[[str, bytes], bytes]) -> Bend:
    """Change what each call within `aggregate3` returns, by call data and result; single calls and code are nothing."""

    def bent(method: str, params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        if method != "eth_call" or not params[0]["data"].startswith("0x82ad56cb"):
            return NOTHING.get(method, result)
        (calls,) = decode(["(address,bool,bytes)[]"], bytes.fromhex(params[0]["data"][10:]))
        (got,) = decode(["(bool,bytes)[]"], bytes.fromhex(result[2:]))
        changed = [(True, change(data.hex(), one)) for (_, _, data), (_, one) in zip(calls, got, strict=True)]
        return f"0x{encode(['(bool,bytes)[]'], [changed]).hex()}"

    return bent


def is_about_block(data: str) -> bool:
    """Tell whether a call asks for what every block says of itself."""
    return data in {"0f28c97d", "42cbb15c"}


ZERO = "0x" + "0" * 64
LIES = {
    "nothing": always(NOTHING),
    "0x0": always({"eth_call": "0x0", "eth_getBalance": "0x0", "eth_getCode": "0x0"}),
    "zeros in full length": always({"eth_call": ZERO, "eth_getBalance": ZERO, "eth_getCode": "0x"}),
    "every call within returns nothing": within(lambda _data, _got: b""),
    "only the block is true": within(lambda data, got: got if is_about_block(data) else b""),
    "only tokens return nothing": within(lambda data, got: b"" if data[:8] in {"70a08231", "18160ddd"} else got),
    "all numbers are 0": within(lambda data, got: got if is_about_block(data) else bytes(32)),
}


ONE_BY_ONE = ("nothing", "0x0", "zeros in full length")
"""Lies that a node can tell below the first block of the contract that takes many calls."""


@pytest.mark.every
@pytest.mark.parametrize(
    ("lie", "first"), [*((lie, 20_000_000) for lie in LIES), *((lie, 9_000_000) for lie in ONE_BY_ONE)]
)
def test_nothing_is_never_zero(folder: Path, lie: str, first: int) -> None:
    """Whatever form an answer of nothing has, the pull is `state_pruned` without rows, and the next node answers."""
    liar, good = (Node(Chain(BEGINS, first), bend) for bend in (LIES[lie], honest))
    with serving(liar, good):
        wallet = Wallet(folder, {"eip155:1": [liar]}, TODAY - timedelta(days=3))
        assert not wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert wallet.rows(STATED) == [("failed", "state_pruned")]
        assert wallet.rows("select count(*) from balance") == [(0,)]
        wallet.nodes = {"eip155:1": [liar, good]}
        assert wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert [amount for (amount,) in wallet.rows(RAW)] == AMOUNTS


@pytest.mark.slow
@pytest.mark.parametrize("has_weth", [True, False])
def test_an_empty_wallet_is_recorded_with_a_proof(folder: Path, has_weth: bool) -> None:  # noqa: FBT001 - a parameter
    """A wallet that holds nothing is recorded as empty: by a supply in the same call, else by one request more."""
    chain = Chain(BEGINS, coin=0, holds=dict.fromkeys(HELD, 0), has_weth=has_weth)
    node = Node(chain)
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=3))
        assert wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert wallet.rows("select outcome, row_count, value_usd from cell") == [("answered", 0, 0)]
        assert (node.seen.count("eth_call"), node.seen.count("eth_getCode")) == (1, 0 if has_weth else 1)


@pytest.mark.slow
@pytest.mark.parametrize("coin", [0, COIN])
def test_a_token_that_is_not_there_yet_is_not_held(folder: Path, coin: int) -> None:
    """A token without code at the block is not held, once the node has shown that it has the block's state."""
    node = Node(Chain(BEGINS, holds={}, coin=coin))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=3))
        assert wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert wallet.rows(RAW) == ([(str(coin),)] if coin else [])


@pytest.mark.slow
@pytest.mark.parametrize("first", [9_000_000, 20_000_000])
def test_an_honest_node_needs_no_proof_for_what_is_held(folder: Path, first: int) -> None:
    """Where everything is held no request is made for a proof, with many calls in one and one by one."""
    node = Node(Chain(BEGINS, first))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=3))
        assert wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert [amount for (amount,) in wallet.rows(RAW)] == AMOUNTS
        assert node.seen.count("eth_getCode") == 0


OTHERS = {
    "the number of another block": within(lambda data, got: encode(["uint256"], [7]) if data == "42cbb15c" else got),
    "a number beyond all": within(lambda data, got: b"\xff" * 32 if data == "42cbb15c" else got),
    "the time of another block": within(
        lambda data, got: encode(["uint256"], [int(TODAY.timestamp())]) if data == "0f28c97d" else got
    ),
}


@pytest.mark.every
@pytest.mark.parametrize("lie", OTHERS)
def test_an_answer_of_another_block_is_none(folder: Path, lie: str) -> None:
    """Balances that come with the time or number of another block are not stored, and the next node answers."""
    liar, good = Node(Chain(BEGINS), OTHERS[lie]), Node(Chain(BEGINS))
    with serving(liar, good):
        wallet = Wallet(folder, {"eip155:1": [liar]}, TODAY - timedelta(days=3))
        assert not wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert wallet.rows("select count(*) from balance") == [(0,)]
        wallet.nodes = {"eip155:1": [liar, good]}
        assert wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert [amount for (amount,) in wallet.rows(RAW)] == AMOUNTS


def first_time_of(lie: Bend) -> Bend:
    """Answer each question falsely the first time, and truly from then on."""
    asked: set[str] = set()

    def bent(method: str, params: list[Any], block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        question = json.dumps([method, params])
        if question in asked:
            return result
        asked.add(question)
        return lie(method, params, block, result)

    return bent


def header_of_the_next_block(method: str, params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give a block that was asked for by its number the number of the one behind it."""
    if method != "eth_getBlockByNumber" or params[0] == "latest" or result is None:
        return result
    return result | {"number": hex(int(result["number"], 16) + 1)}


MIXED_UP = {**OTHERS, "the header of another block": header_of_the_next_block}


@pytest.mark.every
@pytest.mark.parametrize("lie", MIXED_UP)
def test_what_is_answered_of_another_block_is_asked_again(folder: Path, lie: str) -> None:
    """A node whose first answer is of another block is asked the same again, and a rebuild comes to the same rows."""
    node = Node(Chain(BEGINS), first_time_of(MIXED_UP[lie]))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=3))
        assert all(one.is_complete for one in wallet.take(TODAY - timedelta(days=2), TODAY - timedelta(days=1)))
        asked = len(node.seen)
        before = wallet.rows(RAW)
        assert [amount for (amount,) in before] == sorted(AMOUNTS * 2)
        rebuild(wallet.settings(), datetime.now(UTC), lambda *_: None, discard_old=True)
        assert (wallet.rows(RAW), wallet.rows(STATED)) == (before, [("answered", None)] * 2)
        assert len(node.seen) == asked


@pytest.mark.slow
@pytest.mark.parametrize("lie", OTHERS)
def test_a_node_that_never_means_the_block_is_left(folder: Path, lie: str) -> None:
    """Where every answer is of another block, the question ends after four of them with the node's own numbers."""
    node = Node(Chain(BEGINS), OTHERS[lie])
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=3))
        assert not wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert node.seen.count("eth_call") == 4
        assert wallet.rows(STATED) == [("failed", "unreadable")]
        ((said,),) = wallet.rows("select detail from pull")
        assert "was answered at" in said


@pytest.mark.slow
def test_a_parent_chains_number_is_not_compared(folder: Path) -> None:
    """On Arbitrum a contract sees the number of another chain's block, and the answer counts by its time."""
    other = within(lambda data, got: encode(["uint256"], [24_000_000]) if data == "42cbb15c" else got)
    node = Node(Chain(BEGINS, 300_000_000, 1, number=42161), other)
    with serving(node):
        wallet = Wallet(folder, {"eip155:42161": [node]}, TODAY - timedelta(days=3))
        assert wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert [amount for (amount,) in wallet.rows(RAW)] == AMOUNTS


@pytest.mark.every
@pytest.mark.parametrize("chain_id", [1, 8453])
@pytest.mark.parametrize("turn", [2, 3])
def test_machines_of_two_kinds_behind_one_address(folder: Path, turn: int, chain_id: int) -> None:
    """Where every second or third answer comes from a machine without state, an instant is right or missing."""
    number = count()

    def mixed(method: str, _params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        return NOTHING.get(method, result) if next(number) % turn == 0 else result

    node = Node(Chain(BEGINS, number=chain_id), mixed)
    instants = [TODAY - timedelta(days=back) for back in range(8, 0, -1)]
    with serving(node):
        wallet = Wallet(folder, {f"eip155:{chain_id}": [node]}, instants[0])
        for _ in range(3):
            wallet.take(*instants)
        held = wallet.rows("select as_of, list(amount_raw order by amount_raw) from balance group by all")
        assert [amounts for _, amounts in held] == [AMOUNTS] * len(held)
        assert held
        recorded = wallet.rows("select count(*) from cell where outcome in ('answered', 'empty')")
        assert recorded == [(len(held),)]


@pytest.mark.every
@pytest.mark.parametrize(("chain_id", "first", "step"), [(1, 20_000_000, 12), (10, 130_000_000, 2)])
def test_pruning_that_begins_between_two_instants(folder: Path, chain_id: int, first: int, step: int) -> None:
    """After two good instants a node that has pruned says nothing of the others, however often it is asked."""
    kept = int((TODAY - timedelta(days=3)).timestamp())

    def pruned(method: str, _params: list[Any], block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
        return NOTHING.get(method, result) if block is not None and chain.time_of(block) < kept else result

    chain = Chain(BEGINS, first, step, chain_id)
    node = Node(chain)
    good, gone, late = (TODAY - timedelta(days=back) for back in (6, 5, 2))
    with serving(node):
        wallet = Wallet(folder, {f"eip155:{chain_id}": [node]}, TODAY - timedelta(days=7))
        assert all(one.is_complete for one in wallet.take(TODAY - timedelta(days=7), good))
        node.bend = pruned
        for _ in range(2):
            wallet.take(gone, TODAY - timedelta(days=4), late)
        outcomes = wallet.rows("select outcome, reason from cell order by as_of")
        assert outcomes == [("answered", None)] * 2 + [("failed", "state_pruned")] * 2 + [("answered", None)]


def test_an_old_conversation_reads_as_it_was() -> None:
    """What was asked without a proof is read as on its day, so that a rebuild comes to the rows that were stored."""
    line, token = Line("https://node.example"), "0x" + "a1" * 20
    question = Question(1, 1_700_000_000, (line,), (WALLET,), (Token(token, 6),), (), 200, 12.0, None)
    written = json.loads(write(question))
    del written["proof"], written["head_wait"]
    headers = [{"number": hex(n), "hash": f"0x{n:064x}", "timestamp": hex(1_699_999_990 + 12 * n)} for n in (0, 1)]
    answers: list[tuple[str, list[object], object]]
    answers = [("eth_getBlockByNumber", [hex(n), False], header) for n, header in enumerate(headers)]
    answers += [("eth_getBalance", [WALLET, "0x0"], "0x0")]
    answers += [("eth_call", [{"to": token, "data": f"0x70a08231{WALLET[2:]:0>64}"}, "0x0"], "0x")]
    answers += [("eth_getCode", [token, "0x0"], "0x")]
    body = json.dumps(
        [
            {
                "address": line.address,
                "path": "",
                "content": json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}),
                "status": 200,
                "reason": None,
                "body": json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}),
            }
            for method, params, result in answers
        ]
    )
    cell = Cell(f"eip155:1:{WALLET}", "eip155:1", Layer.WALLET)
    request = Request("", "", (), "POST", json.dumps(written))
    pull = Pull("onchain", "wallet", Capability.TIMESTAMP, "wallet/eip155:1", (cell,), request)
    assert onchain.normalise(pull, body.encode()).rows == {cell: ()}
