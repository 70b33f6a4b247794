"""The promise that bad answers harm only themselves: each has a named outcome, and everything else is recorded."""

import pytest

from dagster_project.archive.layout import find_streams
from dagster_project.archive.stream import Kind, read_rows
from tests.portfolio import FIVE, Portfolio, day
from tests.simulator.running_simulator import address

FAULTS = {
    "rate_limited": ("rate_limited", 5),
    "rate_limited_with_retry_after": ("rate_limited", 5),
    "reset_header": ("rate_limited", 5),
    "server_error": ("server_error", 5),
    "unavailable": ("server_error", 5),
    "unauthorised": ("unauthorised", 1),
    "forbidden": ("forbidden", 1),
    "not_found": ("not_found", 1),
    "bad_request": ("bad_request", 1),
    "redirect": ("redirected", 1),
    "text_body": ("unreadable", 1),
    "html_page": ("unreadable", 1),
    "empty_body": ("unreadable", 1),
    "truncated_json": ("unreadable", 1),
    "deeply_nested": ("unreadable", 1),
    "nan_number": ("unreadable", 1),
    "huge_number": ("unreadable", 1),
    "negative_amount": ("unreadable", 1),
    "impossible_amount": ("unreadable", 1),
    "duplicate_rows": ("unreadable", 1),
    "missing_field": ("unreadable", 1),
    "renamed_field": ("unreadable", 1),
    "null_positions": ("unreadable", 1),
    "ignored_timestamp": ("not_point_in_time", 1),
    "reset_mid_body": ("interrupted", 5),
    "too_large": ("too_large", 1),
    "compressed_bomb": ("too_large", 1),
    "unknown_encoding": ("undecodable", 1),
}
"""Each fault of the simulator with the reason it ends in and the requests that are sent for it."""

HARMLESS = ("wrong_content_type", "gzip_ok", "extra_field", "slow_first_byte", "slow_body", "wrong_types")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_answer_harms_only_itself(portfolio: Portfolio, fault: str) -> None:
    """A fault in one account's answer is a named outcome of that cell; the other four are recorded, the bytes kept."""
    reason, tries = FAULTS[fault]
    if fault == "ignored_timestamp":
        portfolio.extra = ""  # the lived instant is a minute after the tick, so the answer is of after it
    portfolio.simulator.order(fault, account=address("cold"))
    (taken,) = portfolio.take(0)
    assert taken.has_answer
    assert not taken.is_complete
    cells = {row["label"]: (row["status"], row["reason"]) for row in portfolio.answer("coverage")}
    assert {label: cells[label] for label in FIVE if label != "cold"} == {
        label: ("recorded", None) for label in FIVE if label != "cold"
    }
    assert cells["cold"][1] == f"failed:{reason}"
    assert sum("0xC23a762C" in line for line in portfolio.requests()) == tries
    (pull,) = portfolio.query("select outcome, reason, tries, detail from pull where outcome = 'failed'").rows
    assert pull[:3] == ("failed", reason, tries)
    assert len(str(pull[3])) > 10
    raw = portfolio.folder / "data" / "simulated" / "raw"
    (stream,) = find_streams(raw, "credmark", day(0), day(0))
    kept = [row for row in read_rows(stream) if row.kind is Kind.ANSWER and "c23a762c" in row.pull_key]
    assert len(kept) == tries


@pytest.mark.slow
def test_the_path_of_the_field_is_named(portfolio: Portfolio) -> None:
    """What could not be read says which field of the body it was."""
    portfolio.simulator.order("negative_amount", account=address("cold"))
    portfolio.take(0)
    ((detail,),) = portfolio.query("select detail from pull where outcome = 'failed'").rows
    assert str(detail).startswith("$.positions[")


@pytest.mark.slow
@pytest.mark.parametrize("fault", HARMLESS)
def test_a_harmless_oddity_is_read(portfolio: Portfolio, fault: str) -> None:
    """A wrong content type, compression, an unknown member, a number in quotes or slowness changes nothing."""
    portfolio.have(0)
    expected = portfolio.query("select account_id, asset_id, amount, value_usd from balance order by all").rows
    seconds = {"seconds": 0.2} if fault.startswith("slow") else {}
    portfolio.simulator.order(fault, **seconds)
    portfolio.take(0, again=True)
    assert portfolio.query("select account_id, asset_id, amount, value_usd from balance order by all").rows == expected
    assert {row["status"] for row in portfolio.answer("coverage")} == {"recorded"}


@pytest.mark.slow
def test_unknown_members_are_reported(portfolio: Portfolio) -> None:
    """A member that the contract does not know is tolerated and named with the pull."""
    portfolio.simulator.order("extra_field", account=address("cold"))
    portfolio.take(0)
    rows = portfolio.query("select unknown_fields from pull where len(unknown_fields) > 0").rows
    assert len(rows) == 1


@pytest.mark.slow
def test_a_provider_that_is_gone_leaves_the_past(portfolio: Portfolio) -> None:
    """When everything answers 404 the run ends, nothing recorded is lost, and the chart says what is missing."""
    portfolio.have(0)
    portfolio.simulator.order("not_found")
    (taken,) = portfolio.take(1)
    assert not taken.has_answer
    first, second = portfolio.answer("value_chart")
    assert first["value_usd"] is not None
    assert (second["value_usd"], second["known_value_usd"], second["missing_cells"]) == (None, None, 5)
