"""Promises under fire, for every endpoint of every provider: each payload file, changed in some places, is a seed.

Whatever comes out is refused by name, or read into rows that keep the rules; nothing in between.
"""

import json
import math
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Reading
from dagster_project.model import Attempt, Outcome, Pull, Reason
from dagster_project.normalise.assemble import assemble
from dagster_project.sources.registry import PROVIDERS
from tests.normalise.asking import TAKEN_AT, plan
from tests.normalise.payload_files import PAYLOADS, asked_by, expected_lines, payloads
from tests.normalise.questions import judged
from tests.normalise.test_normalise_fuzz import ANY_JSON, FRAGMENTS, mutated

pytestmark = pytest.mark.slow

HARD = settings(database=None, deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
LARGEST_RAW = 2**256 - 1
LARGEST_SEED = 20_000
OF_CSV = ("general/report", "data/EXR")

Seed = tuple[Pull, bytes]


@cache
def seeds(provider: str) -> dict[str, list[Seed]]:
    """Give the payload files of a provider by endpoint, each with the question that it answers."""
    found: dict[str, list[Seed]] = {}
    for payload in payloads(PAYLOADS / provider):
        asked = asked_by(provider, expected_lines(payload))
        if payload.stat().st_size <= LARGEST_SEED:
            found.setdefault(asked.endpoint, []).append((asked, payload.read_bytes()))
    return found


ENDPOINTS = [(provider, endpoint) for provider in PROVIDERS for endpoint in seeds(provider)]


def plain_of(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The JSON value of a seed, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read(pull: Pull, body: bytes) -> Reading | None:
    """Normalise; None where it is refused with a path and a reason."""
    try:
        return PROVIDERS[pull.provider].normalise(pull, body)
    except UnreadableError as error:
        return None if error.where and error.why else pytest.fail(f"a refusal without place or reason: {error!r}")


def check(pull: Pull, body: bytes) -> Reading | None:
    """Normalise, judge and assemble; any exception but a named refusal fails the test."""
    reading = read(pull, body)
    one = judged(pull, body)
    rows = assemble(Attempt(plan(pull), "20230626T150030000007Z-abcdef", TAKEN_AT), 1, [one])
    if reading is None:
        assert one.outcome is Outcome.FAILED
        of_a_talk = PROVIDERS[pull.provider].source.converse is not None  # its exchanges can break off, or be refused
        assert one.reason is Reason.UNREADABLE or (of_a_talk and one.reason is not None)
    if one.reading is None:
        tables = (rows.balance, rows.position, rows.allowance, rows.figure, rows.asset)
        assert [table.num_rows for table in tables] == [0] * 5
        assert set(rows.cell["value_usd"].to_pylist()) <= {None}
    if reading is not None:
        keeps_the_rules(pull, reading)
    return reading


def keeps_the_rules(pull: Pull, reading: Reading) -> None:
    """No row stands in a cell that was not asked for, and none holds a number that cannot be."""
    assert set(reading.rows) <= set(pull.cells)
    for holdings in reading.rows.values():
        keys = [(one.asset_id, one.position_id) for one in holdings if not one.position_id]
        assert len(keys) == len(set(keys))
        for one in holdings:
            assert one.amount is None or (math.isfinite(one.amount) and one.amount >= 0)
            assert one.price_usd is None or (math.isfinite(one.price_usd) and one.price_usd > 0)
            assert one.stated_value_usd is None or math.isfinite(one.stated_value_usd)
            assert one.amount_raw is None or re.fullmatch("0|[1-9][0-9]*", one.amount_raw)
            assert int(one.amount_raw or "0") <= LARGEST_RAW
    for allowed in reading.allowances.values():
        assert all(int(one.allowance_raw) <= LARGEST_RAW for one in allowed)
    assert all(one.number is None or math.isfinite(one.number) for one in reading.figures)


def test_every_normaliser_has_seeds() -> None:
    """Each endpoint of each provider has a payload file to begin from."""
    lacking = [
        (name, endpoint.name)
        for name, provider in PROVIDERS.items()
        for endpoint in provider.source.endpoints
        if endpoint.name not in seeds(name)
    ]
    assert lacking == []


@pytest.mark.parametrize(("provider", "endpoint"), ENDPOINTS)
@given(data=st.data())
@HARD
def test_changed_payloads_are_refused_or_keep_the_rules(provider: str, endpoint: str, data: st.DataObject) -> None:
    """A payload changed in one to four of its places is refused by name or read into rows that keep the rules."""
    pull, body = data.draw(st.sampled_from(seeds(provider)[endpoint]))
    plain = plain_of(body)
    for _ in range(data.draw(st.integers(1, 4))):
        plain = mutated(data, plain) if plain and isinstance(plain, dict | list) else data.draw(ANY_JSON)
    check(pull, json.dumps(plain).encode())


@pytest.mark.parametrize(("provider", "endpoint"), ENDPOINTS)
@given(data=st.data())
@HARD
def test_payloads_with_changed_bytes_are_refused_or_keep_the_rules(
    provider: str, endpoint: str, data: st.DataObject
) -> None:
    """A payload with bytes changed, cut or slipped in is refused by name, and always where it is no JSON at all."""
    pull, body = data.draw(st.sampled_from(seeds(provider)[endpoint]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        body = body[:start] + data.draw(FRAGMENTS) + body[start + data.draw(st.integers(0, 30)) :]
    reading = check(pull, body)
    if endpoint not in OF_CSV and plain_of(body) is None and body.strip() != b"null":
        assert reading is None
