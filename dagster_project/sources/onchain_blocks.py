"""Find the last block at or before an instant by its neighbours: a guess by the pace of blocks, then ever closer.

Only headers are asked, which every node keeps. The block is found when the next one is known to be later.
"""

from collections.abc import Generator
from math import ceil

from dagster_project.model import Answer, Reason
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.sources.onchain_memory import ChainMemory
from dagster_project.sources.onchain_speaking import WAITS, BehindError, Speaking, UnusableError
from dagster_project.sources.source import Pause, Turn

MOST_STEPS = 80
"""Of any search: interpolation with a halving every third step needs fewer on a chain of 2^40 blocks."""


class _Search:
    """What is known: the last header at or before the instant, and the first behind it."""

    def __init__(self, at: int, seconds: float) -> None:
        self.at, self.seconds = at, seconds
        self.low: Header | None = None
        self.high: Header | None = None
        self.step = 1

    def take(self, header: Header) -> None:
        if header.made_at <= self.at:
            self.low = header if self.low is None or header.number > self.low.number else self.low
        else:
            self.high = header if self.high is None or header.number < self.high.number else self.high

    @property
    def is_over(self) -> bool:
        return bool(self.low and self.high and self.high.number == self.low.number + 1)

    def next_guess(self, turn: int) -> int:
        """Give the block to look at: between both ends, or a growing step beyond the one that is known."""
        low, high = self.low, self.high
        if low and high:
            blocks, span = high.number - low.number, high.made_at - low.made_at
            if turn % 3 == 2:
                return low.number + blocks // 2
            nearer = low.number + (self.at - low.made_at) * blocks // span
            return min(max(nearer, low.number + 1), high.number - 1)
        self.step *= 2 if turn else 1
        if low:
            away = (self.at - low.made_at) / self.seconds
            return low.number + (1 if away < 1 else int(away) + self.step - 1)
        away = (high.made_at - self.at) / self.seconds if high else 0
        return max(0, (high.number if high else 0) - ceil(away) - self.step + 1)


def find_block(speaking: Speaking, at: int, memory: ChainMemory, usual: float) -> Generator[Turn, Answer, Header]:
    """Find the last block at or before `at` (Unix seconds).

    Raises:
        UnusableError: the node has not come so far, or the chain begins later.
    """
    pace = memory.pace(at, usual)
    search = _Search(at, pace[2] if pace else usual)
    if pace is None:
        search.take((yield from _head(speaking, at, memory)))
        guess = search.next_guess(0)
    else:
        guess = max(0, pace[1] + int((at - pace[0]) // search.seconds))
    for turn in range(MOST_STEPS):
        header = yield from speaking.header(guess)
        if header is None:  # beyond the head
            header = yield from _head(speaking, at, memory)
            if guess <= header.number:  # it may have come between both requests
                header = yield from speaking.header(guess)
            if header is None:
                header = yield from _missing(speaking, guess)
        memory.note(header)
        search.take(header)
        if search.is_over and search.low:
            return search.low
        if search.high and search.high.number == 0:
            raise UnusableError(Reason.NOT_POINT_IN_TIME, "the chain begins after the instant")
        guess = search.next_guess(turn)
    raise UnusableError(Reason.UNREADABLE, "its blocks are not in the order of time")


def _missing(speaking: Speaking, number: int) -> Generator[Turn, Answer, Header]:
    """Ask again for a block that is behind the head: machines behind one address do not have it at the same time.

    Raises:
        UnusableError: it does not come.
    """
    for factor in WAITS[Trouble.BEHIND]:
        if seconds := factor * speaking.told.question.back_off:
            yield Pause(seconds)
        if (header := (yield from speaking.header(number))) is not None:
            return header
    raise UnusableError(Reason.NODE_BEHIND, f"it has no header of block {number}")


def _head(speaking: Speaking, at: int, memory: ChainMemory) -> Generator[Turn, Answer, Header]:
    """Ask for the latest block, which must be later than the instant: else the last one before it is not known yet."""
    head = yield from speaking.header("latest")
    if head is None:
        raise UnusableError(Reason.UNREADABLE, "it gives no latest block")
    memory.note(head)
    if head.made_at <= at:
        raise BehindError(head)
    return head
