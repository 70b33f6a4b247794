"""Promises of rates: the last published by an instant and never a later one, with its time, and never in the way."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UsageError
from dagster_project.model import Outcome, utc
from dagster_project.simulator.book.rates import rate
from dagster_project.warehouse.claims import check_claims
from dagster_project.warehouse.sqlfiles import migrations
from tests.earlier_schema import undone
from tests.portfolio import FIRST, Portfolio, day, use_folder
from tests.snapshot.answering import Provider, Watched, provider

__all__ = ["provider"]

MONDAY = 3
"""Days after the first instant, which is a Friday and a holiday: the rates before it are those of Thursday."""

THURSDAY = date(2026, 4, 30)


@pytest.fixture
def quoted(portfolio: Portfolio) -> Portfolio:
    """Give a wallet whose worth is wanted in euros, pounds and francs."""
    portfolio.accounts = ("treasury",)
    portfolio.providers = ("credmark", "ecb")
    portfolio.extra = 'currencies = ["EUR", "GBP", "CHF"]\n'
    return portfolio


def told(portfolio: Portfolio, currency: str = "EUR") -> dict[int, tuple[Any, ...]]:
    """What is answered of a currency, by days after the first instant: price, day, whose pull it is of, reason."""
    return {
        (row["as_of"].replace(tzinfo=UTC) - FIRST).days: (  # type: ignore[attr-defined] # instants, by the header
            row["usd_per_unit"], row["rate_day"], row["told_as_of"], row["reason"],
        )
        for row in portfolio.answer("rates", currency=currency)
    }  # fmt: skip


@pytest.mark.slow
def test_each_instant_has_the_last_published_rates(quoted: Portfolio) -> None:
    """Over a holiday and a weekend Thursday's rates hold, then Monday's; cross rates are those of one day."""
    quoted.take(0, 1, 2, MONDAY, 4)
    for currency in ("EUR", "GBP", "CHF"):
        for number, (price, rate_day, told_as_of, reason) in told(quoted, currency).items():
            fixed = THURSDAY if number <= MONDAY else date(2026, 5, 4)
            unit = 1.0 if currency == "EUR" else rate(currency, fixed)
            assert price == pytest.approx(rate("USD", fixed) / unit, rel=1e-15)
            assert (rate_day, told_as_of, reason) == (fixed, utc(day(number)), None)
    published = {row["published_at"] for row in quoted.answer("rates", until=day(MONDAY))}
    assert published == {utc(datetime(2026, 4, 30, 14, tzinfo=UTC))}
    assert [one.name for one in check_claims(quoted.published, day(0), day(4)) if not one.holds] == []


@pytest.mark.slow
def test_a_value_in_another_currency_is_one_division(quoted: Portfolio) -> None:
    """Joined by instant, what a unit costs turns US dollars into the currency; dollars cost one at every tick."""
    quoted.take(0, 4)
    query = """
        select chart.as_of, chart.value_usd, chart.value_usd / quote.usd_per_unit as value
        from value_chart() as chart join quotes_meant({}) as quote on quote.as_of = chart.as_of
        where chart.value_usd is not null
    """
    in_euros = quoted.query(query.format("'eur'")).rows
    assert len(in_euros) == 2
    for as_of, value_usd, value in in_euros:
        fixed = THURSDAY if as_of == utc(day(0)) else date(2026, 5, 4)
        assert isinstance(value_usd, Decimal)
        assert value == pytest.approx(float(value_usd) / rate("USD", fixed))
    for dollars in ("null", "'USD'"):
        assert all(float(str(row[1])) == row[2] for row in quoted.query(query.format(dollars)).rows)


@pytest.mark.slow
def test_a_failed_rate_makes_no_instant_partial(quoted: Portfolio) -> None:
    """A publisher that is out takes nothing from the history; it is told, is not green, and is asked again."""
    quoted.simulator.order("server_error", dialect="ecb")
    (taken,) = quoted.take(0)
    assert taken.is_complete
    assert taken.beside["ecb"] == {Outcome.FAILED: 1}
    assert not taken.is_answered_by("ecb")
    assert taken.words().endswith("credmark 1/1, ecb +0/1  complete")
    assert quoted.query("select outcome, reason from pull where provider = 'ecb'").rows == [("failed", "server_error")]
    quoted.simulator.clear_faults()
    quoted.forget_requests()
    (taken,) = quoted.take(0)
    assert taken.is_answered_by("ecb")
    assert [path.split("/")[1] for path in quoted.requests()] == ["ecb"]
    assert told(quoted)[0] == (rate("USD", THURSDAY), THURSDAY, utc(day(0)), None)


@pytest.mark.every
def test_another_pull_serves_while_its_rate_is_fresh(quoted: Portfolio) -> None:
    """Where an instant's own pull failed, the last rate published by then serves for seven days, and then none."""
    quoted.take(0)
    quoted.simulator.order("unavailable", dialect="ecb")
    quoted.take(1, 2, MONDAY, 4, 6, 7)
    price = rate("USD", THURSDAY)
    assert told(quoted) == {
        **{number: (price, THURSDAY, utc(day(0)), None) for number in range(7)},
        7: (None, THURSDAY, utc(day(0)), "rate_too_old"),
    }


