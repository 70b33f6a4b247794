"""Promises of Credmark's positions and of its answers over time: their shape, their grid, and what they agree with."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from dagster_project.simulator.book.assets import ASSET_BY_KEY, NATIVE_ADDRESS
from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.window import BEGIN_AT, DAY, utc
from tests.simulator.running_simulator import NOW, Simulator, address

PAYLOADS = Path(__file__).parents[3] / "shared" / "contracts" / "payloads" / "credmark"
Params = dict[str, str | list[str]]
EUR = "0x00000000000000000000000000000000000003d2"
LATEST = ETHEREUM.at_or_before(NOW)
MIDNIGHT = NOW - NOW % DAY
WEEK: Params = {"startTimestamp": str(MIDNIGHT - 7 * DAY), "endTimestamp": str(MIDNIGHT)}
HISTORICAL = ("value/historical", "positions/historical")
HEADER = ["chainId", "startBlockNumber", "endBlockNumber", "startTimestamp", "endTimestamp", "accounts"]


def ask(simulator: Simulator, path: str, params: Params, *labels: str, now: int = NOW) -> httpx.Response:
    """Ask one of the portfolio endpoints about labels, about the treasury where none is given."""
    spelled = ",".join(address(label) for label in labels or ("treasury",))
    return simulator.ask(f"/credmark/v1/portfolio/1/{spelled}/{path}", params, now=now)


def told(simulator: Simulator, path: str, params: Params, *labels: str, now: int = NOW) -> dict[str, Any]:
    """The body of an answer that is fine."""
    answer = ask(simulator, path, params, *labels, now=now)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body: dict[str, Any] = answer.json()
    return body


def blocks(simulator: Simulator, params: Params, path: str = "value/historical") -> list[int]:
    """The blocks of the points of an answer."""
    return [point["blockNumber"] for point in told(simulator, path, params)["data"]]


def refused(answer: httpx.Response, message: object) -> None:
    """Check that an answer is a 400 of the contract's shape with this message."""
    assert answer.status_code == 400, answer.text
    assert answer.json() == {"statusCode": 400, "message": message, "error": "Bad Request"}


@pytest.mark.parametrize("labels", [["treasury"], ["trading", "cold"], ["tiny"]])
@pytest.mark.parametrize("params", [{}, {"timestamp": str(utc(2026, 2, 3))}, {"blockNumber": str(LATEST - 5)}])
def test_positions_are_those_of_value_without_prices(simulator: Simulator, labels: list[str], params: Params) -> None:
    """Positions have the block, the accounts and the balances of a value with positions, and nothing else."""
    body = told(simulator, "positions", params, *labels)
    assert list(body) == ["chainId", "blockNumber", "blockTimestamp", "accounts", "positions"]
    value = told(simulator, "value", params | {"includePositions": "true"}, *labels)
    rows = [{member: row[member] for member in ("tokenAddress", "balance")} for row in value["positions"]]
    assert body == {member: value[member] for member in body} | {"positions": rows}


@pytest.mark.parametrize("labels", [["treasury"], ["cold", "grants"]])
@pytest.mark.parametrize("with_positions", [True, False])
@pytest.mark.parametrize("quote", [{}, {"quoteAddress": EUR}])
def test_each_point_is_the_value_of_its_block(
    simulator: Simulator, labels: list[str], quote: Params, *, with_positions: bool
) -> None:
    """A point of a history says what a question for its block alone says, with positions only if they are wanted."""
    params = quote | ({"includePositions": "true"} if with_positions else {})
    body = told(simulator, "value/historical", params | WEEK, *labels)
    assert len(body["data"]) == 8
    for point in body["data"]:
        alone = told(simulator, "value", params | {"blockNumber": str(point["blockNumber"])}, *labels)
        assert body["quoteAddress"] == alone["quoteAddress"]
        assert point == {member: alone[member] for member in alone if member not in {*HEADER, "quoteAddress"}}
        assert list(point) == ["blockNumber", "blockTimestamp", "value", *(["positions"] if with_positions else [])]


def test_each_point_has_the_positions_of_its_block(simulator: Simulator) -> None:
    """A point of a history of positions lists what a question for its block alone lists, zero balances left out."""
    params: Params = {"startTimestamp": str(utc(2026, 7, 4)), "endTimestamp": str(utc(2026, 7, 8))}
    now = utc(2026, 8, 1)
    points = told(simulator, "positions/historical", params, "cold", now=now)["data"]
    for point in points:
        alone = told(simulator, "positions", {"blockNumber": str(point["blockNumber"])}, "cold", now=now)
        assert list(point) == ["blockNumber", "blockTimestamp", "positions"]
        assert point == {member: alone[member] for member in point}
    # the account is emptied on the sixth at six
    assert [bool(point["positions"]) for point in points] == [True, True, True, False, False]


