"""Promises of single rows: what each says, and what it does not say when nothing is known."""

import hashlib
import time
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from dagster_project.columns import BOOKED
from dagster_project.holdings import Reading
from dagster_project.model import Answer, Capability, Layer, Outcome, Reason, utc
from dagster_project.normalise.judge import Judged
from dagster_project.slices import table_of
from dagster_project.tables import BALANCE, CELL, PULL
from tests.normalise.asking import AS_OF, BLOCK_AT, OBSERVED_AT, TAKEN_AT, answer, cell, pull
from tests.normalise.judged_pulls import PLAIN, answered, assembled, judged_pulls


@pytest.mark.parametrize("reason", list(Reason))
def test_failed_pull_has_cells_without_a_value(reason: Reason) -> None:
    """A pull that failed has its cells, each with the reason and without a value, and no balance."""
    rows = assembled(judged_pulls([([Layer.WALLET, Layer.DEBT], reason)]))
    assert rows.balance.num_rows == 0
    for row in rows.cell.to_pylist():
        assert (row["value_usd"], row["stated_value_usd"], row["effective_at"], row["observed_at"]) == (None,) * 4
        assert (row["reason"], row["row_count"], row["unpriced_count"], row["quarantined_count"]) == (reason, 0, 0, 0)
        assert row["outcome"] == (Outcome.NOT_AVAILABLE if reason is Reason.NOW_ONLY else Outcome.FAILED)


def test_empty_answer_is_worth_nothing_and_known() -> None:
    """A cell that a trusted answer says is empty is worth exactly 0, and has no reason."""
    (row,) = assembled(judged_pulls([([Layer.WALLET], [()] * 4)])).cell.to_pylist()
    assert (row["outcome"], row["value_usd"], row["reason"], row["row_count"]) == (Outcome.EMPTY, Decimal(0), None, 0)


def test_cell_that_an_answer_does_not_speak_of_is_not_worth_nothing() -> None:
    """A cell of the pull that the answer says nothing about has no value; it is not taken for an empty one."""
    asked = pull("value/1", cell(Layer.WALLET), cell(Layer.DEBT))
    reading = Reading(BLOCK_AT, {cell(Layer.WALLET): (PLAIN,)})
    rows = assembled([Judged(asked, answer(b"{}"), 1, Outcome.ANSWERED, reading=reading)])
    assert {row["layer"]: row["value_usd"] for row in rows.cell.to_pylist()} == {"wallet": Decimal(2), "debt": None}


def test_nothing_judged_gives_empty_tables() -> None:
    """An attempt that asked nothing gives tables without rows, of the declared schemas."""
    rows = assembled([])
    assert [table.num_rows for table in (rows.pull, rows.cell, rows.balance)] == [0, 0, 0]
    assert [table.schema for table in (rows.pull, rows.cell, rows.balance)] == [
        PULL.schema,
        CELL.schema,
        BALANCE.schema,
    ]


def test_pull_row_says_all_of_the_pull() -> None:
    """A pull's row holds its question, its ending, its last answer and where that is kept."""
    (row,) = assembled([answered()]).pull.to_pylist()
    assert row == {
        "as_of": datetime(2023, 6, 26, 15, 0),  # noqa: DTZ001 - tables hold UTC without a zone
        "provider": "credmark",
        "pull_key": "value/9",
        "endpoint": "value",
        "outcome": "answered",
        "reason": None,
        "detail": None,
        "http_status": 200,
        "observed_at": utc(OBSERVED_AT),
        "effective_at": datetime(2023, 6, 26, 14, 32, 23),  # noqa: DTZ001 - tables hold UTC without a zone
        "lag_seconds": -1657.0,
        "is_exact_instant": True,
        "block_number": 17_564_213,
        "unknown_fields": ["$.a", "$.b"],
        "tries": 3,
        "elapsed_ms": 12.5,
        "body_bytes": 4,
        "body_sha256": hashlib.sha256(b"body").hexdigest(),
        "request_id": "request-1",
        "attempt_id": "20230626T150030000007Z-abcdef",
        "normaliser_version": 7,
        "confirmed_at": None,
        "recorded_at": utc(TAKEN_AT),
    }


def test_cell_row_says_all_of_the_cell() -> None:
    """A cell's row holds its place, its ending, its rank, both totals, its counts and its instants."""
    (row,) = assembled([answered()]).cell.to_pylist()
    assert row == {
        "as_of": utc(AS_OF),
        "provider": "credmark",
        "pull_key": "value/9",
        "account_id": "eip155:0:0xabc",
        "chain_id": "eip155:10",
        "layer": "debt",
        "outcome": "answered",
        "reason": None,
        "record_rank": 2,
        "value_usd": Decimal("-0.000002"),
        "stated_value_usd": 6.2500015,
        "row_count": 3,
        "unpriced_count": 1,
        "quarantined_count": 0,
        "doubt": None,
        "observed_at": utc(OBSERVED_AT),
        "effective_at": utc(BLOCK_AT),
        "recorded_at": utc(TAKEN_AT),
    }


