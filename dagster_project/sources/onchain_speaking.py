"""One node spoken to: each request with its reply taken in, and the end of it where the node is of no use.

Which requests are made is onchain_talk.py and onchain_blocks.py.
"""

from collections.abc import Generator

from dagster_project.model import Answer, Reason, Request
from dagster_project.normalise.onchain_question import Line
from dagster_project.normalise.onchain_rpc import Header, Reply, Trouble, ask
from dagster_project.normalise.onchain_told import Told, behind
from dagster_project.normalise.transcript import exchange_of
from dagster_project.sources.onchain_memory import ChainMemory

TURNS = 4
"""How often one thing is asked while its answer is of another block: machines behind one address mix them up."""


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

    def call(self, method: str, *params: object) -> Generator[Request, Answer, Reply]:
        """Ask one thing, and again where the answer shows that it is of another block.

        Raises:
            UnusableError: the node cannot be used, or has no state of the block any more.
        """
        request = Request(f" {method}", self.line.path, (), "POST", ask(method, *params), self.line.address)
        reply = yield from self._answer(request)
        for _ in range(TURNS - 1):
            if reply.trouble is not Trouble.OTHER_BLOCK:
                break
            reply = yield from self._answer(request)
        if reply.trouble in (Trouble.UNUSABLE, Trouble.PRUNED, Trouble.OTHER_BLOCK):
            raise UnusableError(reply.reason, reply.words)
        return reply

    def _answer(self, request: Request) -> Generator[Request, Answer, Reply]:
        self.last = yield request
        return self.told.hear(exchange_of(request, self.last))

    def at_block(self, block: Header, method: str, *params: object) -> Generator[Request, Answer, Reply]:
        """Ask what is true at a block: by its hash, as EIP-1898 has it, where the node takes that, else by its number.

        By its hash no other block can be meant: not one that took its place, and not another node's behind one address.

        Raises:
            UnusableError: the node cannot be used, or has no state of the block any more.
        """
        by_hash = self.chain.by_hash.get(self.line)
        if by_hash is not False:
            try:
                reply = yield from self.call(method, *params, {"blockHash": block.block_hash, "requireCanonical": True})
            except UnusableError as error:
                if by_hash or error.reason not in (Reason.REFUSED, Reason.BAD_REQUEST) or "canonical" in str(error):
                    raise
            else:
                self.chain.by_hash[self.line] = True
                return reply
        reply = yield from self.call(method, *params, hex(block.number))
        self.chain.by_hash[self.line] = False
        return reply

    def header(self, block: int | str) -> Generator[Request, Answer, Header | None]:
        """Ask for a block's header; None where the node knows no such block.

        Raises:
            UnusableError: the node cannot be used.
        """
        yield from self.call("eth_getBlockByNumber", block if isinstance(block, str) else hex(block), False)  # noqa: FBT003 - of the contract
        return self.told.head if block == "latest" else self.told.headers.get(int(block))
