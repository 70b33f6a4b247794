"""Promises of when a day's rates count as published, and of what a unit of a currency costs in exact digits."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.model import utc
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.ecb import last_published, normalise, published_at
from tests.normalise import questions
from tests.normalise.asking import AS_OF, attempt

HEADER = "FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n"
DIGITS = st.decimals("0.0001", "99999", places=5).map(lambda number: f"{number:f}")


def body(*rows: tuple[str, str, str]) -> bytes:
    """An answer that says these (currency, day, rate)."""
    lines = (f"D,{currency},EUR,SP00,A,{day},{rate}\n" for currency, day, rate in rows)
    return (HEADER + "".join(lines)).encode()


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (date(2026, 1, 15), datetime(2026, 1, 15, 15, tzinfo=UTC)),
        (date(2026, 7, 15), datetime(2026, 7, 15, 14, tzinfo=UTC)),
        (date(2026, 3, 27), datetime(2026, 3, 27, 15, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 30, 14, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 26, 15, tzinfo=UTC)),
    ],
)
def test_a_day_is_published_at_four_in_frankfurt(day: date, instant: datetime) -> None:
    """Rates count as published at 16:00 of the clock at the ECB's seat, which winter and summer move in UTC."""
    assert published_at(day) == instant
    assert last_published(instant) == day
    assert last_published(instant - timedelta(microseconds=1)) == day - timedelta(days=1)


@given(st.integers(0, 3_000_000_000))
def test_no_question_reaches_beyond_what_is_published(at: int) -> None:
    """Whatever the instant, the last day asked for was published by then, and the day after it was not."""
    as_of = datetime.fromtimestamp(at, UTC)
    day = last_published(as_of)
    assert published_at(day) <= as_of < published_at(day + timedelta(days=1))


@given(DIGITS, DIGITS)
def test_a_cross_rate_is_the_exact_quotient(dollars: str, pounds: str) -> None:
    """A unit costs the double nearest to the quotient of what was published, whose digits stand beside it."""
    pull = questions.question("ecb", {"options": {"currencies": ["GBP"]}})
    reading = normalise(pull, body(("GBP", "2023-06-26", pounds), ("USD", "2023-06-26", dollars)))
    euro, pound = reading.rates
    assert (euro.usd_per_unit, pound.usd_per_unit) == (float(dollars), float(Fraction(dollars) / Fraction(pounds)))
    assert (pound.usd_per_base, pound.unit_per_base) == (dollars, pounds)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_cross_rate_takes_both_of_one_day(change: int) -> None:
    """Where one of two currencies lacks a day, both are taken of the last day that has both."""
    day, other = date(2023, 6, 22), date(2023, 6, 22) + timedelta(days=change)
    pull = questions.question("ecb", {"options": {"currencies": ["GBP"]}})
    told = [("GBP", f"{day}", "0.8600"), ("USD", f"{day}", "1.0900"), ("GBP", f"{other}", "0.8700")]
    (_, pound) = normalise(pull, body(*told)).rates
    assert (pound.rate_day, pound.unit_per_base) == (day, "0.8600")


def test_rates_become_rows_with_their_times() -> None:
    """A row says for which instant, of which day, from when on it was public, and when it was taken."""
    pull = questions.question("ecb", {})
    one = questions.judged(pull, body(("USD", "2023-06-26", "1.0918")))
    (row,) = assemble(attempt(pull), 1, [one]).rate.to_pylist()
    assert row["as_of"] == utc(AS_OF)
    assert (row["currency"], row["usd_per_unit"], row["rate_day"]) == ("EUR", 1.0918, date(2023, 6, 26))
    assert row["published_at"] == utc(AS_OF - timedelta(hours=1))
    assert row["recorded_at"] > row["as_of"]
