"""How nodes and the price source are looked at before anything is recorded: right chain, head, state of the past.

Few requests a node; it stands on what normalise/onchain_rpc.py reads, and decides nothing about history.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dagster_project.errors import UnreadableError
from dagster_project.model import Answer, Reason, Request
from dagster_project.normalise import onchain_abi as abi
from dagster_project.normalise import onchain_question
from dagster_project.normalise.onchain_prices import LEAD_SECONDS, read_points
from dagster_project.normalise.onchain_question import Line, Question
from dagster_project.normalise.onchain_rpc import Header, Reply, ask, data, header, quantity, read_reply
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.normalise.transcript import exchange_of
from dagster_project.sources.probe import Probe, Talk, Verdict, Wanted

STALE = timedelta(minutes=15)
"""A head that is older lags, or the chain has halted."""

MOST_GUESSES = 4
"""Headers that are asked for to come near an old instant; the block need not be the exact one."""


class _BadError(Exception):
    def __init__(self, reason: Reason, words: str) -> None:
        self.reason = reason
        super().__init__(words)


def probes(wanted: Sequence[Wanted]) -> Iterator[Probe]:
    """Look at every node of every chain that is asked, and once at the price source."""
    asked = [(onchain_question.read(one.pull.request.content), one.oldest) for one in wanted]
    for question, oldest in asked:
        for line in question.lines:
            host = line.address.partition("//")[2].partition("/")[0] or "own address"
            talk = _node(line, question, oldest)
            yield Probe(f"node {host} of {question.chain_id}", question.chain_id, talk)
    priced = [(question, oldest) for question, oldest in asked if question.prices is not None]
    if priced:
        yield Probe("prices", "prices", _prices([one for one, _ in priced], [at for _, at in priced if at is not None]))


def _node(line: Line, question: Question, oldest: int | None) -> Talk:
    try:
        return (yield from _look(line, question, oldest))
    except _BadError as error:
        return Verdict(str(error), error.reason)
    except UnreadableError as error:
        return Verdict(f"its reply cannot be read: {error}", Reason(error.reason))


def _look(line: Line, question: Question, oldest: int | None) -> Talk:
    """Ask a node for its chain and its head, and whether it has the state of the oldest instant."""
    chain, _ = yield from _call(line, "eth_chainId")
    if (number := quantity(chain)) != question.chain:
        raise _BadError(Reason.WRONG_CHAIN, f"it serves chain {number}, not {question.chain}")
    found, answer = yield from _call(line, "eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - of the contract
    head = header(found)
    if head is None:
        raise _BadError(Reason.UNREADABLE, "it gives no latest block")
    age = answer.observed_at - datetime.fromtimestamp(head.made_at, UTC)
    words = f"chain {question.chain}, head {head.number:,} is {max(0, round(age.total_seconds()))} s old"
    if head.made_at <= question.as_of:
        raise _BadError(Reason.NOT_POINT_IN_TIME, f"{words}: it has not reached the latest tick yet")
    yield from _prove_state(line, question, head)
    if age > STALE:
        return Verdict(f"{words}: it lags, or the chain has halted", Reason.NOT_POINT_IN_TIME, is_partial=True)
    if oldest is None or oldest >= head.made_at:
        return Verdict(words)
    when = f"{datetime.fromtimestamp(oldest, UTC):%Y-%m-%dT%H:%M}"
    try:
        block = yield from _near(line, question, head, oldest)
        yield from _prove_state(line, question, block)
    except _BadError as error:
        if error.reason is not Reason.STATE_PRUNED:
            raise
        lacking = f"{words}, but it has no state of {when}, the oldest instant without a record"
        return Verdict(f"{lacking} ({error})", error.reason, is_partial=True)
    return Verdict(f"{words}, and it has the state of {when}")


def _near(line: Line, question: Question, head: Header, at: int) -> Generator[Request, Answer, Header]:
    """Come near a block of an instant: from the head on by the chain's pace, then by the pace between two headers."""
    later, seconds = head, question.block_seconds
    for _ in range(MOST_GUESSES):
        guess = max(0, later.number - max(1, round((later.made_at - at) / seconds)))
        raw, _ = yield from _call(line, "eth_getBlockByNumber", hex(guess), False)  # noqa: FBT003 - of the contract
        found = header(raw)
        if found is None:
            raise _BadError(Reason.STATE_PRUNED, f"it knows no block {guess:,}")
        if found.made_at <= at or guess == 0:
            return found
        seconds = max(seconds / 10, (later.made_at - found.made_at) / max(1, later.number - found.number))
        later = found
    return later


def _prove_state(line: Line, question: Question, block: Header) -> Generator[Request, Answer, None]:
    """Ask for what only a node with the block's state can say; emptiness proves nothing."""
    at = hex(block.number)
    if question.multicall is not None and 0 < question.multicall_from <= block.number:
        raw, _ = yield from _call(line, "eth_call", {"to": question.multicall, "data": abi.BLOCK_TIMESTAMP}, at)
        said = data(raw)
        if said == "0x" or int(said, 16) != block.made_at:
            words = (
                f"block {block.number:,}: a contract that is there answers {'nothing' if said == '0x' else 'wrongly'}"
            )
            raise _BadError(Reason.STATE_PRUNED, words)
    else:
        holder = question.accounts[0] if question.accounts else f"0x{'0' * 40}"
        raw, _ = yield from _call(line, "eth_getBalance", holder, at)
        quantity(raw)


def _call(line: Line, method: str, *params: object) -> Generator[Request, Answer, tuple[Any, Answer]]:
    request = Request(f" {method}", line.path, (), "POST", ask(method, *params), line.address)
    answer = yield request
    reply: Reply = read_reply(exchange_of(request, answer))
    if reply.result is None:
        reason = Reason.STATE_PRUNED if reply.trouble is Trouble.PRUNED else reply.reason
        raise _BadError(reason, answer.detail or f"{method}: {reply.words}")
    return reply.result, answer


def _prices(asked: Sequence[Question], oldest: Sequence[int]) -> Talk:
    """Ask for the price of each chain's native coin, now and at the oldest instant."""
    coins = sorted({one.prices.native for one in asked if one.prices is not None})
    path = next(one.prices.path for one in asked if one.prices is not None)
    whens = ["current", *([f"historical/{min(oldest) - LEAD_SECONDS}"] if oldest else [])]
    for when in whens:
        template = f"{path}/prices/{when.partition('/')[0]}/{{coins}}"
        answer = yield Request(template, f"{path}/prices/{when}/{','.join(coins)}")
        if answer.reason is not None:
            return Verdict(answer.detail or str(answer.reason), answer.reason)
        try:
            points = read_points(answer.body.decode()).points
        except (UnreadableError, UnicodeDecodeError) as error:
            return Verdict(f"its reply cannot be read: {error}", Reason.UNREADABLE)
        if absent := [coin for coin in coins if coin.lower() not in points]:
            return Verdict(f"{when}: no price of {_named(absent)}", Reason.NOT_FOUND, is_partial=True)
    return Verdict(f"prices of {_named(coins)} now{' and at the oldest instant' if oldest else ''}")


def _named(coins: Iterable[str]) -> str:
    return ", ".join(coins)
