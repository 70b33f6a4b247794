"""JSON-RPC replies of nodes: a result, or what is the trouble and what it means for the next request.

Contract: ethereum/execution-apis; what nodes say when they refuse is onchain_words.py.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import hexdigits
from types import MappingProxyType

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.model import Reason
from dagster_project.normalise.nesting import bounded
from dagster_project.normalise.onchain_words import Trouble, classify
from dagster_project.normalise.reading import UnixSeconds, decode
from dagster_project.normalise.transcript import Exchange


class OtherBlockError(UnreadableError):
    """An answer shows that it is of another block than the one asked for; the same question may be answered well."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A node's result in JSON, or the trouble with its reason and the node's own words."""

    result: msgspec.Raw | None = None
    trouble: Trouble | None = None
    reason: Reason = Reason.UNREADABLE
    words: str = ""


class _Reply(msgspec.Struct):
    """What every JSON-RPC reply has; a `result` that is null differs from one that is not there."""

    result: msgspec.Raw = msgspec.Raw(b"")
    error: object = None
    code: object = None
    message: object = None


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
LONGEST_MESSAGE = 2_000
"""Letters of a refusal in which known words are looked for."""

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)", re.IGNORECASE | re.ASCII)
_HASH = re.compile(r"0x[0-9a-f]{64}", re.IGNORECASE | re.ASCII)
_LARGE_STATUS = frozenset({413, 414})
_SAYS_ENOUGH = frozenset({
    Reason.UNAUTHORISED, Reason.FORBIDDEN, Reason.NOT_FOUND, Reason.RATE_LIMITED, Reason.REDIRECTED, Reason.TIMEOUT,
})  # fmt: skip
"""What is wrong on the wire in a way that no further request to this node mends; too many requests were repeated."""


def read_reply(exchange: Exchange) -> Reply:
    """Read what came back, whatever status it came with: gateways say a node's errors in both ways."""
    reply, unreadable = None, "the reply holds neither a result nor an error"
    try:
        reply = _REPLY.decode(bounded(exchange.body.encode()))
    except (msgspec.MsgspecError, UnreadableError, UnicodeEncodeError) as error:
        unreadable = f"the reply is not JSON-RPC: {error}"[:LONGEST_WORDS]
    if (refusal := _refusal(reply, exchange)) is not None:
        return _refused(*refusal, exchange)
    if exchange.status in _LARGE_STATUS:
        return Reply(trouble=Trouble.TOO_LARGE, reason=Reason.TOO_LARGE, words=f"HTTP {exchange.status}")
    if exchange.trouble is not None:
        said = "no answer" if exchange.status is None else f"HTTP {exchange.status}"
        return Reply(trouble=Trouble.UNUSABLE, reason=exchange.trouble, words=f"{exchange.trouble}, {said}")
    if reply is None or not bytes(reply.result):
        return Reply(trouble=Trouble.UNUSABLE, words=unreadable)
    return Reply(reply.result)


_REPLY = msgspec.json.Decoder(_Reply)


def _refusal(reply: _Reply | None, exchange: Exchange) -> tuple[int, str] | None:
    """Give code and words of a refusal, in whichever of the forms that nodes and gateways have; None for an answer."""
    if reply is None:
        text = exchange.body.strip()
        is_plain = 0 < len(text) <= LONGEST_WORDS and text[0] not in "<{["
        return (0, text) if is_plain and exchange.trouble is not None else None
    if reply.error is None and not bytes(reply.result) and isinstance(reply.message, str):
        return _code(reply.code), reply.message
    if isinstance(reply.error, str):
        return 0, reply.error
    if isinstance(reply.error, dict):
        message, data = reply.error.get("message"), reply.error.get("data")
        words = [one for one in (message, data) if isinstance(one, str) and one and not one.startswith("0x")]
        return _code(reply.error.get("code")), ": ".join(words)
    return None if reply.error is None else (0, f"{reply.error!r}")


def _code(stated: object) -> int:
    try:
        return int(stated) if isinstance(stated, int | str) else 0
    except ValueError:
        return 0


def _refused(code: int, message: str, exchange: Exchange) -> Reply:
    """Sort a refusal; what the gateway says of the wire is the plainer word where the node's own are not known."""
    said, wire = message[:LONGEST_WORDS], exchange.trouble
    words = " ".join(part for part in (str(code) if code else "", said) if part) or "it refuses without a word"
    trouble = classify(code, message[:LONGEST_MESSAGE])
    if trouble in (Trouble.BUSY, Trouble.UNKNOWN) and wire in _SAYS_ENOUGH:
        trouble = Trouble.UNUSABLE
    reason = REASONS[trouble]
    return Reply(None, trouble, wire if wire is not None and reason is Reason.REFUSED else reason, words)


REASONS: Mapping[Trouble, Reason] = MappingProxyType({
    Trouble.TOO_LARGE: Reason.TOO_LARGE,
    Trouble.LIMITED: Reason.RATE_LIMITED,
    Trouble.BUSY: Reason.RATE_LIMITED,
    Trouble.PRUNED: Reason.STATE_PRUNED,
    Trouble.BEHIND: Reason.NODE_BEHIND,
    Trouble.REVERTED: Reason.REFUSED,
    Trouble.PARAMETER: Reason.REFUSED,
    Trouble.UNKNOWN: Reason.REFUSED,
    Trouble.UNUSABLE: Reason.REFUSED,
})  # fmt: skip
"""Why a pull fails whose last word from a node was this."""


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
