"""Look through the blocks before an instant for tokens that came in, in ranges that are halved where that is too much.

Where a node gives no logs, the balances of what is named are asked for all the same, and that is told.
"""

from collections.abc import Generator

from dagster_project.model import Answer, Reason
from dagster_project.normalise.onchain_logs import arrivals, is_halved
from dagster_project.normalise.onchain_question import LOG_RANGE
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.normalise.onchain_words import HALVED
from dagster_project.sources.onchain_speaking import Speaking, UnusableError
from dagster_project.sources.source import Turn

GIVEN_UP = frozenset({
    Reason.REFUSED, Reason.STATE_PRUNED, Reason.BAD_REQUEST, Reason.NOT_FOUND, Reason.FORBIDDEN,
})  # fmt: skip
"""Reasons for which a node gives no logs, though it may give balances."""


def look_for_arrivals(speaking: Speaking, block: Header) -> Generator[Turn, Answer, None]:
    """Ask for the transfers to all accounts in the blocks that the question names, up to the block of the instant.

    Raises:
        UnusableError: the node cannot be used at all.
    """
    question, ranges = speaking.told.question, speaking.chain.log_range
    at = max(0, block.number - question.log_blocks + 1)
    while at <= block.number:
        size = ranges.get(speaking.line, LOG_RANGE)
        last = min(at + size - 1, block.number)
        asked = arrivals(question.accounts, at, last)
        try:
            reply = yield from speaking.call("eth_getLogs", asked, halved=HALVED)
        except UnusableError as error:
            if error.reason in GIVEN_UP:
                return
            raise
        if reply.trouble is None:
            at = last + 1
        elif not is_halved(asked, reply):
            return
        else:
            ranges[speaking.line] = (last - at + 1) // 2