@pytest.mark.every
@pytest.mark.parametrize(
    ("open_day", "closed"),
    [
        (date(2026, 4, 2), 4),  # Good Friday to Easter Monday
        (date(2025, 12, 24), 4),  # Thursday and Friday, 25 and 26 December, and the weekend
        (date(2025, 12, 31), 1),  # 1 January
        (date(2026, 4, 30), 3),  # 1 May and the weekend
    ],
    ids=["Easter", "Christmas", "New Year", "May Day"],
)
def test_rates_serve_over_every_closing_of_target(quoted: Portfolio, open_day: date, closed: int) -> None:
    """Over each closing the rates of the last working day serve at every midnight, with their day; then the next."""
    first = (datetime(open_day.year, open_day.month, open_day.day, tzinfo=UTC) - FIRST).days + 1
    quoted.snapshots = f'cron = "0 0 * * *"\nstart = "{day(first):%Y-%m-%d}"'
    quoted.take(*range(first, first + closed + 2))
    found = told(quoted)
    assert len(found) == closed + 2
    for number in range(first, first + closed + 1):
        assert found[number] == (rate("USD", open_day), open_day, utc(day(number)), None)
    chart = quoted.answer("quoted_chart", currency="EUR")
    assert [row["reason"] for row in chart] == [None] * (closed + 2)
    assert [row["rate_day"] for row in chart[:-1]] == [open_day] * (closed + 1)
    assert found[first + closed + 1][1:] == ((day(first + closed)).date(), utc(day(first + closed + 1)), None)


@pytest.mark.every
def test_a_later_rate_never_serves(quoted: Portfolio) -> None:
    """What was published after an instant is no rate for it, whoever was asked when; what was published before is."""
    quoted.simulator.order("unavailable", dialect="ecb", times=5)
    quoted.take(MONDAY)
    quoted.simulator.clear_faults()
    quoted.take(4)
    assert {number: row[3] for number, row in told(quoted).items()} == {
        **dict.fromkeys((0, 1, 2, MONDAY), "no_rate"),
        4: None,
    }
    quoted.take(2)
    assert told(quoted)[MONDAY] == (rate("USD", THURSDAY), THURSDAY, utc(day(2)), None)
    assert told(quoted)[0] == (rate("USD", THURSDAY), THURSDAY, utc(day(2)), None)


@pytest.mark.every
def test_seven_days_are_the_bound(quoted: Portfolio) -> None:
    """A rate serves until exactly seven days after it was published, and not a minute longer."""
    quoted.take(0, 1)
    quoted.change_store(
        f"update rate set published_at = as_of - interval 168 hours where as_of = '{utc(day(0))}'",
        f"update rate set published_at = as_of - interval 10081 minutes where as_of = '{utc(day(1))}'",
    )
    quoted.take(2)
    assert [told(quoted)[number][3] for number in (0, 1)] == [None, "rate_too_old"]


@pytest.mark.every
def test_an_answer_from_after_the_instant_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    """A body with a rate that was not published by the instant fails the pull, and none of it is stored."""
    use_folder(monkeypatch, tmp_path)
    watched = Watched(tmp_path, {"oneinch_portfolio": "", "ecb": ""}, provider)
    header = "FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n"
    good = f"{header}D,USD,EUR,SP00,A,2026-04-30,1.0879\n"
    provider.answers = {"EXR": f"{good}D,USD,EUR,SP00,A,2026-05-01,1.09\n".encode(), "snapshot": {"result": []}}
    watched.begin()
    watched.take(0)
    assert watched.rows("select reason from pull where provider = 'ecb'") == [("not_point_in_time",)]
    assert watched.rows("from rate") == []
    provider.answers["EXR"] = good.encode()
    watched.take(0)
    assert watched.rows("select usd_per_base, rate_day from rate") == [("1.0879", THURSDAY)]
    watched.forget()
    watched.take(0)
    assert [path for path in provider.asked if "EXR" in path] == []
    assert watched.rows("select usd_per_base, rate_day from rate") == [("1.0879", THURSDAY)]


