"""What nodes and gateways say when they refuse, in whatever words: sorted by what helps.

Wordings of geth, erigon, nethermind, besu, reth and gateways, see docs/sources/onchain.md. Words are looked for in
parts, because every client words it otherwise and changes it.
"""

import re
from enum import StrEnum


class Trouble(StrEnum):
    """What is wrong, by what helps: ask for less, later, another node, or nothing.

    `limited` is a limit of either kind, `busy` one of the number of requests, `behind` a block that is not there yet,
    `parameter` one that the node does not take, `unknown` what nobody has words for, `unusable` what no request mends.
    """

    TOO_LARGE = "too_large"
    LIMITED = "limited"
    BUSY = "busy"
    PRUNED = "pruned"
    BEHIND = "behind"
    REVERTED = "reverted"
    OTHER_BLOCK = "other_block"
    PARAMETER = "parameter"
    UNKNOWN = "unknown"
    UNUSABLE = "unusable"


HALVED = frozenset({Trouble.TOO_LARGE, Trouble.LIMITED, Trouble.PARAMETER, Trouble.UNKNOWN, Trouble.REVERTED})
"""Troubles for which logs are asked for in ranges of half the size, whatever the words were."""

_REVERT_CODE = 3
_BY_CODE = {
    -32001: Trouble.BEHIND, -32002: Trouble.TOO_LARGE, -32003: Trouble.TOO_LARGE, -32601: Trouble.UNUSABLE,
    -32602: Trouble.PARAMETER,
}  # fmt: skip
_LIMIT_CODE = -32005


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_REVERTED = _any(
    "revert", "invalid opcode", "invalid jump", "stack underflow", "execution error", "vm exception", "bad instruction"
)
_BUSY = _any(
    "rate.?limit", "too many requests", r"request (rate|count)", r"(per |/)(second|minute|hour|day|month)\b", "throttl",
    "compute units", "quota", "throughput", "credits", "capacity", "call rate", "usage limit", "daily limit",
    "concurrent", "slow down",
)  # fmt: skip
_BUSY_TOO = _any("overloaded", "too busy", "is busy", "temporarily", "try again")  # also said beside better words
_PRUNED = _any(
    "trie node", "prun", "archiv", "historic", r"histor\w+ (state|data|block|rpc)", "state histories",
    "history of state", "world ?state", "old data", "ancient", "no state", "missing state",
    r"state\b.{0,80}(not available|unavailable|not found|does not exist|is missing|not exist)",
    r"(find|get|load|open|read) (the )?state", "distance to target block", "too old", "older than",
    r"(before|lower than|below) (the )?(earliest|first|lowest)", "earliest available", "beyond the retention",
    r"not (retained|stored|kept)", "pre-bedrock",
)  # fmt: skip
_BEHIND = _any(
    r"header( for hash)? not found", "unknown block", r"block\b.{0,80}not (be )?found", r"(no|not) such block",
    r"block\b.{0,80}(not (yet )?(available|known|imported|synced)|unavailable|does ?n[o']t exist)",
    r"beyond (the )?(current )?head", r"(after|ahead of|past) (the )?(latest|last|current|head)", "syncing",
    r"not (yet )?(synced|caught up)", "unfinalized", "node is behind", "in the future", "canonical",
)  # fmt: skip
_TOO_LARGE = _any(
    "too large", "too big", "too wide", "too long", "out of gas", r"gas (required|limit|exhausted)",
    r"tim(e|ed)? ?out", "execution aborted", "response size", r"query returned more than",
    r"more than [\d,]+ (results|logs|blocks|entries|items)", r"blocks? range", r"ranges?\b.{0,40}\d",
    r"limited to (an? )?[\d,]", r"max(imum)? (block|range|results|logs|allowed|number)",
    r"too many (blocks|logs|results|addresses|topics|calls|items)", "result set", "narrow",
)  # fmt: skip
_LIMITED = _any("limit", "exceed")
_NEVER = _any(
    r"method\b.{0,80}not (found|supported|available|allowed|exist)", "unsupported method", "whitelist",
    "unauthori[sz]ed", "forbidden", "authenticat", r"api.?key", "not allowed", "disabled",
)  # fmt: skip

_IN_TURN = (
    (Trouble.BUSY, _BUSY), (Trouble.PRUNED, _PRUNED), (Trouble.BEHIND, _BEHIND), (Trouble.TOO_LARGE, _TOO_LARGE),
    (Trouble.BUSY, _BUSY_TOO),
)  # fmt: skip


def classify(code: int, message: str) -> Trouble:
    """Sort a refusal by its words, then by its code: gateways use any code for anything."""
    if code == _REVERT_CODE or (_REVERTED.search(message) and not _TOO_LARGE.search(message)):
        return Trouble.REVERTED
    for trouble, words in _IN_TURN:
        if words.search(message):
            return trouble
    if code == _LIMIT_CODE or _LIMITED.search(message):
        return Trouble.LIMITED
    return _BY_CODE.get(code) or (Trouble.UNUSABLE if _NEVER.search(message) else Trouble.UNKNOWN)
