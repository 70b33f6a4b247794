"""Promises of the payload files: each body gives exactly the rows that stand beside it, or is refused at its fault."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.model import Outcome
from dagster_project.normalise.assemble import assemble
from dagster_project.sources.registry import PROVIDERS
from tests.normalise import questions
from tests.normalise.asking import attempt, judged, pull
from tests.normalise.bodies import second_reading
from tests.normalise.payload_files import (
    CONTRACT,
    EXPECTED,
    OURS,
    PAYLOADS,
    SHARED,
    actual_lines,
    asked_by,
    exact,
    expected_lines,
    lines_of,
    payloads,
    rows_of,
)

ALL = [path for provider in sorted(PROVIDERS) for path in payloads(PAYLOADS / provider)]
ENDING = [path for path in ALL if "outcome" in expected_lines(path)[0]]
SHOWN = [
    (provider, beside)
    for provider in sorted(PROVIDERS)
    for beside in sorted((PAYLOADS / provider / "contract").glob(f"*{EXPECTED}"))
]
"""Examples of the contracts with what is expected of them; the bodies themselves are no part of the project."""

ANSWERS = [path for path in payloads(OURS) if not {"unreadable_at", "asked"} & expected_lines(path)[0].keys()]
REFUSED_EXAMPLES = {
    "value_simple.json": "$.positions",
    "error_400_time_both.json": "$.chainId",
    "error_400_token.json": "$.chainId",
}


def contract(name: str) -> bytes:
    """The contract's own example, where the contracts lie beside the checkout."""
    path = CONTRACT / name
    if not path.is_file():
        pytest.skip(f"the contract's example {name} does not lie beside this checkout")
    return path.read_bytes()


def name_of(path: Path) -> str:
    """Provider and case."""
    return f"{path.parent.name}-{path.name}"


@pytest.mark.parametrize("payload", ALL, ids=name_of)
def test_payload_gives_what_stands_beside_it(payload: Path) -> None:
    """Every body gives its expected rows in order and bit for bit, or is refused at the path of its fault."""
    expected = expected_lines(payload)
    found = actual_lines(asked_by(payload.parent.name, expected), payload.read_bytes())
    assert exact(found) == exact(rows_of(expected))


@pytest.mark.parametrize("payload", ENDING, ids=name_of)
def test_payload_ends_as_it_says(payload: Path) -> None:
    """Where a body says how its pull ends, it ends so: answered, empty, or failed for a reason."""
    expected = expected_lines(payload)
    one = questions.judged(asked_by(payload.parent.name, expected), payload.read_bytes())
    assert ":".join(part for part in (one.outcome, one.reason) if part) == expected[0]["outcome"]


@pytest.mark.parametrize(("provider", "beside"), SHOWN, ids=[f"{name}-{path.stem}" for name, path in SHOWN])
def test_contract_example_gives_what_is_expected_of_it(provider: str, beside: Path) -> None:
    """Each example of a contract gives the rows that were written down for it, or is refused at its fault."""
    payload = SHARED / PROVIDERS[provider].source.vendor / beside.name.replace(EXPECTED, ".json")
    if not payload.is_file():
        pytest.skip(f"the contract's example {payload.name} does not lie beside this checkout")
    expected = lines_of(beside)
    found = actual_lines(asked_by(provider, expected), payload.read_bytes())
    assert exact(found) == exact(rows_of(expected))


@pytest.mark.parametrize("payload", ANSWERS, ids=lambda path: path.name)
def test_expected_rows_are_those_of_a_second_reader(payload: Path) -> None:
    """What stands beside a payload is what a reader that shares no code with ours finds in it."""
    whole, *rows = expected_lines(payload)
    total, found = second_reading(payload.read_bytes())
    assert total == exact([whole])[0].get("stated_usd")
    assert [list(row) for row in found] == [list(row.values()) for row in exact(rows)]


