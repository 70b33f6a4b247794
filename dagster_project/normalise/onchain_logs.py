"""Which tokens came to an account, by the logs of their transfers: the question to a node, and what its answer names.

Contract: ethereum/execution-apis, ERC-20. A transfer of a single thing (ERC-721) has a topic more and is passed over.
"""

import re
from collections.abc import Sequence

import msgspec

from dagster_project.chains import is_native
from dagster_project.errors import UnreadableError
from dagster_project.normalise.onchain_question import Question, Token
from dagster_project.normalise.onchain_rpc import Reply
from dagster_project.normalise.onchain_words import HALVED

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""The keccak-256 of `Transfer(address,address,uint256)`; a test works it out again."""

MOST_FOUND = 500
"""So many tokens are taken from logs: sending spam is cheap."""

_TOPICS = 3
_ADDRESS = re.compile(r"0x[0-9a-f]{40}", re.ASCII)


class _Log(msgspec.Struct):
    address: str
    topics: list[str]


def arrivals(accounts: Sequence[str], first: int, last: int) -> dict[str, object]:
    """Write the filter for transfers to any of the accounts in blocks from `first` to `last`, both inclusive."""
    return {"fromBlock": hex(first), "toBlock": hex(last), "topics": [TRANSFER, None, [*map(_topic, accounts)]]}


class Arrivals:
    """What one node told of tokens that came in: those that the question does not name, and what it did not tell."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self._too_many: str | None = None
        self._refused: dict[str, str] = {}

    @property
    def trouble(self) -> str | None:
        """Say what was not told, None where all was."""
        return self._too_many or next(iter(self._refused.values()), None)

    def take(self, asked: object, reply: Reply, question: Question) -> list[Token]:
        """Take a reply in; gives the tokens that are new, up to a limit.

        Raises:
            UnreadableError: it is no list of logs.
        """
        key = msgspec.json.encode(asked).decode()
        if reply.result is None:
            self._refused |= {} if is_halved(asked, reply) else {key: reply.words}
            return []
        self._refused.pop(key, None)  # it was asked once more
        known = {token.address for token in (*question.tokens, *self.tokens)}
        found = [one for one in tokens_in(reply.result, question.accounts) if not is_native(question.chain_id, one)]
        new = [Token(address) for address in found if address not in known]
        room = MOST_FOUND - len(self.tokens)
        if len(new) > room:
            self._too_many = f"more than {MOST_FOUND} further tokens came in, the others are left out"
        self.tokens += new[:room]
        return new[:room]


def is_halved(asked: object, reply: Reply) -> bool:
    """Tell whether a refused range of blocks is asked for in halves: limits are worded in every way."""
    is_single = not isinstance(asked, dict) or asked.get("fromBlock") == asked.get("toBlock")
    return reply.trouble in HALVED and not is_single


def tokens_in(raw: msgspec.Raw, accounts: Sequence[str]) -> list[str]:
    """Give the contracts (lower case) of which something came to one of the accounts, each once.

    Raises:
        UnreadableError: it is no list of logs.
    """
    try:
        logs = msgspec.json.decode(raw, type=list[_Log])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError("$.result", f"is no list of logs: {error}") from error
    receivers = {_topic(account) for account in accounts}
    found = dict.fromkeys(
        log.address.lower()
        for log in logs
        if len(log.topics) == _TOPICS and log.topics[0].lower() == TRANSFER and log.topics[2].lower() in receivers
    )
    if any(_ADDRESS.fullmatch(address) is None for address in found):
        raise UnreadableError("$.result", "holds a log whose address is none")
    return list(found)


def _topic(account: str) -> str:
    return f"0x{account[2:].lower():0>64}"
