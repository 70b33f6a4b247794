"""Promises of the payload files: each body gives exactly the rows that stand beside it, or is refused at its fault."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.model import Outcome
from dagster_project.normalise.assemble import assemble
from tests.normalise.asking import attempt, judged, pull
from tests.normalise.bodies import second_reading
from tests.normalise.payload_files import CONTRACT, EXPECTED, OURS, actual_lines, exact, expected_lines, payloads

ANSWERS = [path for path in payloads(OURS) if not expected_lines(path)[0].get("unreadable_at")]
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


@pytest.mark.parametrize("payload", payloads(OURS), ids=lambda path: path.name)
def test_payload_gives_what_stands_beside_it(payload: Path) -> None:
    """Every body gives its expected rows in order and bit for bit, or is refused at the path of its fault."""
    assert exact(actual_lines(payload.read_bytes())) == exact(expected_lines(payload))


@pytest.mark.parametrize("payload", ANSWERS, ids=lambda path: path.name)
def test_expected_rows_are_those_of_a_second_reader(payload: Path) -> None:
    """What stands beside a payload is what a reader that shares no code with ours finds in it."""
    whole, *rows = expected_lines(payload)
    total, found = second_reading(payload.read_bytes())
    assert total == exact([whole])[0]["stated_usd"]
    assert [list(row) for row in found] == [list(row.values()) for row in exact(rows)]


def test_payload_without_expected_rows_fails(tmp_path: Path) -> None:
    """A payload without its file of expected rows is a failure, and never a pass."""
    lonely = tmp_path / "lonely.json"
    lonely.write_bytes(b"{}")
    with pytest.raises(pytest.fail.Exception, match=r"lonely\.expected\.jsonl"):
        expected_lines(lonely)


def test_no_expected_rows_without_a_payload() -> None:
    """Every file of expected rows belongs to a payload, so that none is forgotten when a case is renamed."""
    beside = {path.name for path in OURS.iterdir() if path.name.endswith(EXPECTED)}
    assert beside == {path.stem + EXPECTED for path in payloads(OURS)}


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
    whole, *rows = exact(actual_lines(contract("value_with_positions.json")))
    expected, *published = exact(expected_lines(OURS / "published_wallet.json"))
    assert whole == expected
    assert sorted(rows, key=lambda row: str(row["asset_id"])) == sorted(published, key=lambda row: str(row["asset_id"]))


def test_contract_examples_that_are_no_answer_are_refused() -> None:
    """The contract's bodies without positions, and its errors, are refused at the first member that is not there."""
    found = {name: actual_lines(contract(name)) for name in REFUSED_EXAMPLES}
    assert found == {name: [{"unreadable_at": where}] for name, where in REFUSED_EXAMPLES.items()}


def test_every_contract_example_is_read_or_refused() -> None:
    """No example of the contract ends in anything but rows or a refusal with a path."""
    contract("value_with_positions.json")
    for path in CONTRACT.glob("*.json"):
        lines = actual_lines(path.read_bytes())
        assert path.name == "value_with_positions.json" or lines[0]["unreadable_at"].startswith("$"), path.name
