"""Promises of the ECB's dialect: rates of working days as CSV, published at four, without any key."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.rates import CURRENCIES, rate
from tests.simulator.running_simulator import NOW, Simulator

PATH = "/ecb/service/data/EXR/D.USD+GBP.EUR.SP00.A"
CSV = {"format": "csvdata"}


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of an answer that must be good."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def days(answer: httpx.Response, currency: str = "USD") -> list[str]:
    """The days on which a currency has a rate."""
    return [row["TIME_PERIOD"] for row in rows(answer) if row["CURRENCY"] == currency]


def test_rates_come_without_a_key(simulator: Simulator) -> None:
    """Neither a key nor a good one is needed, and each series comes by day under its own name."""
    bare = simulator.http.get(simulator.url + PATH, params=CSV, headers={"X-Simulated-Now": str(NOW)})
    assert bare.headers["content-type"] == "text/csv; charset=utf-8"
    assert rows(bare) == rows(simulator.ask(PATH, CSV, key="of no provider"))
    assert {row["KEY"] for row in rows(bare)} == {"EXR.D.USD.EUR.SP00.A", "EXR.D.GBP.EUR.SP00.A"}
    assert days(bare) == sorted(days(bare)) == days(bare, "GBP")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-04-02", "2026-04-07", ["2026-04-02", "2026-04-07"]),
        ("2025-12-24", "2025-12-29", ["2025-12-24", "2025-12-29"]),
        ("2025-12-31", "2026-01-02", ["2025-12-31", "2026-01-02"]),
        ("2026-04-30", "2026-05-04", ["2026-04-30", "2026-05-04"]),
    ],
)
def test_weekends_and_holidays_have_no_rate(simulator: Simulator, first: str, last: str, expected: list[str]) -> None:
    """Easter, Christmas, New Year, the first of May and weekends are left out, as the TARGET system closes then."""
    assert days(simulator.ask(PATH, CSV | {"startPeriod": first, "endPeriod": last})) == expected


def test_a_rate_is_there_from_four_in_the_afternoon(simulator: Simulator) -> None:
    """A day's rates are not told before 16:00 in Frankfurt of the lived day, whatever is asked for."""
    at_four = int(datetime(2026, 5, 5, 14, tzinfo=UTC).timestamp())
    question = CSV | {"startPeriod": "2026-05-04", "endPeriod": "2026-05-31"}
    assert days(simulator.ask(PATH, question, now=at_four - 1)) == ["2026-05-04"]
    assert days(simulator.ask(PATH, question, now=at_four)) == ["2026-05-04", "2026-05-05"]


def test_a_euro_is_worth_what_its_coin_costs(simulator: Simulator) -> None:
    """A euro in dollars is the price of EURC at a quarter past two, in four decimals; others walk by themselves."""
    (row,) = rows(simulator.ask("/ecb/service/data/EXR/D.USD.EUR.SP00.A", CSV | {"lastNObservations": "1"}))
    day = date.fromisoformat(row["TIME_PERIOD"])
    at = datetime(day.year, day.month, day.day, 12, 15, tzinfo=UTC)
    price = price_usd(ASSET_BY_KEY["EURC"].id, int(at.timestamp()))
    assert price is not None
    assert float(row["OBS_VALUE"]) == round(price, 4)
    for currency in CURRENCIES[1:]:
        told = [rate(currency, date(2026, 3, 2) + timedelta(after)) for after in range(5)]
        assert len(set(told)) > 3
        assert max(told) / min(told) < 1.05


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("D.BTC.EUR.SP00.A", CSV, 404),
        ("M.USD.EUR.SP00.A", CSV, 404),
        ("D.USD.EUR.SP00.A", CSV | {"startPeriod": "2019-01-01", "endPeriod": "2019-01-31"}, 404),
        ("D.USD.EUR.SP00.A", CSV | {"endPeriod": "tomorrow"}, 400),
        ("D.USD.EUR.SP00.A", {"format": "jsondata"}, 406),
    ],
)
def test_what_is_not_there_is_said_by_its_status(
    simulator: Simulator, path: str, params: dict[str, str], status: int
) -> None:
    """Nothing found, a broken question and another format have the statuses of the documents."""
    assert simulator.ask(f"/ecb/service/data/EXR/{path}", params).status_code == status


def test_a_fault_can_name_the_last_day(simulator: Simulator) -> None:
    """An order for an instant meets the question whose last day begins then, and faults of content change a rate."""
    question = CSV | {"startPeriod": "2026-05-04", "endPeriod": "2026-05-05"}
    at = int(datetime(2026, 5, 5, tzinfo=UTC).timestamp())
    simulator.order("server_error", dialect="ecb", at=at)
    assert simulator.ask(PATH, question).status_code == 500
    assert simulator.ask(PATH, question | {"endPeriod": "2026-05-04"}).status_code == 200
    for fault, value in {"negative_amount": "-0.8", "huge_number": "1e400", "missing_field": ""}.items():
        simulator.order(fault, dialect="ecb")
        assert rows(simulator.ask(PATH, question))[0]["OBS_VALUE"].startswith(value), fault
    simulator.order("ignored_timestamp", dialect="ecb")
    assert days(simulator.ask(PATH, question))[-1] == "2026-05-28"
