"""Promises of reading refusals of nodes: whatever client or gateway says it, it is sorted by what helps."""

import json

import pytest

from dagster_project.model import Reason
from dagster_project.normalise.onchain_rpc import read_reply
from dagster_project.normalise.onchain_words import Trouble, classify
from dagster_project.normalise.transcript import Exchange

PRUNED = [
    "missing trie node 4f2a (path ) state 0x4f2a is not available",
    "old data not available due to pruning",
    "no historical RPC is available for this historical (pre-bedrock) execution request",
    "historical state 5f1c is not available",
    "required historical state unavailable (reexec=128)",
    "No state available for block 0x10d4f1e",
    "World state unavailable for block 17564213",
    "state at block #17564213 is pruned",
    "distance to target block exceeds maximum proof window",
    "history has been pruned for this block",
    "Archive requests require a personal token, get one at example.com",
    "Archive, Debug and Trace requests are not available on the free plan",
    "state histories haven't been fully indexed yet",
    "evm: state not found",
    "block 123 is older than the earliest available state",
    "Pruned history unavailable",
]
BEHIND = [
    "header not found",
    "header for hash not found",
    "Unknown block",
    "block not found: 0x10d4f1e",
    "block 17564213 not found",
    "hash 0x5e is not currently canonical",
    "Block with such an ID doesn't exist yet",
    "block is not yet available",
    "the node is still syncing",
    "cannot query unfinalized data",
    "requested block is beyond the current head",
]
BUSY = [
    "daily request count exceeded, request rate limited",
    "Too Many Requests",
    "Your app has exceeded its compute units per second capacity",
    "50/second request limit reached - reduce calls per second",
    "project ID request rate exceeded",
    "you are being throttled",
    "The service is temporarily unavailable",
    "Internal error, please try again",
]
LIMITED = ["limit exceeded", "exceeded the limit", "Limit reached"]
TOO_LARGE = [
    "query returned more than 10000 results",
    "range 9999 exceeds limit of 1000",
    "ranges over 10000 blocks are not supported on freetier",
    "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.",
    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
    "Block range is too large",
    "eth_getLogs is limited to a 10,000 range",
    "Query exceeds max block range of 10000",
    "exceed maximum block range: 5000",
    "query timeout exceeded. Consider reducing your block range and try again",
    "gas required exceeds allowance (550000000)",
    "VM Exception while processing transaction: out of gas",
    "execution aborted (timeout = 5s)",
    "too many logs: 20001",
]
REVERTED = ["execution reverted: limit exceeded", "VM execution error: Reverted 0x", "invalid opcode"]
UNUSABLE = ["the method eth_call does not exist/is not available", "Unauthorized: authenticate with an API key"]
UNKNOWN = ["Internal error", "something went wrong", "", "null pointer"]


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (trouble, message)
        for trouble, messages in (
            (Trouble.PRUNED, PRUNED),
            (Trouble.BEHIND, BEHIND),
            (Trouble.BUSY, BUSY),
            (Trouble.LIMITED, LIMITED),
            (Trouble.TOO_LARGE, TOO_LARGE),
            (Trouble.REVERTED, REVERTED),
            (Trouble.UNUSABLE, UNUSABLE),
            (Trouble.UNKNOWN, UNKNOWN),
        )
        for message in messages
    ],
)
def test_words_are_sorted_by_what_helps(trouble: Trouble, message: str) -> None:
    """Wordings of every client and gateway are sorted alike, in whatever letters they are written."""
    assert classify(-32000, message) == classify(-32000, message.upper()) == trouble


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (-32005, Trouble.LIMITED),
        (-32002, Trouble.TOO_LARGE),
        (-32003, Trouble.TOO_LARGE),
        (-32001, Trouble.BEHIND),
        (-32601, Trouble.UNUSABLE),
        (-32602, Trouble.PARAMETER),
        (3, Trouble.REVERTED),
        (-32000, Trouble.UNKNOWN),
        (0, Trouble.UNKNOWN),
    ],
)
def test_a_code_speaks_where_words_do_not(code: int, trouble: Trouble) -> None:
    """A refusal without known words is sorted by its code, and unknown where that says nothing either."""
    assert classify(code, "nothing that anybody knows") == trouble


def reply_to(body: object, status: int = 200, reason: Reason | None = None) -> tuple[Trouble | None, str, str]:
    """What a reply with this body says: trouble, reason and the node's words."""
    text = body if isinstance(body, str) else json.dumps(body)
    read = read_reply(Exchange("https://node", "", "{}", status, reason, text))
    return read.trouble, read.reason, read.words


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": -32005, "message": "limit exceeded"}},
        {"error": {"code": "-32005", "message": "limit exceeded"}},
        {"error": "limit exceeded"},
        {"error": {"message": "limit exceeded"}},
        {"error": {"code": -32000, "message": "refused", "data": "limit exceeded"}},
        {"code": -32005, "message": "limit exceeded"},
        {"jsonrpc": "2.0", "id": None, "result": None, "error": {"code": -32005, "message": "limit exceeded"}},
    ],
    ids=str,
)
def test_a_refusal_is_read_in_every_form(body: object) -> None:
    """A refusal as an object, a text, without a code, with the words in its data, or outside of `error` is one."""
    trouble, reason, words = reply_to(body)
    assert (trouble, reason) == (Trouble.LIMITED, Reason.RATE_LIMITED)
    assert "limit exceeded" in words


def test_plain_text_is_a_refusal_where_the_status_is_one() -> None:
    """A gateway's plain sentence is kept and sorted; a page is not, and where all was well it is no JSON-RPC."""
    assert reply_to("block range is too large", 400, Reason.BAD_REQUEST)[:2] == (Trouble.TOO_LARGE, Reason.TOO_LARGE)
    assert reply_to("archive data needs a plan", 403, Reason.FORBIDDEN)[:2] == (Trouble.PRUNED, Reason.STATE_PRUNED)
    assert reply_to("<html>limit exceeded</html>", 502, Reason.SERVER_ERROR)[0] is Trouble.UNUSABLE
    assert reply_to("limit exceeded")[0] is Trouble.UNUSABLE


@pytest.mark.parametrize(
    ("status", "reason", "trouble"),
    [
        (401, Reason.UNAUTHORISED, Trouble.UNUSABLE),
        (429, Reason.RATE_LIMITED, Trouble.UNUSABLE),
        (500, Reason.SERVER_ERROR, Trouble.UNKNOWN),
        (400, Reason.BAD_REQUEST, Trouble.UNKNOWN),
    ],
)
def test_unknown_words_of_a_bad_status_keep_its_reason(status: int, reason: Reason, trouble: Trouble) -> None:
    """What the gateway says of the wire is the reason where nobody knows the words, which are kept all the same."""
    said = reply_to({"error": {"code": -32000, "message": "computer says no"}}, status, reason)
    assert said == (trouble, reason, "-32000 computer says no")
