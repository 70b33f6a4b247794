"""JSON-RPC replies of nodes: a result, or what is the trouble and what it means for the next request.

Contract: ethereum/execution-apis; wordings of nodes and gateways from docs/sources/onchain.md.
"""

import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from string import hexdigits

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.model import Reason
from dagster_project.normalise.nesting import bounded
from dagster_project.normalise.reading import UnixSeconds, decode
from dagster_project.normalise.transcript import Exchange


class Trouble(StrEnum):
    """What is wrong: the question is too large, the state is gone, the contract refuses, another block, or the node."""

    TOO_LARGE = "too_large"
    PRUNED = "pruned"
    REVERTED = "reverted"
    OTHER_BLOCK = "other_block"
    UNUSABLE = "unusable"


class OtherBlockError(UnreadableError):
    """An answer shows that it is of another block than the one asked for; the same question may be answered well."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A node's result in JSON, or the trouble with its reason and the node's own words."""

    result: msgspec.Raw | None = None
    trouble: Trouble | None = None
    reason: Reason = Reason.UNREADABLE
    words: str = ""


class _Error(msgspec.Struct):
    code: int
    message: str = ""


class _Reply(msgspec.Struct):
    """What every JSON-RPC reply has; a `result` that is null differs from one that is not there."""

    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Error | None = None


class _Block(msgspec.Struct):
    """The members of a header that count; blocks have many more, and chains add their own."""

    number: str
    hash: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class Header:
    """A block: its number, its hash, and when it was made (Unix seconds)."""

    number: int
    block_hash: str
    made_at: int


LONGEST_WORDS = 160
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)", re.IGNORECASE | re.ASCII)
_HASH = re.compile(r"0x[0-9a-f]{64}", re.IGNORECASE | re.ASCII)
_REVERT_CODE = 3
_RATE = re.compile(r"rate.?limit|too many requests|request (rate|count)|compute units|quota|capacity", re.IGNORECASE)
_PRUNED = re.compile(
    r"missing trie node|header not found|histor\w+ (state|data)|state (is )?(not available|unavailable|pruned)"
    r"|pruned|archive|state histories|no state available|unknown block|block not found|distance to target block",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"too large|too big|limit exceeded|exceed|out of gas|gas (required|limit)|time(d)? ?out|too long|execution aborted"
    r"|response size|query returned more than|block range|too wide|limited to (a )?\d",
    re.IGNORECASE,
)
_REVERTED = re.compile(
    r"revert|invalid opcode|invalid jump|stack underflow|execution error|vm exception", re.IGNORECASE
)
_LARGE_CODES = frozenset({-32002, -32003, -32005})
_LARGE_STATUS = frozenset({413, 414})


def read_reply(exchange: Exchange) -> Reply:
    """Read what came back, whatever status it came with: gateways say a node's errors in both ways."""
    reply, unreadable = None, "the reply holds neither a result nor an error"
    try:
        reply = _REPLY.decode(bounded(exchange.body.encode()))
    except (msgspec.MsgspecError, UnreadableError, UnicodeEncodeError) as error:
        unreadable = f"the reply is not JSON-RPC: {error}"[:LONGEST_WORDS]
    if reply is not None and reply.error is not None:
        refused = _refused(reply.error)
        if refused.trouble is Trouble.UNUSABLE and exchange.trouble is not None:
            return replace(refused, reason=exchange.trouble)  # the gateway's own word is the plainer one
        return refused
    if exchange.status in _LARGE_STATUS:
        return Reply(trouble=Trouble.TOO_LARGE, reason=Reason.TOO_LARGE, words=f"HTTP {exchange.status}")
    if exchange.trouble is not None:
        said = "no answer" if exchange.status is None else f"HTTP {exchange.status}"
        return Reply(trouble=Trouble.UNUSABLE, reason=exchange.trouble, words=f"{exchange.trouble}, {said}")
    if reply is None or not bytes(reply.result):
        return Reply(trouble=Trouble.UNUSABLE, words=unreadable)
    return Reply(reply.result)


_REPLY = msgspec.json.Decoder(_Reply)


def _refused(error: _Error) -> Reply:
    words = f"{error.code} {error.message[:LONGEST_WORDS]}".strip()
    if error.code == _REVERT_CODE or (_REVERTED.search(error.message) and not _TOO_LARGE.search(error.message)):
        return Reply(trouble=Trouble.REVERTED, reason=Reason.REFUSED, words=words)
    if _RATE.search(error.message):
        return Reply(trouble=Trouble.UNUSABLE, reason=Reason.RATE_LIMITED, words=words)
    if _PRUNED.search(error.message):
        return Reply(trouble=Trouble.PRUNED, reason=Reason.STATE_PRUNED, words=words)
    if error.code in _LARGE_CODES or _TOO_LARGE.search(error.message):
        return Reply(trouble=Trouble.TOO_LARGE, reason=Reason.TOO_LARGE, words=words)
    return Reply(trouble=Trouble.UNUSABLE, reason=Reason.REFUSED, words=words)


def quantity(raw: msgspec.Raw, where: str = "$.result") -> int:
    """Read a hexadecimal quantity.

    Raises:
        UnreadableError: it is none.
    """
    return _quantity(decode(bytes(raw), str)[0], where)


def data(raw: msgspec.Raw, where: str = "$.result") -> str:
    """Read bytes in hexadecimal digits.

    Raises:
        UnreadableError: it is none.
    """
    found, _ = decode(bytes(raw), str)
    if not found.startswith("0x") or len(found) % 2 or found[2:].strip(hexdigits):  # a pattern is slow on 100 kB
        raise UnreadableError(where, "is no data: 0x and pairs of hexadecimal digits")
    return found


def header(raw: msgspec.Raw) -> Header | None:
    """Read a block's header; None where the node knows no such block.

    Raises:
        UnreadableError: with the path of the member at fault.
    """
    if bytes(raw) == b"null":
        return None
    try:
        block = msgspec.json.decode(raw, type=_Block)
        made_at = msgspec.convert(_quantity(block.timestamp, "$.result.timestamp"), UnixSeconds)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError("$.result", f"is no block: {error}") from error
    if _HASH.fullmatch(block.hash) is None:
        raise UnreadableError("$.result.hash", "is no hash of 32 bytes")
    return Header(_quantity(block.number, "$.result.number"), block.hash.lower(), made_at)


def _quantity(text: str, where: str) -> int:
    if _QUANTITY.fullmatch(text) is None or len(text) > 66:
        raise UnreadableError(where, "is no quantity: 0x and hexadecimal digits without leading zeros")
    return int(text, 16)


def ask(method: str, *params: object) -> str:
    """Write a request; each stands alone in its HTTP request, so that its number says nothing."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, separators=(",", ":"))


def asked_of(content: str) -> tuple[str, list[object]]:
    """Read method and parameters of a request back.

    Raises:
        UnreadableError: it is none that `ask` writes.
    """
    try:
        sent = json.loads(content)
        return str(sent["method"]), list(sent["params"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError("$", "holds a request that is none of ours") from error
