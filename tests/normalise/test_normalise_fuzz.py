"""Promises under fire: whatever the bytes are, there is a refusal, or the rows that a second reader finds too."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Reading
from dagster_project.model import Outcome, Reason
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.credmark import normalise
from tests.normalise.asking import attempt, cell, judged, pull
from tests.normalise.bodies import (
    HEADER,
    NATIVE,
    NATIVES,
    POSITION,
    InvalidBodyError,
    Row,
    answer,
    bits,
    position,
    row,
    second_reading,
)

pytestmark = pytest.mark.slow

HARD = settings(database=None, deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))

NUMBERS = st.floats(min_value=0, allow_nan=False, allow_infinity=False) | st.integers(0, 2**256 - 1)
ADDRESSES = st.text("0123456789abcdefABCDEF", min_size=40, max_size=40).map("0x".__add__) | st.just(NATIVE)
POSITIONS = st.lists(
    st.builds(position, ADDRESSES, NUMBERS.filter(lambda amount: amount <= 2.0**256), NUMBERS, NUMBERS), max_size=6
)
ANSWERS = st.builds(lambda entries, total: answer(*entries, value=total), POSITIONS, NUMBERS)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*HEADER, *POSITION, NATIVE]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text() | st.sampled_from([*HEADER, *POSITION]), inner, max_size=8)
    ),
    max_leaves=25,
)
FRAGMENTS = st.binary(max_size=6) | st.sampled_from(
    [
        b"",
        b"0",
        b"-",
        b"1e400",
        b"null",
        b"true",
        b'"',
        b"\\",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b"\xff",
        b"NaN",
        b'"x":1,',
    ]
)


def ours(content: bytes) -> tuple[str | None, list[Row]] | None:
    """What our reader finds, None where it refuses; any other exception fails the test."""
    try:
        reading = normalise(pull(), content)
    except UnreadableError as error:
        return None if error.where.startswith("$") and error.why else pytest.fail(f"a refusal without a path: {error}")
    assert isinstance(reading, Reading)
    assert list(reading.rows) == [cell()]
    rows = [
        row(one.asset_id, one.amount, one.price_usd, one.price_status, one.stated_value_usd)
        for one in reading.rows[cell()]
    ]
    total = reading.stated_usd.get(cell())
    return None if total is None else bits(total), rows


def lists_ether_twice(plain: dict[str, Any]) -> bool:
    """Tell whether an answer names the chain's own coin more than once; what that means is test_one_coin.py."""
    listed = plain.get("positions")
    names = [one.get("tokenAddress") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return sum(isinstance(name, str) and name.lower() in NATIVES for name in names) > 1


def theirs(content: bytes) -> tuple[str | None, list[Row]] | None:
    """What the second reader finds, None where it refuses."""
    try:
        return second_reading(content)
    except InvalidBodyError:
        return None


def places(value: object, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within a JSON value."""
    if isinstance(value, dict):
        inner = [place for name, member in value.items() for place in places(member, (*where, name))]
    elif isinstance(value, list):
        inner = [place for index, member in enumerate(value) for place in places(member, (*where, index))]
    else:
        inner = []
    return [where, *inner]


def mutated(data: st.DataObject, plain: Any) -> Any:  # noqa: ANN401 - any JSON may come out
    """Change one place of a JSON value: replace it, drop it, double it, swap its case, or put something beside it."""
    *path, last = data.draw(st.sampled_from(places(plain)[1:]))
    holder: Any = plain
    for step in path:
        holder = holder[step]
    how = data.draw(st.sampled_from(["replace", "drop", "double", "beside", "case"]))
    if how == "replace":
        holder[last] = data.draw(ANY_JSON)
    elif how == "drop":
        del holder[last]
    elif how == "double" and isinstance(holder, list):
        holder.append(holder[last])
    elif how == "beside" and isinstance(holder, dict):
        holder[data.draw(st.text())] = data.draw(ANY_JSON)
    elif how == "case" and isinstance(holder[last], str):
        holder[last] = holder[last].swapcase()
    return plain


@given(st.binary(max_size=200))
@HARD
def test_arbitrary_bytes_are_refused(content: bytes) -> None:
    """No bytes drawn at random are an answer, and none ends in anything but a refusal."""
    assert ours(content) is None


@given(ANY_JSON)
@HARD
def test_arbitrary_json_is_refused_or_read_by_the_contract(value: object) -> None:
    """Any JSON at all is refused, unless the contract allows it."""
    content = json.dumps(value).encode()
    assert ours(content) is None or ours(content) == theirs(content)


@given(ANSWERS, st.booleans(), st.sampled_from([None, 1, "\t"]))
@HARD
def test_answers_are_read_as_a_second_reader_reads_them(plain: dict[str, Any], ascii_only: bool, indent: Any) -> None:  # noqa: ANN401, FBT001 - drawn
    """Any answer within the contract gives the rows that a second reader finds, and none is refused by one alone."""
    assume(not lists_ether_twice(plain))
    content = json.dumps(plain, ensure_ascii=ascii_only, indent=indent).encode()
    assert ours(content) == theirs(content)


@pytest.mark.every
@given(ANSWERS, st.data())
@HARD
def test_changed_answers_are_refused_or_read_by_the_contract(plain: dict[str, Any], data: st.DataObject) -> None:
    """An answer changed in some places gives no row that the contract does not allow, and loses none that it does."""
    for _ in range(data.draw(st.integers(1, 3))):
        plain = mutated(data, plain) if plain else plain
    assume(not lists_ether_twice(plain))
    content = json.dumps(plain).encode()
    found, expected = ours(content), theirs(content)
    if found is None and expected is not None:
        assert b"\\ud" in content  # half a surrogate pair is text for the second reader, and for no one else
    else:
        assert found == expected


@given(ANSWERS, st.data())
@HARD
def test_answers_with_changed_bytes_are_refused_or_read_by_the_contract(plain: Any, data: st.DataObject) -> None:  # noqa: ANN401 - drawn
    """An answer with bytes changed, dropped or slipped in is refused, or read as a second reader reads it."""
    assume(not lists_ether_twice(plain))
    content = json.dumps(plain).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content = content[:start] + data.draw(FRAGMENTS) + content[start + data.draw(st.integers(0, 4)) :]
    found = ours(content)
    assert found is None or found == theirs(content)


@given(st.binary(max_size=60) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
@HARD
def test_refused_body_gives_a_failed_pull_and_no_row(content: bytes) -> None:
    """What is refused becomes a failed pull that says so, a cell without a value, and no balance."""
    one = judged(content)
    assert (one.outcome, one.reason, one.reading) == (Outcome.FAILED, Reason.UNREADABLE, None)
    rows = assemble(attempt(pull()), 1, [one])
    assert rows.pull["detail"].to_pylist() == [one.detail]
    assert rows.cell["value_usd"].to_pylist() == [None]
    assert rows.balance.num_rows == 0
