"""A real EVM node for tests: py-evm with contracts that vyper compiled, spoken to in JSON-RPC over a real socket.

What is expected of it stands in the tests. It knows nothing of this project, so that it shares none of its mistakes.
"""

import contextlib
import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from eth_abi.abi import encode
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import BlockNotFound, TransactionFailed
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from vyper import compile_code

sys.setrecursionlimit(1000)  # py_ecc sets 100,000: a deeply nested body would then end the process, not its reading
CONTRACTS = Path(__file__).with_name("contracts")
GAS = 4_000_000


@functools.cache
def bytecode(name: str) -> str:
    """Compile a contract of the folder beside this file."""
    source = (CONTRACTS / f"{name}.vy").read_text(encoding="utf-8")
    return str(compile_code(source, output_formats=["bytecode"])["bytecode"])


@dataclass
class Node:
    """A chain of its own with accounts that hold its coin; blocks are mined when they are told to be.

    `forgets_below` is the first block of which it still has state, as a full node has it; `most_data` the letters of
    call data that it takes. `seen` lists the methods that it was asked, `meant` the blocks whose state was asked for.
    """

    begins_at: int
    chain_id: int = 1
    forgets_below: int = 0
    most_data: int | None = None
    url: str = ""
    seen: list[str] = field(default_factory=list)
    most_logged: int | None = None
    is_archive: bool = False
    knows_hashes: bool = True
    is_reorganised: bool = False
    meant: list[str | dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin a chain."""
        genesis = PyEVMBackend.generate_genesis_params(overrides={"timestamp": self.begins_at})
        backend = PyEVMBackend(genesis_parameters=genesis)
        backend.chain.chain_id = self.chain_id
        self.evm = EthereumTester(backend, auto_mine_transactions=True)
        self._next_at = self.begins_at + 1
        self.accounts = [str(one) for one in self.evm.get_accounts()]

    def wait_until(self, at: int) -> None:
        """Let the next block come at an instant (Unix seconds), and each one after it a second later."""
        self._next_at = at

    def mine(self) -> None:
        """Mine an empty block."""
        self._set_clock()
        self.evm.mine_block()

    def _set_clock(self) -> None:
        """Set the time of the block that is being made, which py-evm would take from the wall."""
        chain = self.evm.backend.chain
        chain.header = chain.header.copy(timestamp=self._next_at)
        self._next_at += 1

    @property
    def latest(self) -> Any:  # noqa: ANN401 - as eth-tester gives it
        """The latest block."""
        return self.evm.get_block_by_number("latest")

    def deploy(self, name: str, kinds: tuple[str, ...] = (), values: tuple[object, ...] = ()) -> str:
        """Put a contract on the chain from the first account, and give its address in lower case."""
        data = bytecode(name) + encode(list(kinds), list(values)).hex()
        return str(self._sent({"data": data})["contract_address"]).lower()

    def send(self, target: str, selector: str, kinds: tuple[str, ...], values: tuple[object, ...]) -> None:
        """Call a function of a contract in a transaction of the first account."""
        self._sent({"to": self._spelled(target), "data": f"{selector}{encode(list(kinds), list(values)).hex()}"})

    def pay(self, receiver: str, amount: int) -> None:
        """Send the chain's coin from the first account."""
        self._sent({"to": receiver, "value": amount})

    def _sent(self, transaction: dict[str, object]) -> Any:  # noqa: ANN401 - as eth-tester gives it
        whole = {"from": self.accounts[0], "gas": GAS, **transaction}
        self._set_clock()
        receipt = self.evm.get_transaction_receipt(self.evm.send_transaction(whole))
        assert receipt["status"] == 1
        return receipt

    def _spelled(self, address: str) -> str:
        from eth_utils.address import to_checksum_address  # noqa: PLC0415 - only here

        return str(to_checksum_address(address))

    def call(self, target: str, data: str, block: int) -> str:
        """Call a contract at a past block, by the EVM itself."""
        caller = self.accounts[-1]  # not one that is looked at: py-evm takes the gas from its balance beforehand
        whole = {"from": caller, "to": self._spelled(target), "data": data, "gas": 20_000_000}
        return str(self.evm.call(whole, block))

    def balance(self, holder: str, block: int) -> int:
        """Give what somebody has of the chain's coin at a past block."""
        return int(self.evm.get_balance(self._spelled(holder), block))

    def answer(self, asked: dict[str, Any], path: str = "archive") -> dict[str, Any]:
        """Answer one JSON-RPC question; at `/archive` it has all state, at `/other` it is a node of another chain."""
        self.seen.append(asked["method"])
        self.is_archive = path == "archive"
        try:
            if path == "other" and asked["method"] == "eth_chainId":
                return {"result": hex(self.chain_id + 1)}
            return {"result": _METHODS[asked["method"]](self, *asked["params"])}
        except BlockNotFound:
            return {"error": {"code": -32000, "message": "header not found"}}
        except TransactionFailed as error:
            return {"error": {"code": 3, "message": f"execution reverted: {error}", "data": "0x"}}
        except _RefusedError as error:
            return {"error": {"code": error.args[0], "message": error.args[1]}}

    def number(self, tag: str | dict[str, Any]) -> int:
        """Read a block's number, or its hash as EIP-1898 has it, and see that its state is there."""
        if isinstance(tag, dict):
            if not self.knows_hashes:
                raise _RefusedError(-32602, "invalid argument 1: json: cannot unmarshal object into Go value")
            if self.is_reorganised:
                raise _RefusedError(-32000, "hash is not currently canonical")
            number = int(self.evm.get_block_by_hash(tag["blockHash"])["number"])
        else:
            number = int(self.latest["number"]) if tag == "latest" else int(tag, 16)
        self.meant.append(tag)
        if number < self.forgets_below and not self.is_archive:
            raise _RefusedError(-32000, "missing trie node 1f2e (path ) state 0xab is not available")
        return number


class _RefusedError(Exception):
    pass


def _block(node: Node, tag: str, _whole: bool) -> dict[str, Any] | None:  # noqa: FBT001 - as the contract has it
    try:
        block = node.evm.get_block_by_number(tag if tag == "latest" else int(tag, 16))
    except BlockNotFound:
        return None
    return {"number": hex(block["number"]), "hash": block["hash"], "timestamp": hex(block["timestamp"])}


def _call(node: Node, call: dict[str, str], tag: str) -> str:
    if node.most_data is not None and len(call["data"]) > node.most_data:
        raise _RefusedError(-32005, "limit exceeded")
    return node.call(call["to"], call["data"], node.number(tag))


def _logs(node: Node, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the logs of a range of blocks, of which it takes at most so many, one receiver after the other."""
    first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
    if node.most_logged is not None and last - first + 1 > node.most_logged:
        raise _RefusedError(-32005, "query exceeds max block range")
    topic, sender, receivers = asked["topics"]
    return [
        {"address": log["address"], "topics": list(log["topics"]), "blockNumber": hex(log["block_number"])}
        for receiver in receivers
        for log in node.evm.get_logs(first, last, topics=[topic, sender, receiver])
    ]


_METHODS: dict[str, Callable[..., Any]] = {
    "eth_chainId": lambda node: hex(node.chain_id),
    "eth_getBlockByNumber": _block,
    "eth_getBalance": lambda node, holder, tag: hex(node.balance(holder, node.number(tag))),
    "eth_getCode": lambda node, target, tag: node.evm.get_code(node._spelled(target), node.number(tag)),
    "eth_call": _call,
    "eth_getLogs": _logs,
}


@contextlib.contextmanager
def serving(node: Node) -> Iterator[Node]:
    """Let the node answer at an address of this machine."""

    async def rpc(request: Request) -> Response:
        asked = json.loads(await request.body())
        return JSONResponse({"jsonrpc": "2.0", "id": asked["id"], **node.answer(asked, request.path_params["path"])})

    app = Starlette(routes=[Route("/{path:path}", rpc, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    node.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield node
    finally:
        server.should_exit = True
        thread.join(10)