def test_an_unknown_currency_is_named_with_those_there_are(quoted: Portfolio) -> None:
    """A currency without any recorded rate is an error with the known ones and the remedy, never an empty answer."""
    quoted.take(0)
    said = "no rate of JPY was ever recorded; there are: CHF, EUR, GBP, USD; name it"
    for name in ("rates", "quotes_meant"):
        with pytest.raises(UsageError, match=said):
            quoted.query(f"from {name}(currency := 'JPY')")
    assert quoted.query("select currency from rates(currency := null)").rows == [("CHF",), ("EUR",), ("GBP",)]


@pytest.mark.every
def test_a_further_currency_is_backfilled_by_itself(quoted: Portfolio) -> None:
    """Another currency in the settings is another pull: a backfill brings its past and asks for nothing else."""
    quoted.extra = ""
    quoted.take(0, 1)
    quoted.extra = 'currencies = ["EUR", "SEK"]\n'
    quoted.forget_requests()
    quoted.take(0, 1)
    assert [path.partition("?")[0] for path in quoted.requests()] == ["/ecb/service/data/EXR/D.USD+SEK.EUR.SP00.A"] * 2
    assert [row[0] for row in told(quoted, "SEK").values()] == [
        pytest.approx(rate("USD", THURSDAY) / rate("SEK", THURSDAY), rel=1e-15)
    ] * 2
    assert len(told(quoted)) == len(quoted.answer("rates", currency="EUR")) == 2


@pytest.mark.every
def test_a_rate_that_changes_keeps_what_was_believed(quoted: Portfolio) -> None:
    """A rate that is told differently when asked again stands beside what it was before."""
    quoted.take(0)
    quoted.change_store("update rate set usd_per_unit = 2, usd_per_base = '2', unit_per_base = '1'")
    quoted.take(0, again=True)
    assert quoted.query("select distinct usd_per_base from rate_superseded").rows == [("2",)]
    assert quoted.query("select count(*) from rate where usd_per_base = '2'").rows == [(0,)]


@pytest.mark.every
def test_a_store_from_before_rates_gets_them(quoted: Portfolio) -> None:
    """A store of the first schema keeps its history when it is brought to this one, and its past can be quoted then."""
    quoted.providers, extra, quoted.extra = ("credmark",), quoted.extra, ""
    quoted.take(0)
    before = quoted.answer("value_chart")
    quoted.change_store(
        *undone("rate", "rate_superseded", "quote", "closing", "closingline"),
        "update store set schema_version = 1, sql_sha256 = ''",
    )
    quoted.providers, quoted.extra = ("credmark", "ecb"), extra
    quoted.take(0)
    assert quoted.answer("value_chart") == before
    assert quoted.query("select schema_version from store").rows == [(migrations()[-1][0],)]
    assert told(quoted)[0] == (rate("USD", THURSDAY), THURSDAY, utc(day(0)), None)


@pytest.mark.every
def test_the_claim_about_rates_can_fail(quoted: Portfolio) -> None:
    """A rate from after its instant, or one that is not what its digits say, is listed by the claim."""
    quoted.take(0, 1, 2)
    changes = (
        "published_at = as_of + interval 1 minute",
        "usd_per_unit = 1.5",
        "unit_per_base = '2'",
    )
    quoted.change_store(
        *(
            f"update rate set {change} where currency = 'EUR' and as_of = '{utc(day(number))}'"
            for number, change in enumerate(changes)
        )
    )
    quoted.take(MONDAY)
    broken = {one.name: len(one.broken.rows) for one in check_claims(quoted.published, day(0), day(3)) if not one.holds}
    assert broken == {"rate_is_published": 3}


def test_an_answer_in_words(quoted: Portfolio) -> None:
    """From the command line days are days and prices are numbers, in every format."""
    quoted.take(0)
    shown = quoted.command("ask", "rates", "currency=EUR", "--format", "json", check=True).stdout
    assert '"rate_day": "2026-04-30"' in shown
    assert f'"usd_per_unit": {rate("USD", THURSDAY)}' in shown
    assert "2026-04-30 14:00:00" in quoted.command("ask", "rates", "--format", "csv", check=True).stdout