def test_balance_row_says_all_of_the_holding() -> None:
    """A balance's row holds its cell, the holding as stated, and its value as booked; what does not count is kept."""
    first, second, third = assembled([answered()]).balance.to_pylist()
    assert first == {
        "as_of": utc(AS_OF),
        "provider": "credmark",
        "pull_key": "value/9",
        "account_id": "eip155:0:0xabc",
        "chain_id": "eip155:10",
        "layer": "debt",
        "position_id": "loan-1",
        "asset_id": "eip155:10/erc20:0x1",
        "amount_raw": "2000000",
        "decimals": 6,
        "amount": 2.0,
        "price_usd": 3.0,
        "price_status": "priced",
        "stated_value_usd": 6.25,
        "value_usd": Decimal("-6.250000"),
        "price_origin": "stated",
        "is_counted": False,
        "recorded_at": utc(TAKEN_AT),
        "shares_raw": "1990000",
        "rate_raw": "1005025125628140703517587939",
    }
    assert (second["shares_raw"], second["rate_raw"]) == (None, None)
    assert (second["price_usd"], second["value_usd"], second["stated_value_usd"]) == (None, None, 0.0)
    assert (third["value_usd"], third["is_counted"]) == (Decimal("-0.000002"), True)


def test_answer_of_now_is_true_for_its_arrival() -> None:
    """An answer of now without a time of its own is true for when it arrived, and is marked as no exact instant."""
    one = answered()
    assert one.reading is not None
    now = replace(
        one, pull=replace(one.pull, capability=Capability.NOW), reading=replace(one.reading, effective_at=None)
    )
    rows = assembled([now])
    (row,) = rows.pull.to_pylist()
    assert (row["effective_at"], row["lag_seconds"], row["is_exact_instant"]) == (utc(OBSERVED_AT), 40.123456, False)
    assert rows.cell["effective_at"].to_pylist() == [utc(OBSERVED_AT)]


def test_pull_without_an_answer_has_no_figures_of_one() -> None:
    """Where nothing came back there is no arrival, no duration, no size and no fingerprint; 0 bytes have them."""
    asked = pull()
    unasked = Judged(asked, Answer(OBSERVED_AT, 3.0, reason=Reason.QUOTA), 0, Outcome.FAILED, Reason.QUOTA, "spent")
    of_answer = ["http_status", "observed_at", "elapsed_ms", "body_bytes", "body_sha256", "request_id", "effective_at"]
    (row,) = assembled([unasked]).pull.to_pylist()
    assert {row[name] for name in of_answer} == {None}
    assert (row["tries"], row["reason"], row["detail"]) == (0, "quota", "spent")
    (row,) = assembled([replace(unasked, answer=answer(reason=Reason.TOO_LARGE))]).pull.to_pylist()
    assert (row["body_bytes"], row["body_sha256"]) == (0, hashlib.sha256(b"").hexdigest())


def test_clock_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own time zone changes no row."""
    tables = []
    try:
        for zone in ("UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            tables.append(assembled([answered()]))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert tables[1:] == tables[:-1]


def test_slice_gives_the_rows_of_some_pulls() -> None:
    """A slice can be cut down to some of its pulls: their rows stay as they are, the others' are gone."""
    rows = assembled(judged_pulls([([Layer.WALLET], [(PLAIN,)] * 4)] * 3))
    kept = rows.only({"value/0", "value/2", "value/8"})
    assert kept.pull_keys == ["value/0", "value/2"]
    for part, whole in ((kept.pull, rows.pull), (kept.cell, rows.cell), (kept.balance, rows.balance)):
        assert part.to_pylist() == [row for row in whole.to_pylist() if row["pull_key"] != "value/1"]
        assert part.schema.equals(whole.schema, check_metadata=True)
    assert kept.attempt == rows.attempt


def test_table_is_made_of_rows_in_the_order_of_the_schema() -> None:
    """Rows whose values stand in the schema's order become a table, and no rows an empty one of the same schema."""
    schema = pa.schema([pa.field("a", pa.int16()), pa.field("b", BOOKED), pa.field("c", pa.string(), nullable=False)])
    rows = [(1, Decimal("0.5"), "x"), (None, None, "y")]
    assert [tuple(row.values()) for row in table_of(schema, rows).to_pylist()] == rows
    assert table_of(schema, []).schema == schema
    with pytest.raises(ValueError, match="argument"):
        table_of(schema, [(1, None, "x"), (1, None)])
    with pytest.raises(pa.ArrowInvalid):
        table_of(schema, [(70_000, None, "x")])
