"""How a range of blocks or of time is read from a question to Credmark's historical endpoints, and laid out in points.

The rest of the question is read in `credmark_question`.
"""

from dataclasses import dataclass

from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.window import DAY
from dagster_project.simulator.dialect import Call, Refusal
from dagster_project.simulator.dialects.credmark_question import instant_of, readable, whole

_MOST_POINTS = 4_000


@dataclass(frozen=True, slots=True)
class Range:
    """Blocks: the first and the last of the range, and those of its points in ascending order."""

    first: int
    last: int
    points: tuple[int, ...]


def range_of(call: Call) -> Range:
    """The range that a request asks for.

    Its points step back from the end and stop before the start: the end is always one of them, the start only
    where a step meets it.

    Raises:
        Refusal: 400, with the sentence or the list of sentences that the provider would send.
    """
    start = instant_of(call, "startBlockNumber", "startTimestamp")
    if start is None:
        raise Refusal(400, "One of {startBlockNumber} or {startTimestamp} must be set.")
    end = instant_of(call, "endBlockNumber", "endTimestamp")
    end = call.lived_at if end is None else end
    first, last = ETHEREUM.at_or_before(start), ETHEREUM.at_or_before(end)
    blocks, seconds = _interval(call, "blockInterval"), _interval(call, "timeInterval")
    if blocks is not None and seconds is not None:
        raise Refusal(400, "Only one of {blockInterval} or {timeInterval} can be set.")
    if first > last:
        raise Refusal(400, f"The range begins with block {first}, later than block {last}, with which it ends.")
    if blocks is not None:
        steps = range(last, first - 1, -blocks)
    else:
        # every step is an instant of its own and gets the block that a question for that instant gets
        steps = range(end, ETHEREUM.time_of(first) - 1, -(DAY if seconds is None else seconds))
    if len(steps) > _MOST_POINTS:
        raise Refusal(400, f"The range has {len(steps)} elements, more than the {_MOST_POINTS} of one response.")
    points = steps if blocks is not None else map(ETHEREUM.at_or_before, steps)
    return Range(first, last, tuple(points)[::-1])


def end_asked_at(call: Call) -> int | None:
    """Unix seconds of the range's end; None where it cannot be read."""
    query = call.request.query_params
    if "endTimestamp" in query:
        return readable(call, "endTimestamp")
    if "endBlockNumber" in query:
        number = readable(call, "endBlockNumber")
        return None if number is None or number < ETHEREUM.first else ETHEREUM.time_of(number)
    return call.lived_at


def _interval(call: Call, name: str) -> int | None:
    interval = whole(call, name)
    if interval == 0:
        raise Refusal(400, [f"{name} must not be less than 1"])
    return interval
