"""The conversation that answers one chain at one instant: which node, the block, the calls, what is missing, prices.

What was heard is judged by the normaliser's own reading, so that a rebuild from kept answers comes to the same end.
"""

from collections.abc import Generator, Sequence

from dagster_project.model import Answer, Pull, Reason
from dagster_project.normalise import onchain_abi as abi
from dagster_project.normalise import onchain_question
from dagster_project.normalise.onchain_proof import proof_calls
from dagster_project.normalise.onchain_question import Line, Question
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.normalise.onchain_told import Told
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.sources.onchain_blocks import find_block
from dagster_project.sources.onchain_logs import look_for_arrivals
from dagster_project.sources.onchain_memory import ChainMemory, Memory
from dagster_project.sources.onchain_pricing import ask_prices
from dagster_project.sources.onchain_speaking import BehindError, Speaking, UnusableError
from dagster_project.sources.source import Conversation, Pause, Turn

ARRIVAL_SECONDS = 1.0
"""How long a block takes from when it was made to the nodes, about."""

LONGEST_PAUSE = 12
"""Seconds after which a node that is behind the instant is looked at again."""

MOST_TURNS = 400
"""Of asking all nodes again; a wait of an hour needs fewer."""

HALVED = frozenset({Trouble.LIMITED, Trouble.UNKNOWN})
"""Troubles for which a request of many calls is put in halves, beside those that say that it is too large."""

MOST_TOO_LARGE = 3
"""So many tokens may be too much for a node; when it is more, the node is at fault and not the tokens."""


def converse(pull: Pull, memory: Memory) -> Conversation:
    """Ask the nodes of a chain in order, until one has told everything; then ask for the prices of what is held.

    Where the instant is so recent that no node has a block behind it, all are asked again once one may have come.
    """
    question = onchain_question.read(pull.request.content)
    chain, told = memory.of(question.chain_id), Told(question)
    for turn in range(MOST_TURNS):
        pause: float | None = None
        for line in _worth_asking(question, chain):
            speaking = Speaking(line, told, chain)
            try:
                yield from _ask_node(speaking, chain)
            except UnusableError as error:
                _remember(error, line, told, chain)
                pause = _pause(error, speaking, turn) or pause
            else:
                chain.failures[line] = 0
                if speaking.last is not None:
                    yield from ask_prices(told, speaking.last.observed_at, memory.together)
                return
        if pause is None:
            return
        yield Pause(pause)


def _pause(error: UnusableError, speaking: Speaking, turn: int) -> float | None:
    """Give for how many seconds a node that is behind the instant is left alone; None where it is not worth it."""
    question = speaking.told.question
    if not isinstance(error, BehindError) or speaking.last is None:
        return None
    now = speaking.last.observed_at.timestamp()
    left = question.as_of + question.head_wait - now
    if left <= 0:
        return None
    expected = error.head.made_at + question.block_seconds + ARRIVAL_SECONDS - now
    return min(max(expected, float(min(1 << turn, LONGEST_PAUSE))), LONGEST_PAUSE, max(left, 0.1))


def _remember(error: UnusableError, line: Line, told: Told, chain: ChainMemory) -> None:
    """Let the rest of the run know: a node of another chain, or without the state, is not asked for that again."""
    if error.reason is Reason.WRONG_CHAIN:
        chain.distrusted.add(line)
    elif error.reason is Reason.STATE_PRUNED:
        chain.prune(line, told.question.as_of)
    else:
        chain.failures[line] += 1


def _worth_asking(question: Question, chain: ChainMemory) -> list[Line]:
    """Give the nodes in order; where all are known to be of no use, all are asked again, so that each says why."""
    return chain.in_order(question.lines, question.as_of) or list(question.lines)


def _ask_node(speaking: Speaking, chain: ChainMemory) -> Generator[Turn, Answer, None]:
    question = speaking.told.question
    if speaking.line not in chain.verified:
        yield from speaking.call("eth_chainId")
        chain.verified.add(speaking.line)
    if question.block is None:
        block = yield from find_block(speaking, question.as_of, chain, question.block_seconds)
    else:
        found = yield from speaking.header(question.block)
        if found is None:
            raise UnusableError(Reason.NOT_FOUND, f"it knows no block {question.block}")
        block = found
    if question.log_blocks:
        yield from look_for_arrivals(speaking, block)
    yield from _ask_items(speaking, chain, block)
    for token in speaking.told.silent():
        yield from speaking.at_block(block, "eth_getCode", token)
    yield from _ask_for_proof(speaking, block)
    if calls := _descriptions(speaking.told):
        yield from _ask_calls(speaking, chain, block, calls)