def test_tokens_restrict_positions_and_histories(simulator: Simulator) -> None:
    """With tokens only those are listed, at one block and at each of a range, and only those are valued."""
    usdc = ASSET_BY_KEY["USDC"].address
    params: Params = {"tokens": [usdc, NATIVE_ADDRESS]}
    assert [row["tokenAddress"] for row in told(simulator, "positions", params)["positions"]] == [NATIVE_ADDRESS, usdc]
    for point in told(simulator, "positions/historical", params | WEEK)["data"]:
        assert [row["tokenAddress"] for row in point["positions"]] == [NATIVE_ADDRESS, usdc]
    for point in told(simulator, "value/historical", params | WEEK | {"includePositions": "true"})["data"]:
        assert point["value"] == point["positions"][0]["value"] + point["positions"][1]["value"]


def test_headers_are_those_of_the_published_example(simulator: Simulator) -> None:
    """The members around the points, their order and types are those of the example in the provider's documentation."""
    path = PAYLOADS / "positions_historical_header.json"
    if not path.exists():
        pytest.skip(f"the published examples are kept beside the repository, and {path} is not there")
    published = json.loads(path.read_text())
    body = told(simulator, "positions/historical", WEEK)
    assert [(member, type(value)) for member, value in body.items()] == [
        (member, type(value)) for member, value in published.items()
    ]
    assert list(told(simulator, "value/historical", WEEK)) == [*HEADER, "quoteAddress", "data"]


@pytest.mark.parametrize("path", HISTORICAL)
def test_the_header_tells_the_resolved_range(simulator: Simulator, path: str) -> None:
    """Start and end are the blocks at or before what was asked for, with their times, and the accounts are echoed."""
    params: Params = {"startTimestamp": str(MIDNIGHT - DAY + 7), "endTimestamp": str(MIDNIGHT)}
    body = told(simulator, path, params, "trading")
    first, last = ETHEREUM.at_or_before(MIDNIGHT - DAY + 7), ETHEREUM.at_or_before(MIDNIGHT)
    assert {member: body[member] for member in HEADER} == {
        "chainId": 1,
        "startBlockNumber": first,
        "endBlockNumber": last,
        "startTimestamp": ETHEREUM.time_of(first),
        "endTimestamp": ETHEREUM.time_of(last),
        "accounts": [address("trading")],
    }


@pytest.mark.parametrize("path", HISTORICAL)
@pytest.mark.parametrize(
    ("length", "interval", "offsets"),
    [
        (8, 3, [2, 5, 8]),  # the provider's own example: blocks 1 to 9 by 3 are 3, 6 and 9
        (24_217, 1_000, list(range(217, 24_218, 1_000))),  # and the other one, from 17540049 to 17564266
        (9, 3, [0, 3, 6, 9]),
        (5, 6, [5]),
        (0, 1, [0]),
    ],
)
def test_blocks_step_back_from_the_end(
    simulator: Simulator, path: str, length: int, interval: int, offsets: list[int]
) -> None:
    """Points lie on the end and every interval before it, down to the start, and come in ascending order."""
    start = LATEST - 30_000
    params: Params = {
        "startBlockNumber": str(start),
        "endBlockNumber": str(start + length),
        "blockInterval": str(interval),
    }
    assert blocks(simulator, params, path) == [start + offset for offset in offsets]


@pytest.mark.parametrize(
    ("start", "end", "interval"),
    [
        (MIDNIGHT - 3 * DAY, MIDNIGHT, None),
        (MIDNIGHT - 3 * DAY + 20, MIDNIGHT, None),
        (MIDNIGHT - 3 * DAY - 20, MIDNIGHT, DAY),
        (MIDNIGHT - 1000, MIDNIGHT + 5, 77),
        (MIDNIGHT, MIDNIGHT, 1),
    ],
)
def test_instants_step_back_from_the_end(simulator: Simulator, start: int, end: int, interval: int | None) -> None:
    """Each point is the block at or before an instant so many seconds before the end, a day unless it is said."""
    params: Params = {"startTimestamp": str(start), "endTimestamp": str(end)}
    params |= {} if interval is None else {"timeInterval": str(interval)}
    expected, at = [], end
    while ETHEREUM.at_or_before(at) >= ETHEREUM.at_or_before(start):
        expected.append(ETHEREUM.at_or_before(at))
        at -= interval or DAY
    assert blocks(simulator, params) == expected[::-1]