def test_payload_without_expected_rows_fails(tmp_path: Path) -> None:
    """A payload without its file of expected rows is a failure, and never a pass."""
    lonely = tmp_path / "lonely.json"
    lonely.write_bytes(b"{}")
    with pytest.raises(pytest.fail.Exception, match=r"lonely\.expected\.jsonl"):
        expected_lines(lonely)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_no_expected_rows_without_a_payload(provider: str) -> None:
    """Every file of expected rows belongs to a payload, so that none is forgotten when a case is renamed."""
    folder = PAYLOADS / provider
    beside = {path.name for path in folder.iterdir() if path.name.endswith(EXPECTED)}
    assert beside == {path.stem + EXPECTED for path in payloads(folder)}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_endpoint_has_a_payload_that_is_read_and_one_that_is_refused(provider: str) -> None:
    """No endpoint of any provider goes without a body that gives rows and one that is refused."""
    listed = [expected_lines(path) for path in payloads(PAYLOADS / provider)]
    found = {(asked_by(provider, lines).endpoint, "unreadable_at" in lines[0]) for lines in listed}
    declared = [endpoint.name for endpoint in PROVIDERS[provider].source.endpoints]
    assert found == {(name, is_refused) for name in declared for is_refused in (False, True)}


def test_published_numbers_of_a_wallet() -> None:
    """The wallet whose numbers were published holds them: 683.1329274926395 stated, 683.132927 booked, one unpriced."""
    one = judged((OURS / "published_wallet.json").read_bytes())
    rows = assemble(attempt(pull()), 1, [one])
    (cell,) = rows.cell.to_pylist()
    assert cell["outcome"] == Outcome.ANSWERED
    assert cell["stated_value_usd"].hex() == (683.1329274926395).hex()
    assert cell["value_usd"] == Decimal("683.132927")
    assert (cell["row_count"], cell["unpriced_count"], cell["quarantined_count"]) == (8, 1, 0)
    assert sum(value for value in rows.balance["value_usd"].to_pylist() if value is not None) == Decimal("683.132927")
    (unpriced,) = [row for row in rows.balance.to_pylist() if row["price_status"] == "unknown"]
    assert unpriced["asset_id"].endswith("0xf61cacbd97a5f41e9bec170f21a8ff0b276b0266")
    assert (unpriced["price_usd"], unpriced["value_usd"]) == (None, None)


def test_published_wallet_is_what_the_contract_shows() -> None:
    """Our body of the published wallet says what the contract's example says, written another way."""
    example = contract("value_with_positions.json")
    ours = (OURS / "published_wallet.json").read_bytes()
    assert example != ours
    shown, told = json.loads(example), json.loads(ours)
    by_token = sorted(shown.pop("positions"), key=lambda one: str(one["tokenAddress"]))
    assert by_token == sorted(told.pop("positions"), key=lambda one: str(one["tokenAddress"]))
    assert shown == told


def test_contract_example_gives_the_published_rows() -> None:
    """The contract's example gives the rows of the published wallet."""
    whole, *rows = exact(actual_lines(pull(), contract("value_with_positions.json")))
    expected, *published = exact(expected_lines(OURS / "published_wallet.json"))
    assert whole == expected
    assert sorted(rows, key=lambda row: str(row["asset_id"])) == sorted(published, key=lambda row: str(row["asset_id"]))


def test_contract_examples_that_are_no_answer_are_refused() -> None:
    """The contract's bodies without positions, and its errors, are refused at the first member that is not there."""
    found = {name: actual_lines(pull(), contract(name)) for name in REFUSED_EXAMPLES}
    assert found == {name: [{"unreadable_at": where}] for name, where in REFUSED_EXAMPLES.items()}


def test_every_contract_example_is_read_or_refused() -> None:
    """No example of the contract ends in anything but rows or a refusal with a path."""
    contract("value_with_positions.json")
    for path in CONTRACT.glob("*.json"):
        lines = actual_lines(pull(), path.read_bytes())
        assert path.name == "value_with_positions.json" or lines[0]["unreadable_at"].startswith("$"), path.name
