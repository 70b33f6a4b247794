"""A node of a chain of the book: its blocks, and what is true at each of them, as JSON-RPC says it.

Forms beside the usual archive node: `full_node` has state of the last blocks alone, `small_answers` refuses calls that
hold many, `other_chain` is a node of another chain behind the same address, `numbers_only` takes no block's hash,
`limited` says within a good answer that it was asked too often, `broken` that it has an error of its own, `behind` has
not seen the last day, `strayed` answers of its latest block whatever was asked, `silent` has null for every answer,
`no_logs` gives no logs, `hollow` has state of the last blocks alone and answers with nothing where it has none. A node
whose path names a form keeps it.
"""

from collections.abc import Callable

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS, ACCOUNT_BY_LABEL, keccak256
from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.blocks import CLOCKS, BlockClock
from dagster_project.simulator.book.chains import EVM_CHAIN_BY_NUMBER
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.dialect import Call, Document, Refusal
from dagster_project.simulator.dialects.onchain_contracts import Contracts, Reverted, is_contract

FORMS = (
    "archive",
    "full_node",
    "small_answers",
    "other_chain",
    "numbers_only",
    "limited",
    "broken",
    "behind",
    "strayed",
    "silent",
    "no_logs",
    "hollow",
)
BEHIND_SECONDS = 86_400
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
LOG_RANGE, SMALL_LOG_RANGE = 10_000, 700
"""Blocks whose logs a node gives at once."""
KEPT_BLOCKS = 128
"""How many blocks back a full node has state."""

LARGEST_CALL = 16_000
"""Letters of call data that a node of the form `small_answers` takes."""

OTHER_CHAIN = 424_242


class _RpcError(Exception):
    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class _Node:
    """One chain as it is known at the instant being lived."""

    def __init__(self, call: Call) -> None:
        number = str(call.request.path_params["chain"])
        chain = EVM_CHAIN_BY_NUMBER.get(int(number)) if number.isdecimal() else None
        if chain is None:
            raise Refusal(404, f"no node of chain {number}")
        self.chain = chain
        self.form = str(call.request.path_params.get("form", call.form))
        if self.form not in FORMS:
            raise Refusal(404, f"no form {self.form} of a node; there are {', '.join(FORMS)}")
        self.clock: BlockClock = CLOCKS[chain.id]
        seen_at = call.lived_at - (BEHIND_SECONDS if self.form == "behind" else 0)
        self.head = self.clock.at_or_before(max(seen_at, self.clock.first_at))

    def number_of(self, tag: object) -> int | None:
        """The number of a block that exists; None where there is none."""
        if tag in {"latest", "safe", "finalized", "pending"}:
            return self.head
        number = _quantity(tag)
        return number if self.clock.first <= number <= self.head else None

    def state_at(self, tag: object) -> int | None:
        """The number of a block whose state this node has; None where it has none and does not say so."""
        number = self._of_hash(tag) if isinstance(tag, dict) else self.number_of(tag)
        if number is None:
            raise _RpcError(-32000, "header not found")
        if self.form == "strayed":
            return self.head
        if self.form == "full_node" and number < self.head - KEPT_BLOCKS:
            raise _RpcError(-32000, f"missing trie node {keccak256(str(number).encode()).hex()} (path )")
        return None if self.form == "hollow" and number < self.head - KEPT_BLOCKS else number

    def number_within(self, number: int) -> int:
        """What a contract takes for the number of the block: on Arbitrum that of the parent chain's block."""
        is_own = self.chain.id != "eip155:42161"
        return number if is_own else CLOCKS["eip155:1"].at_or_before(self.clock.time_of(number))

    def _of_hash(self, tag: Document) -> int | None:
        """The number of a block that is named as EIP-1898 has it: by its hash, or its number in an object."""
        if self.form == "numbers_only":
            raise _RpcError(-32602, "invalid argument 1: json: cannot unmarshal object into Go value of type string")
        if "blockNumber" in tag:
            return self.number_of(tag["blockNumber"])
        wanted = str(tag["blockHash"]).lower()
        number = _number_in(wanted)
        if not self.clock.first <= number <= self.head or block_hash(self.chain.id, number) != wanted:
            raise _RpcError(-32000, "header for hash not found")
        return number


def answered(call: Call, asked: Document) -> Document:
    """The members of the reply to one question: a result, or an error."""
    method, params = asked.get("method"), asked.get("params", [])
    node = _Node(call)
    if node.form in _TROUBLES:
        return _TROUBLES[node.form]
    try:
        return {"result": _method(method)(node, params if isinstance(params, list) else [])}
    except _RpcError as error:
        shown: Document = {"code": error.code, "message": error.message}
        return {"error": shown if error.data is None else shown | {"data": error.data}}
    except (IndexError, KeyError, TypeError, ValueError) as error:
        return {"error": {"code": -32602, "message": f"invalid argument: {error}"}}