def test_blocks_and_instants_may_be_mixed(simulator: Simulator) -> None:
    """Either end may be a block or an instant, and either interval goes with both."""
    first, last = ETHEREUM.at_or_before(MIDNIGHT - 2 * DAY), ETHEREUM.at_or_before(MIDNIGHT)
    whole = blocks(simulator, {"startTimestamp": str(MIDNIGHT - 2 * DAY), "endTimestamp": str(MIDNIGHT)})
    assert whole == [first, first + 7200, last]
    starts: list[Params] = [{"startBlockNumber": str(first)}, {"startTimestamp": str(MIDNIGHT - 2 * DAY + 3)}]
    ends: list[Params] = [{"endBlockNumber": str(last)}, {"endTimestamp": str(MIDNIGHT + 3)}]
    intervals: list[Params] = [{}, {"timeInterval": str(DAY)}, {"blockInterval": "7200"}]
    for start in starts:
        for end in ends:
            for interval in intervals:
                assert blocks(simulator, start | end | interval) == whole


def test_the_end_is_the_latest_block_unless_it_is_said(simulator: Simulator) -> None:
    """Without an end, and with one after the lived instant, the range goes up to the latest block."""
    start: Params = {"startTimestamp": str(NOW - 2 * DAY)}
    body = told(simulator, "value/historical", start)
    assert (body["endBlockNumber"], body["data"][-1]["blockNumber"]) == (LATEST, LATEST)
    assert told(simulator, "value/historical", start | {"endTimestamp": str(NOW + DAY)}) == body
    ahead: Params = {"startTimestamp": str(NOW + DAY)}
    assert blocks(simulator, ahead) == [LATEST]


def test_a_past_range_is_the_same_from_every_later_instant(simulator: Simulator) -> None:
    """What is answered for a past range does not depend on the instant from which it is asked."""
    for path in HISTORICAL:
        early, late = (ask(simulator, path, WEEK, now=now) for now in (NOW, utc(2028, 6, 1)))
        assert early.content == late.content


@pytest.mark.slow
@pytest.mark.parametrize("interval", ["blockInterval", "timeInterval"])
def test_four_thousand_points_are_the_most(simulator: Simulator, interval: str) -> None:
    """A range of 4,000 points is answered, one of 4,001 is a 400 that says how many are too many."""
    step = 5 if interval == "blockInterval" else 60
    most: Params = {"startBlockNumber": str(LATEST - 5 * 3_999), "endBlockNumber": str(LATEST), interval: str(step)}
    assert len(blocks(simulator, most)) == 4_000
    more = most | {"startBlockNumber": str(LATEST - 5 * 4_000)}
    for path in HISTORICAL:
        refused(ask(simulator, path, more), "The range has 4001 elements, more than the 4000 of one response.")


START: Params = {"startTimestamp": str(NOW - DAY)}


@pytest.mark.parametrize("path", HISTORICAL)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "One of {startBlockNumber} or {startTimestamp} must be set."),
        ({"timestamp": str(NOW)}, "One of {startBlockNumber} or {startTimestamp} must be set."),
        (
            START | {"startBlockNumber": str(LATEST)},
            "Only one of {startBlockNumber} or {startTimestamp} can be set.",
        ),
        (
            START | {"endBlockNumber": str(LATEST), "endTimestamp": str(NOW)},
            "Only one of {endBlockNumber} or {endTimestamp} can be set.",
        ),
        (
            START | {"blockInterval": "1", "timeInterval": "12"},
            "Only one of {blockInterval} or {timeInterval} can be set.",
        ),
        (START | {"blockInterval": "0"}, ["blockInterval must not be less than 1"]),
        (START | {"timeInterval": "0"}, ["timeInterval must not be less than 1"]),
        (START | {"timeInterval": "-1"}, ["timeInterval must be an integer number"]),
        (START | {"blockInterval": "1.5"}, ["blockInterval must be an integer number"]),
        ({"startTimestamp": "yesterday"}, ["startTimestamp must be an integer number"]),
        ({"startBlockNumber": ["22600001", "22600002"]}, ["startBlockNumber must be an integer number"]),
        (START | {"endTimestamp": ""}, ["endTimestamp must be an integer number"]),
        ({"startTimestamp": str(BEGIN_AT - 1)}, f"No ledger data before block {ETHEREUM.first}."),
        ({"startBlockNumber": str(ETHEREUM.first - 1)}, f"No ledger data before block {ETHEREUM.first}."),
        (
            START | {"endBlockNumber": str(LATEST + 1)},
            f"Block {LATEST + 1} is later than the latest block {LATEST}.",
        ),
        (
            {"startBlockNumber": str(LATEST), "endBlockNumber": str(LATEST - 1)},
            f"The range begins with block {LATEST}, later than block {LATEST - 1}, with which it ends.",
        ),
        (START | {"tokens": "0x12"}, ["Invalid token address"]),
    ],
)
def test_bad_ranges_are_refused(simulator: Simulator, path: str, params: Params, message: object) -> None:
    """A range outside the contract is a 400 in the contract's error shape that names what is wrong."""
    refused(ask(simulator, path, params), message)


