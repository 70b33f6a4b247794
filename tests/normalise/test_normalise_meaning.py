"""Promises of what a Credmark body means: unknown prices, left-out balances, native coins, tolerated members."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.holdings import Holding, PriceStatus, Reading
from dagster_project.model import Outcome
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.credmark import normalise
from dagster_project.slices import Slice
from tests.normalise.asking import attempt, cell, judged, pull
from tests.normalise.bodies import NATIVE, TOKEN, answer, body, position, spelled

NUMBERS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
NAMES = st.text(max_size=80).filter(lambda name: name not in answer() and name not in position())
SMALL_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(content: bytes) -> Reading:
    """What the normaliser makes of a body."""
    return normalise(pull(), content)


def holdings(content: bytes) -> tuple[Holding, ...]:
    """The rows of the one cell."""
    return read(content).rows[cell()]


def stored(content: bytes) -> Slice:
    """The rows of the store for an answer with this body."""
    return assemble(attempt(pull()), 1, [judged(content)])


@pytest.mark.parametrize("price", ["0", "0.0", "-0", "-0.0", "0e5", "1e-400"])
def test_price_of_zero_is_unknown(price: str) -> None:
    """A price of 0, however it is spelled, keeps the row with an unknown price and no value, and the stated value."""
    content = spelled(["positions", 1, "tokenPrice"], price)
    (row,) = [row for row in stored(content).balance.to_pylist() if "erc20" in row["asset_id"]]
    assert (row["price_status"], row["price_usd"], row["value_usd"]) == (PriceStatus.UNKNOWN, None, None)
    assert (row["amount"], row["stated_value_usd"]) == (2.0, 6.0)


def test_unpriced_row_is_counted_beside_the_total() -> None:
    """An unpriced asset adds nothing to its cell's value and is counted beside it, and what was stated is kept."""
    rows = stored(body(position(price=0.0, value=40.0), position(NATIVE, 1.0, 2.5, 2.5)))
    (one,) = rows.cell.to_pylist()
    assert (str(one["value_usd"]), one["stated_value_usd"]) == ("2.500000", 42.5)
    assert (one["row_count"], one["unpriced_count"], one["quarantined_count"]) == (2, 1, 0)


@pytest.mark.parametrize("balance", ["0", "0.000", "-0", "0e9", "1e-400"])
def test_balance_of_zero_is_left_out(balance: str) -> None:
    """A balance of 0 is no holding, whatever its price, and what stands beside it is kept."""
    (row,) = holdings(spelled(["positions", 1, "balance"], balance))
    assert row.asset_id == "eip155:1/slip44:60"


def test_answer_of_zero_balances_is_empty() -> None:
    """An answer that lists only balances of 0 holds nothing: a trusted empty cell of value 0 without a row."""
    content = body(position(balance=0.0, value=0.0))
    assert judged(content).outcome is Outcome.EMPTY
    rows = stored(content)
    assert rows.balance.num_rows == 0
    assert rows.cell["value_usd"].to_pylist() == [0]


def test_total_without_positions_is_no_trusted_empty() -> None:
    """An answer that states a total and lists nothing that makes it up is not kept as a wallet worth nothing."""
    one = judged(body(value=683.13))
    assert one.outcome is not Outcome.EMPTY


@given(st.lists(st.booleans(), min_size=40, max_size=40))
@settings(database=None, deadline=None)
def test_native_coin_in_any_case(upper: list[bool]) -> None:
    """The pseudo-address of the native coin is eip155:1/slip44:60 however its letters are written."""
    address = "0x" + "".join("E" if big else "e" for big in upper)
    (row,) = holdings(body(position(address)))
    assert row.asset_id == "eip155:1/slip44:60"


NAMES_OF_THE_COIN = ("e" * 40, "0" * 40)


@given(
    st.text("0123456789abcdefABCDEF", min_size=40, max_size=40).filter(
        lambda digits: digits.lower() not in NAMES_OF_THE_COIN
    )
)
@settings(database=None, deadline=None)
def test_token_is_its_contract_in_lower_case(digits: str) -> None:
    """A token is the CAIP-19 type of its contract in lower case, in whatever case it is written."""
    (row,) = holdings(body(position("0x" + digits)))
    assert row.asset_id == f"eip155:1/erc20:0x{digits.lower()}"