def _method(name: object) -> "Callable[[_Node, list[object]], object]":
    if not isinstance(name, str) or name not in _METHODS:
        raise _RpcError(-32601, f"the method {name} does not exist/is not available")
    return _METHODS[name]


def _quantity(text: object) -> int:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise _RpcError(-32602, "invalid argument: hex string without 0x prefix")
    return int(text, 16)


_TROUBLES: dict[str, Document] = {
    "limited": {"error": {"code": -32005, "message": "daily request count exceeded, request rate limited"}},
    "broken": {"error": {"code": -32603, "message": "Internal error"}},
    "silent": {"result": None},
}
"""What nodes of these forms say to whatever they are asked."""


def block_hash(chain: str, number: int) -> str:
    """The hash of a block: made up, with its number at the end, so that it can be found again."""
    return f"0x{keccak256(f'{chain}/{number}'.encode()).hex()[:48]}{number:016x}"


def _number_in(hashed: str) -> int:
    return int(hashed[-16:], 16)


def _chain_id(node: _Node, _params: list[object]) -> object:
    return hex(OTHER_CHAIN if node.form == "other_chain" else node.chain.number)


def _block(node: _Node, params: list[object]) -> object:
    number = node.number_of(params[0])
    if number is None:
        return None
    return {
        "number": hex(number),
        "hash": block_hash(node.chain.id, number),
        "parentHash": block_hash(node.chain.id, number - 1),
        "timestamp": hex(node.clock.time_of(number)),
        "gasLimit": "0x2255100",
        "gasUsed": "0x0",
        "transactions": [],
    }


def _balance(node: _Node, params: list[object]) -> object:
    number = node.state_at(params[1])
    if number is None:
        return "0x0"
    at = node.clock.time_of(number)
    account = ACCOUNT_BY_ADDRESS.get(str(params[0]).lower())
    coin = next(one for one in ASSET_BY_ID.values() if one.chain == node.chain.id and one.is_native)
    return hex(whole_ledger().holding(account.label, coin.id, at) if account else 0)


def _logs(node: _Node, params: list[object]) -> object:
    """Transfers to accounts of the book, one for whatever an account got: topic 0, nobody in particular, receivers."""
    asked = params[0]
    if not isinstance(asked, dict):
        raise _RpcError(-32602, "invalid argument 0: json: cannot unmarshal")
    if node.form == "no_logs":
        raise _RpcError(-32601, "the method eth_getLogs does not exist/is not available")
    first, last = _quantity(asked["fromBlock"]), _quantity(asked["toBlock"])
    if last - first + 1 > (SMALL_LOG_RANGE if node.form == "small_answers" else LOG_RANGE):
        raise _RpcError(
            -32602, "eth_getLogs is limited to a 10,000 range" if node.form != "small_answers" else "too wide"
        )
    topic, _, receivers = asked["topics"]
    if topic != TRANSFER:
        return []
    wanted = {str(one).lower() for one in receivers}
    return [
        _log(node, entry.at, ASSET_BY_ID[entry.asset].address, receiver)
        for entry in whole_ledger().came_in(node.chain.id, node.clock.time_of(first) - 1, node.clock.time_of(last))
        if (receiver := f"0x{ACCOUNT_BY_LABEL[entry.account].address[2:]:0>64}") in wanted
    ]


def _log(node: _Node, at: int, token: str, receiver: str) -> Document:
    number = node.clock.at_or_before(at)
    topics = [TRANSFER, f"0x{0:064x}", receiver]
    return {"address": token, "topics": topics, "data": "0x", "blockNumber": hex(number)}


def _code(node: _Node, params: list[object]) -> object:
    is_there = node.state_at(params[1]) is not None
    return "0x60806040" if is_there and is_contract(node.chain, str(params[0]).lower()) else "0x"


def _call(node: _Node, params: list[object]) -> object:
    number, sent = node.state_at(params[1]), params[0]
    if not isinstance(sent, dict):
        raise _RpcError(-32602, "invalid argument 0: json: cannot unmarshal")
    data = str(sent.get("input") or sent.get("data") or "0x")
    if node.form == "small_answers" and len(data) > LARGEST_CALL:
        raise _RpcError(-32005, "request exceeds defined limit")
    if number is None:
        return "0x"
    try:
        target = str(sent["to"]).lower()
        contracts = Contracts(node.chain, node.number_within(number), node.clock.time_of(number))
        return f"0x{contracts.called(target, bytes.fromhex(data[2:])).hex()}"
    except Reverted as error:
        raise _RpcError(3, "execution reverted", "0x") from error


_METHODS: dict[str, Callable[[_Node, list[object]], object]] = {
    "eth_chainId": _chain_id,
    "eth_blockNumber": lambda node, _params: hex(node.head),
    "eth_getBlockByNumber": _block,
    "eth_getBalance": _balance,
    "eth_getCode": _code,
    "eth_call": _call,
    "eth_getLogs": _logs,
}