@pytest.mark.parametrize("path", ["positions", *HISTORICAL])
def test_accounts_chains_and_quotes_are_judged_as_by_value(simulator: Simulator, path: str) -> None:
    """What value refuses is refused here in its words, and positions, which have no prices, read no quote."""
    refused(simulator.ask(f"/credmark/v1/portfolio/1/0x1/{path}", WEEK), ["Invalid account address"])
    refused(
        simulator.ask(f"/credmark/v1/portfolio/10/{address('treasury')}/{path}", WEEK),
        ["chainId must be one of the following values: 1"],
    )
    wrong: Params = {"quoteAddress": "USD", "includePositions": "1"}
    if path == "value/historical":
        refused(ask(simulator, path, WEEK | wrong), ["Invalid quote address"])
        del wrong["quoteAddress"]
        refused(ask(simulator, path, WEEK | wrong), ["includePositions must be a boolean value"])
    else:
        assert ask(simulator, path, WEEK | wrong).content == ask(simulator, path, WEEK).content


@pytest.mark.parametrize("path", HISTORICAL)
@pytest.mark.parametrize(
    ("end", "at", "is_met"),
    [
        ({"endTimestamp": str(MIDNIGHT)}, MIDNIGHT, True),
        ({"endTimestamp": str(MIDNIGHT)}, NOW - DAY, False),
        ({"endTimestamp": str(MIDNIGHT)}, NOW, False),
        ({"endBlockNumber": str(LATEST - 9)}, ETHEREUM.time_of(LATEST - 9), True),
        ({}, NOW, True),
        ({"endTimestamp": "soon"}, NOW - DAY, False),
    ],
)
def test_an_order_for_an_instant_meets_the_ranges_that_end_there(
    simulator: Simulator, path: str, end: Params, at: int, *, is_met: bool
) -> None:
    """A fault ordered for an instant meets the histories up to it, wherever they begin."""
    simulator.order("unavailable", at=at)
    assert (ask(simulator, path, START | end).status_code == 503) == is_met


def test_an_order_for_an_instant_meets_positions_there(simulator: Simulator) -> None:
    """A fault ordered for an instant meets the question for positions at it and no other."""
    simulator.order("unavailable", at=NOW - DAY)
    assert ask(simulator, "positions", {"timestamp": str(NOW - DAY)}).status_code == 503
    assert ask(simulator, "positions", {"timestamp": str(NOW)}).status_code == 200


@pytest.mark.parametrize("path", ["positions", *HISTORICAL])
def test_the_planted_outage_is_theirs_too(simulator: Simulator, path: str) -> None:
    """On the planted day questions that touch an account that is out get the gateway's page, whatever they ask."""
    now = utc(2026, 3, 14, 12)
    params: Params = {"startTimestamp": str(utc(2026, 2, 1)), "endTimestamp": str(utc(2026, 2, 9))}
    assert ask(simulator, path, params, "trading", now=now).status_code == 503
    assert ask(simulator, path, params, "treasury", now=now).status_code == 200
    assert ask(simulator, path, params, "trading", now=now + DAY).status_code == 200


@pytest.mark.parametrize("path", HISTORICAL)
def test_an_ignored_range_is_the_latest_block(simulator: Simulator, path: str) -> None:
    """A provider that passes over the range tells one point, the latest."""
    simulator.order("ignored_timestamp")
    body = told(simulator, path, WEEK)
    assert [point["blockNumber"] for point in body["data"]] == [LATEST]
    assert (body["startBlockNumber"], body["endBlockNumber"]) == (LATEST, LATEST)


def test_faults_of_content_meet_the_points(simulator: Simulator) -> None:
    """Rows are doubled, emptied or made null in every point, and an amount is changed in the first."""
    params = WEEK | {"includePositions": "true"}
    honest = told(simulator, "value/historical", params)["data"]

    def seen(fault: str, path: str, params: Params) -> Any:  # noqa: ANN401 - any JSON
        simulator.order(fault)
        return told(simulator, path, params)["data"]

    doubled = seen("duplicate_rows", "value/historical", params)
    assert [point["positions"] for point in doubled] == [
        [row for row in point["positions"] for _ in range(2)] for point in honest
    ]
    empty = seen("empty_positions", "value/historical", params)
    assert [(point["value"], point["positions"]) for point in empty] == [(0, [])] * len(honest)
    assert {point["positions"] for point in seen("null_positions", "positions/historical", WEEK)} == {None}
    for path in HISTORICAL:
        points = seen("negative_amount", path, params)
        assert [point["positions"][0]["balance"] < 0 for point in points] == [True] + [False] * (len(honest) - 1)
    values = [point["value"] for point in seen("negative_amount", "value/historical", WEEK)]
    assert [value < 0 for value in values] == [True] + [False] * (len(honest) - 1)
