"""Promises of the search for a block: the last one at or before an instant, proven by the next, in few requests."""

import json
from bisect import bisect_right
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.model import Answer, Reason, Request
from dagster_project.normalise.onchain_question import Line, Question
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.normalise.onchain_told import Told
from dagster_project.sources.onchain_blocks import find_block
from dagster_project.sources.onchain_memory import ChainMemory
from dagster_project.sources.onchain_speaking import Speaking, UnusableError

NODE = Line("https://node.example")


def search(times: list[int], at: int, memory: ChainMemory | None = None) -> tuple[Header | Reason, int]:
    """Search in a chain whose blocks were made at these times; what was found, or why nothing, and the requests."""
    memory = memory or ChainMemory()
    told = Told(Question(1, at, (NODE,), (), (), (), 200, 12.0))
    talk = find_block(Speaking(NODE, told, memory), at, memory, 12.0)
    count = 0
    try:
        request = next(talk)
        while True:
            count += 1
            assert isinstance(request, Request)
            (tag, _) = json.loads(request.content)["params"]
            number = len(times) - 1 if tag == "latest" else int(tag, 16)
            block = {"number": hex(number), "hash": f"0x{number:064x}"}
            result = block | {"timestamp": hex(times[number])} if number < len(times) else None
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()
            request = talk.send(Answer(datetime(2026, 1, 1, tzinfo=UTC), 1.0, 200, {}, body))
    except StopIteration as ended:
        proven = told.block()
        return (proven or Reason.UNREADABLE) if proven == ended.value else Reason.UNREADABLE, count
    except UnusableError as error:
        return error.reason, count


@given(
    gaps=st.lists(st.sampled_from([0, 0, 1, 2, 12, 12, 12, 24, 3600, 100_000]), min_size=1, max_size=200),
    wanted=st.integers(0, 1_000_000),
)
def test_any_chain_gives_its_last_block_at_or_before(gaps: list[int], wanted: int) -> None:
    """However irregular blocks come, several in a second or none for a day, the block is the last at or before."""
    times = [1_000_000]
    for gap in gaps:
        times.append(times[-1] + gap)
    at = 1_000_000 + wanted
    found, count = search(times, at)
    if times[-1] <= at:
        assert found == Reason.NOT_POINT_IN_TIME
    else:
        assert isinstance(found, Header)
        assert found.number == bisect_right(times, at) - 1
        assert count < 60


def test_a_known_pace_takes_two_requests() -> None:
    """With two blocks remembered on a chain of regular blocks the block and the next one are all that is asked."""
    times = [1_000_000 + 12 * number for number in range(100_000)]
    memory = ChainMemory(anchors=[(times[10], 10), (times[90_000], 90_000)])
    found, count = search(times, times[50_000] + 5, memory)
    assert isinstance(found, Header)
    assert (found.number, count) == (50_000, 2)


def test_wrong_hints_do_no_harm() -> None:
    """Blocks that are remembered with wrong times lead to the right block all the same."""
    times = [1_000_000 + 12 * number for number in range(5000)]
    memory = ChainMemory(anchors=[(times[10], 4000), (times[3000], 4500)])
    found, count = search(times, times[2000] + 1, memory)
    assert isinstance(found, Header)
    assert found.number == 2000
    assert count < 60


def test_an_instant_before_the_chain_is_said() -> None:
    """Before a chain's first block there is none, and the search says so and ends."""
    found, _ = search([1_000_000 + 12 * number for number in range(1000)], 999_999)
    assert found == Reason.NOT_POINT_IN_TIME
