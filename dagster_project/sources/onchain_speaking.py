"""One node spoken to: each request with its reply taken in, and the end of it where the node is of no use.

Which requests are made is onchain_talk.py and onchain_blocks.py.
"""

from collections.abc import Collection, Generator, Iterator, Mapping
from types import MappingProxyType

from dagster_project.model import Answer, Reason, Request
from dagster_project.normalise.onchain_question import Line
from dagster_project.normalise.onchain_rpc import Header, Reply, ask
from dagster_project.normalise.onchain_told import Told, behind
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.normalise.transcript import exchange_of
from dagster_project.sources.onchain_memory import ChainMemory
from dagster_project.sources.source import Pause, Turn

TURNS = 4
"""How often one thing is asked while its answer is of another block: machines behind one address mix them up."""

WAITS: Mapping[Trouble, tuple[int, ...]] = MappingProxyType(
    {Trouble.BUSY: (1, 2, 4), Trouble.LIMITED: (1,), Trouble.BEHIND: (1, 2), Trouble.UNKNOWN: (1,)}
)
"""How often the same is asked again, and after how many times the back-off; a node that failed before gets one wait."""

OF_THE_REQUEST = frozenset({Reason.REFUSED, Reason.BAD_REQUEST, Reason.SERVER_ERROR, Reason.UNEXPECTED_STATUS})
"""Reasons that may lie in how a block is named: nodes that take no hash refuse it in any form."""

ONCE = frozenset({Trouble.LIMITED, Trouble.UNKNOWN})
"""Troubles for which a node gets one wait in a conversation, whatever it is asked."""


class UnusableError(Exception):
    """This node does not answer this question; the next one is asked."""

    def __init__(self, reason: Reason, words: str) -> None:
        """Say why."""
        self.reason = reason
        super().__init__(words)


class BehindError(UnusableError):
    """This node has no block behind the instant yet; its latest one is `head`."""

    def __init__(self, head: Header) -> None:
        """Say which block it has."""
        super().__init__(Reason.NOT_POINT_IN_TIME, behind(head))
        self.head = head


class Speaking:
    """A conversation with one node about what is told; `last` is what it answered last."""

    def __init__(self, line: Line, told: Told, chain: ChainMemory) -> None:
        """Ask nothing yet."""
        self.line = line
        self.chain = chain
        self.told = told
        self.last: Answer | None = None
        self._waited_for = set[Trouble]()

    def call(
        self, method: str, *params: object, halved: Collection[Trouble] = (), is_trial: bool = False
    ) -> Generator[Turn, Answer, Reply]:
        """Ask one thing, and again, after a while, where that may help.

        A limit or unknown words that are in `halved` are given back: whoever asks then asks for less. `is_trial` says
        that the question can be put otherwise, so that unknown words are no reason to wait.

        Raises:
            UnusableError: the node cannot be used, or has no state of the block any more.
        """
        request = Request(f" {method}", self.line.path, (), "POST", ask(method, *params), self.line.address)
        reply = yield from self._answer(request)
        others = 0
        waits = {trouble: iter(factors) for trouble, factors in WAITS.items()}
        while reply.trouble is not None:
            wait = self._wait(reply.trouble, waits, halved, is_trial=is_trial)
            if reply.trouble is Trouble.OTHER_BLOCK and others < TURNS - 1:
                others += 1
            elif wait is None:
                break
            elif wait:
                yield Pause(wait)
            reply = yield from self._answer(request)
        if reply.trouble in halved or reply.trouble in (None, Trouble.TOO_LARGE, Trouble.REVERTED):
            return reply
        raise UnusableError(reply.reason, reply.words)

    def _wait(
        self,
        trouble: Trouble,
        waits: Mapping[Trouble, Iterator[int]],
        halved: Collection[Trouble],
        *,
        is_trial: bool,
    ) -> float | None:
        """Give the seconds after which the same is asked again; None where it is not."""
        is_known_otherwise = trouble is Trouble.UNKNOWN and (is_trial or trouble in halved)
        if is_known_otherwise or (trouble in ONCE and trouble in self._waited_for):
            return None
        factor = next(waits.get(trouble, iter(())), None)
        if factor is None or (factor > 1 and self.chain.failures[self.line]):
            return None
        self._waited_for.add(trouble)
        return factor * self.told.question.back_off

    def _answer(self, request: Request) -> Generator[Turn, Answer, Reply]:
        self.last = yield request
        return self.told.hear(exchange_of(request, self.last))

    def at_block(
        self, block: Header, method: str, *params: object, halved: Collection[Trouble] = ()
    ) -> Generator[Turn, Answer, Reply]:
        """Ask what is true at a block: by its hash, as EIP-1898 has it, where the node takes that, else by its number.

        By its hash no other block can be meant: not one that took its place, and not another node's behind one address.

        Raises:
            UnusableError: the node cannot be used, or has no state of the block any more.
        """
        by_hash = self.chain.by_hash.get(self.line)
        if by_hash is not False:
            named = {"blockHash": block.block_hash, "requireCanonical": True}
            rest = [one for one in halved if by_hash or one is not Trouble.UNKNOWN]
            try:
                reply = yield from self.call(method, *params, named, halved=rest, is_trial=not by_hash)
            except UnusableError as error:
                if by_hash or error.reason not in OF_THE_REQUEST or "canonical" in str(error):
                    raise
            else:
                if reply.trouble is not Trouble.LIMITED:
                    self.chain.by_hash[self.line] = True
                return reply
        reply = yield from self.call(method, *params, hex(block.number), halved=halved)
        if reply.trouble not in (Trouble.LIMITED, Trouble.UNKNOWN):
            self.chain.by_hash[self.line] = False
        return reply

    def header(self, block: int | str) -> Generator[Turn, Answer, Header | None]:
        """Ask for a block's header; None where the node knows no such block.

        Raises:
            UnusableError: the node cannot be used.
        """
        yield from self.call("eth_getBlockByNumber", block if isinstance(block, str) else hex(block), False)  # noqa: FBT003 - of the contract
        return self.told.head if block == "latest" else self.told.headers.get(int(block))
