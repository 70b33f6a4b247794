"""Promises of booking: a stated double becomes exact dollars once, or none at all, and never a made-up zero."""

import math
import random
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.columns import BOOKED
from dagster_project.holdings import PriceStatus
from dagster_project.model import Layer
from dagster_project.normalise.booking import LARGEST, book, checked, contradicts

MANY = settings(database=None, deadline=None, max_examples=250)
BOOKABLE = st.floats(-LARGEST, LARGEST)
TOO_LARGE = (
    st.floats(min_value=LARGEST, exclude_min=True) | st.floats(max_value=-LARGEST, exclude_max=True) | st.just(math.nan)
)
PRICED = (PriceStatus.PRICED, PriceStatus.ZERO)
UNPRICED = (PriceStatus.UNKNOWN, PriceStatus.QUARANTINED)


def booked(
    stated: float | None, status: PriceStatus = PriceStatus.PRICED, layer: Layer = Layer.WALLET
) -> tuple[Decimal | None, str]:
    """Book one row: its value and what is known of its price then."""
    values, statuses = book(pa.array([stated], pa.float64()), pa.array([status]), pa.array([layer]))
    assert values.type == BOOKED
    return values[0].as_py(), statuses[0].as_py()


def exact(stated: float) -> Decimal:
    """The very number that a double is, rounded half to even at six decimals."""
    with localcontext(prec=60):
        return Decimal(stated).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


@given(BOOKABLE)
@example(LARGEST)
@example(-LARGEST)
@example(0.5e-6)
@example(1.5e-6)
@example(5e-324)
@MANY
def test_value_is_the_exact_double_rounded_half_to_even(stated: float) -> None:
    """A value is the exact binary number rounded half to even at six decimals, up to the largest that fits."""
    assert booked(stated) == (exact(stated), PriceStatus.PRICED)


@given(st.integers(-(2**45), 2**45))
@MANY
def test_ties_go_to_the_even_digit(half: int) -> None:
    """Odd multiples of 2^-7, which are exactly half a millionth between two, go to the even one."""
    stated = (2 * half + 1) / 128
    value, _ = booked(stated)
    assert value == exact(stated)
    assert value is not None
    assert int(value.scaleb(6)) % 2 == 0


def test_neighbours_of_a_tie_go_to_their_own_side() -> None:
    """The doubles right below and above half a millionth are rounded by what they are and not by how they print."""
    chance = random.Random(20_260_501)  # noqa: S311 - reproducible figures, no secret
    near = []
    for _ in range(20_000):
        tie = (2 * chance.randrange(10 ** chance.randrange(1, 18)) + 1) / 2e6
        near += [tie, math.nextafter(tie, 0), math.nextafter(tie, math.inf)]
    rows = len(near)
    values, _ = book(pa.array(near), pa.array([PriceStatus.PRICED] * rows), pa.array([Layer.WALLET] * rows))
    assert values.to_pylist() == [exact(stated) for stated in near]


@given(TOO_LARGE, st.sampled_from(PRICED), st.sampled_from(list(Layer)))
@example(math.inf, PriceStatus.PRICED, Layer.WALLET)
@example(1e12, PriceStatus.PRICED, Layer.WALLET)
@example(math.nextafter(LARGEST, math.inf), PriceStatus.PRICED, Layer.DEBT)
@MANY
def test_value_that_does_not_fit_is_quarantined(stated: float, status: PriceStatus, layer: Layer) -> None:
    """What overflows the column, infinities and what is no number are quarantined without a value, and never 0."""
    assert booked(stated, status, layer) == (None, PriceStatus.QUARANTINED)


@given(BOOKABLE | TOO_LARGE | st.none(), st.sampled_from(UNPRICED), st.sampled_from(list(Layer)))
@MANY
def test_row_without_a_price_has_no_value(stated: float | None, status: PriceStatus, layer: Layer) -> None:
    """A row whose price is unknown or quarantined has no value, whatever was stated, and stays what it is."""
    assert booked(stated, status, layer) == (None, status)


@pytest.mark.parametrize("status", PRICED)
def test_unstated_value_is_not_made_up(status: PriceStatus) -> None:
    """A row without a stated value has none, and is not quarantined for it."""
    assert booked(None, status) == (None, status)


@given(BOOKABLE, st.sampled_from(PRICED))
@MANY
def test_debt_is_negative(stated: float, status: PriceStatus) -> None:
    """A debt is worth its size below zero, whichever sign it is stated with; other layers keep the stated sign."""
    assert booked(stated, status, Layer.DEBT) == (-abs(exact(stated)), status)
    for layer in (Layer.WALLET, Layer.POSITION, Layer.REWARD):
        assert booked(stated, status, layer) == (exact(stated), status)


@pytest.mark.slow
@given(st.lists(st.tuples(BOOKABLE | TOO_LARGE | st.none(), st.sampled_from(PriceStatus), st.sampled_from(Layer))))
@MANY
def test_rows_do_not_touch_each_other(rows: list[tuple[float | None, PriceStatus, Layer]]) -> None:
    """Many rows at once are booked as each alone, in order; no rows are booked as none."""
    stated, status, layer = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    columns = pa.array(stated, pa.float64()), pa.array(status, pa.string()), pa.array(layer, pa.string())
    values, statuses = book(*columns)
    assert list(zip(values.to_pylist(), statuses.to_pylist(), strict=True)) == [booked(*row) for row in rows]
    assert (values.type, statuses.type) == (BOOKED, pa.string())


@given(
    st.floats(-1e13, 1e13) | st.sampled_from([0.0, 1.0, 99.5, 100.0, 101.0, 1e6]),
    st.floats(0, 1e9) | st.sampled_from([0.0, 1.0, 7.0, 100.0]),
    st.floats(0, 1e300) | st.sampled_from([0.995, 1.0, 2000.0]),
)
@example(1e6, 7.0, 1.0)
@example(0.0, 100.0, 0.995)
@example(1.0, 1e200, 1e200)
@MANY
def test_columns_and_numbers_contradict_alike(stated: float, amount: float, price: float) -> None:
    """A priced row is quarantined exactly where its value contradicts amount times price, one number at a time too."""
    columns = (pa.array([number], pa.float64()) for number in (stated, amount, price))
    (status,) = checked(pa.array([PriceStatus.PRICED]), *columns).to_pylist()
    assert (status == PriceStatus.QUARANTINED) is contradicts(stated, amount * price)


@pytest.mark.parametrize("status", list(UNPRICED))
def test_only_what_is_priced_is_checked(status: PriceStatus) -> None:
    """What has no price, or none that is believed, stays what it is whatever is stated."""
    columns = (pa.array([number], pa.float64()) for number in (1e6, 7.0, 1.0))
    assert checked(pa.array([status]), *columns).to_pylist() == [status]


@pytest.mark.parametrize("gone", range(3))
def test_what_is_not_stated_contradicts_nothing(gone: int) -> None:
    """A row without a stated value, an amount or a price is as priced as before."""
    numbers = [None if place == gone else number for place, number in enumerate((1e6, 7.0, 1.0))]
    columns = (pa.array([number], pa.float64()) for number in numbers)
    assert checked(pa.array([PriceStatus.PRICED]), *columns).to_pylist() == [PriceStatus.PRICED]