@given(NUMBERS.filter(lambda amount: 0 < amount <= 2.0**256), NUMBERS.filter(bool), NUMBERS, NUMBERS)
@settings(database=None, deadline=None)
def test_doubles_are_kept_bit_for_bit(amount: float, price: float, value: float, total: float) -> None:
    """Amount, price, value and total are the very doubles that were written, to the last bit."""
    for unknown in (b"{", b'{"note":1,'):
        reading = read(body(position(TOKEN, amount, price, value), value=total).replace(b"{", unknown, 1))
        (row,) = reading.rows[cell()]
        told = (row.amount, row.price_usd, row.stated_value_usd, reading.stated_usd[cell()])
        assert told == (amount, price, value, total)


@given(SMALL_JSON, NAMES, st.sampled_from(["before", "after", "inside", "both"]))
@settings(database=None, deadline=None)
def test_unknown_members_change_nothing(value: object, name: str, place: str) -> None:
    """Members that the contract does not know are named, and the rows are the same as without them."""
    plain: dict[str, Any] = answer(position(NATIVE), position())
    without = read(json.dumps(plain).encode())
    if place in ("inside", "both"):
        plain["positions"][1] = {name: value} | plain["positions"][1]
    if place != "inside":
        plain = {name: value} | plain if place == "before" else plain | {name: value}
    with_it = read(json.dumps(plain).encode())
    assert (with_it.rows, with_it.stated_usd) == (without.rows, without.stated_usd)
    assert (with_it.effective_at, with_it.block_number) == (without.effective_at, without.block_number)
    short = [f"{where}.{name[:60]}" for where in ("$", "$.positions[1]")]
    named = {"inside": short[1:], "both": short}.get(place, short[:1])
    assert list(with_it.unknown_fields) == named


def test_unknown_number_beyond_a_double_is_tolerated() -> None:
    """A number that no double holds is no fault of a body where only a member that nobody reads has it."""
    for value in ("1" + "0" * 400, "0e99999", "-9e308", "1e400", "-1e400"):
        assert len(holdings(spelled(["positions", 1, "value"], "6", unknown=f'"note":{value},'))) == 2


def test_unknown_members_are_named_within_limits() -> None:
    """However many and however long unknown members are, at most twenty are named, each in short."""
    many = {f"{index:04}-{'long' * 3_000}": index for index in range(500)}
    reading = read(json.dumps(many | answer(many | position(NATIVE), position() | many)).encode())
    assert len(reading.rows[cell()]) == 2
    assert len(reading.unknown_fields) == 20
    assert all(len(name) <= 80 for name in reading.unknown_fields)
    assert reading.unknown_fields[0].startswith("$.0000-long")


def test_known_members_name_nothing() -> None:
    """A body of the contract's own members names no unknown ones."""
    assert read(body(position())).unknown_fields == ()


@given(st.permutations([position(NATIVE), position(), position("0x" + "b2" * 20), position("0x" + "c3" * 20)]))
@settings(database=None, deadline=None)
def test_order_of_positions_is_kept_and_means_nothing(entries: list[dict[str, Any]]) -> None:
    """Rows come in the order of the body, and any order gives the same set of them."""
    rows = holdings(body(*entries))
    assert [row.asset_id.rpartition(":")[2] for row in rows] == [
        "60" if one["tokenAddress"] == NATIVE else one["tokenAddress"] for one in entries
    ]
    assert set(rows) == set(holdings(body(*sorted(entries, key=lambda one: str(one["tokenAddress"])))))


def test_ten_thousand_positions_are_ten_thousand_rows() -> None:
    """A wallet full of tokens is read whole."""
    entries = [position(f"0x{index:040x}", index + 1.0, 0.5, (index + 1) / 2) for index in range(10_000)]
    rows = holdings(body(*entries))
    assert [row.amount for row in rows] == [one["balance"] for one in entries]
    assert math.fsum(row.stated_value_usd or math.nan for row in rows) == 25_002_500.0