def _descriptions(told: Told) -> list[abi.Call]:
    """Give the calls that are left to describe what is held: decimals, and the names of what no list describes."""
    every, checked = (abi.DECIMALS, abi.SYMBOL, abi.NAME), (abi.DECIMALS,)
    calls = [
        (token.address, data) for token in told.undescribed() for data in (every if token.decimals is None else checked)
    ]
    return [call for call in calls if call not in told.answers]


def _ask_for_proof(speaking: Speaking, block: Header) -> Generator[Turn, Answer, None]:
    """Ask for the code of a contract that must be there, where answers of nothing wait for a proof of the state.

    Raises:
        UnusableError: the node does not prove that it has the state of the block.
    """
    if (witness := speaking.told.witness()) is not None:
        yield from speaking.at_block(block, "eth_getCode", witness)
    if speaking.told.evidence.is_open:
        raise UnusableError(Reason.STATE_PRUNED, f"nothing proves that it has the state of block {block.number}")


def _ask_items(speaking: Speaking, chain: ChainMemory, block: Header) -> Generator[Turn, Answer, None]:
    """Ask for all balances and allowances: many in one call, else one by one."""
    told = speaking.told
    calls = [told.call_of(item) for item in told.items]
    yield from _ask_calls(speaking, chain, block, calls, _fitting(speaking, chain, len(calls)))
    for item in told.items:
        if item.token is None and not told.is_heard(item):
            yield from speaking.at_block(block, "eth_getBalance", item.holder)
    chain.held |= {token for token in told.held() if token is not None}


def _fitting(speaking: Speaking, chain: ChainMemory, calls: int) -> list[abi.Call]:
    """Give the calls for decimals that fit into the last request of so many calls, of tokens held before first."""
    question = speaking.told.question
    if not question.checks_decimals:
        return []
    room = -calls % min(question.chunk, chain.chunk.get(speaking.line, question.chunk))
    tokens = sorted(question.tokens, key=lambda token: token.address not in chain.held)
    return [(token.address, abi.DECIMALS) for token in tokens[:room]]


def _ask_calls(
    speaking: Speaking, chain: ChainMemory, block: Header, calls: list[abi.Call], fitting: Sequence[abi.Call] = ()
) -> Generator[Turn, Answer, None]:
    """Ask many calls in as few requests as the node takes, and what that leaves open of tokens one by one.

    What is `fitting` is asked in the same requests and never by itself.
    """
    question, told = speaking.told.question, speaking.told
    if question.multicall is not None and block.number >= question.multicall_from:
        yield from _ask_together(speaking, chain, block, [*calls, *fitting])
    for call in calls:
        if call not in told.answers and call[0] not in ("", question.multicall):
            yield from _ask_one(speaking, block, call)


def _ask_together(
    speaking: Speaking, chain: ChainMemory, block: Header, calls: list[abi.Call]
) -> Generator[Turn, Answer, None]:
    question, told = speaking.told.question, speaking.told
    waiting = list(abi.parts(calls, min(question.chunk, chain.chunk.get(speaking.line, question.chunk))))
    may_be_halved = set(HALVED)
    while waiting:
        part = waiting.pop(0)
        sent = abi.aggregate((*proof_calls(question), *part))
        call = {"to": question.multicall, "data": sent}
        halved = may_be_halved if len(part) > 1 else ()
        reply = yield from speaking.at_block(block, "eth_call", call, halved=halved)
        if reply.trouble is None and not any(call in told.answers for call in part):
            return  # there is no such contract yet
        if reply.trouble is Trouble.UNKNOWN:
            may_be_halved.discard(Trouble.UNKNOWN)  # of no use a second time
        if reply.trouble is not None and len(part) > 1:
            half = (len(part) + 1) // 2
            chain.chunk[speaking.line] = half
            waiting = [*abi.parts(part, half), *waiting]
        elif reply.trouble is Trouble.TOO_LARGE and told.too_large > MOST_TOO_LARGE:
            raise UnusableError(Reason.TOO_LARGE, "it refuses even single calls as too large")


def _ask_one(speaking: Speaking, block: Header, call: abi.Call) -> Generator[Turn, Answer, None]:
    target, sent = call
    yield from speaking.at_block(block, "eth_call", {"to": target, "data": sent})
