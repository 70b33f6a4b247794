"""Promises of when series are asked: once a day, week or month, at the first tick taken there, until it is answered."""

from datetime import UTC, datetime

import pytest

from dagster_project.snapshot.forecast import forecast
from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.plan import heeded_by, plan
from dagster_project.snapshot.stores import store_of
from dagster_project.sources.registry import PROVIDERS
from tests.portfolio import Portfolio, day

pytestmark = pytest.mark.slow

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, NEXT_MONDAY = 3, 4, 5, 6, 10
"""Days after the first instant, a Friday."""

HISTORY, POSITIONS = "/value/historical", "/positions"


@pytest.fixture
def stating(portfolio: Portfolio) -> Portfolio:
    """Give a wallet watched through one provider that states two series."""
    portfolio.accounts, portfolio.series_every = ("treasury",), "week"
    return portfolio


def asked(portfolio: Portfolio, series: str) -> int:
    """Count the requests for a series."""
    return sum(one.partition("?")[0].endswith(series) for one in portfolio.requests())


def stated_on(portfolio: Portfolio, series: str = "positions") -> list[object]:
    """Give the days of the ticks that brought a series."""
    rows = portfolio.query(
        f"select distinct as_of from pull where endpoint = '{series}' and outcome = 'answered' order by as_of"
    ).rows
    return [(as_of.replace(tzinfo=UTC) - day(0)).total_seconds() / 86_400 for (as_of,) in rows]  # type: ignore[attr-defined] # a timestamp


@pytest.mark.every
@pytest.mark.parametrize(
    ("every", "cron", "taken", "brought"),
    [
        ("week", "0 0 * * *", (0, TUESDAY, WEDNESDAY, NEXT_MONDAY + 3, NEXT_MONDAY + 4), (0, TUESDAY, NEXT_MONDAY + 3)),
        ("month", "0 0 * * *", (0, 20, 40, 41, 70), (0, 40, 70)),
        ("day", "0 */6 * * *", (0, 0.25, 1.5, 1.75, 2, 2.25), (0, 1.5, 2)),
    ],
)
def test_a_missed_first_tick_moves_the_series_to_the_next(
    stating: Portfolio, every: str, cron: str, taken: tuple[float, ...], brought: tuple[float, ...]
) -> None:
    """Where the first tick of a day, week or month is missed, the next one that is taken brings the series, once."""
    stating.series_every = every
    stating.snapshots = f'cron = "{cron}"\nstart = "2026-05-01"'
    for number in taken:
        assert stating.take(number)[0].is_complete
    assert stated_on(stating) == stated_on(stating, "value/historical") == list(brought)


@pytest.mark.every
def test_a_series_that_failed_is_asked_again_at_the_next_tick(stating: Portfolio) -> None:
    """Only the series that failed is asked again, and none once it is answered."""
    stating.take(0)
    stating.simulator.order("forbidden", path=HISTORY, times=2)
    for number in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY):
        stating.take(number)
    assert stated_on(stating, "value/historical") == [0, WEDNESDAY]
    assert stated_on(stating) == [0, MONDAY]


@pytest.mark.every
def test_a_backfill_asks_a_series_once_a_week(stating: Portfolio) -> None:
    """Instants that are taken at once ask for the series of their week one after the other, until one is answered."""
    stating.simulator.order("forbidden", path=HISTORY, times=3)
    taken = stating.take(*range(MONDAY, NEXT_MONDAY + 7))
    assert len(taken) == 14
    assert asked(stating, POSITIONS) == 2
    assert asked(stating, HISTORY) == 2 + 3
    assert stated_on(stating) == [MONDAY, NEXT_MONDAY]
    assert len(stated_on(stating, "value/historical")) == 2


@pytest.mark.every
def test_an_earlier_tick_taken_later_leaves_the_series_alone(stating: Portfolio) -> None:
    """Where Tuesday brought the week's series, a backfill of Monday does not ask for them, nor does a second run."""
    stating.take(TUESDAY)
    stating.forget_requests()
    stating.take(MONDAY)
    assert (asked(stating, POSITIONS), asked(stating, HISTORY), len(stating.requests())) == (0, 0, 1)
    stating.forget_requests()
    stating.take(MONDAY, TUESDAY, WEDNESDAY)
    assert [one for one in stating.requests() if POSITIONS in one or HISTORY in one] == []


@pytest.mark.every
def test_a_wallet_that_is_added_within_the_week_gets_its_series(stating: Portfolio) -> None:
    """What a week brought is decided wallet by wallet: a new one is asked at its first tick, the others are not."""
    stating.take(MONDAY)
    stating.accounts = ("treasury", "trading")
    stating.forget_requests()
    stating.take(TUESDAY, WEDNESDAY)
    assert (asked(stating, POSITIONS), asked(stating, HISTORY)) == (1, 1)


@pytest.mark.every
def test_again_asks_for_the_series_of_its_own_tick_alone(stating: Portfolio) -> None:
    """A tick that is taken again asks anew for the series that it brought, and another tick of the week does not."""
    stating.take(MONDAY, TUESDAY)
    stating.forget_requests()
    stating.take(TUESDAY, again=True)
    assert asked(stating, POSITIONS) == 0
    stating.take(MONDAY, again=True)
    assert asked(stating, POSITIONS) == 1


@pytest.mark.every
def test_what_a_killed_run_was_answered_counts_for_the_week(stating: Portfolio) -> None:
    """A series that a raw stream holds and no store knows is not asked for again by another tick of its week."""
    settings = stating.settings()
    store_of(settings).heed(heeded_by(settings))
    empty = stating.store.read_bytes()
    stating.take(MONDAY)
    stating.published.unlink()
    stating.store.write_bytes(empty)
    stating.forget_requests()
    stating.take(MONDAY, TUESDAY)
    assert (asked(stating, POSITIONS), asked(stating, HISTORY)) == (0, 0)
    assert stated_on(stating) == [MONDAY]


@pytest.mark.parametrize(("numbers", "requests"), [((TUESDAY, WEDNESDAY), 2 + 2), ((WEDNESDAY, NEXT_MONDAY), 2 + 4)])
def test_a_forecast_counts_the_series_of_the_first_tick_that_is_taken(
    stating: Portfolio, numbers: tuple[int, ...], requests: int
) -> None:
    """What is forecast is what is asked: the series of a week once, at whichever tick, and not what is answered."""
    instants = [day(number) for number in numbers]
    (demand,) = forecast(stating.settings(), instants, datetime.now(UTC)).demands
    assert demand.requests == requests
    stating.forget_requests()
    stating.take(*numbers)
    assert len(stating.requests()) == requests
    (later,) = forecast(stating.settings(), [day(NEXT_MONDAY + 1)], datetime.now(UTC)).demands
    assert later.requests == (1 if NEXT_MONDAY in numbers else 3)


@pytest.mark.every
def test_now_only_series_of_the_past_are_noted_once_and_asked_when_they_can_be(portfolio: Portfolio) -> None:
    """A past week notes once that its series cannot be asked for; the next tick within its grace asks for them."""
    portfolio.accounts, portfolio.series_every, portfolio.providers = ("treasury",), "week", ("oneinch_portfolio",)
    take_history(portfolio.settings(), Job(tuple(day(number) for number in range(NEXT_MONDAY + 2)), heals=True))
    sql = "select as_of::date::varchar, outcome from pull where endpoint = 'general/chart' order by all"
    noted = [(f"2026-05-{number:02}", "not_available") for number in (1, 4, 11)]
    assert portfolio.query(sql).rows == noted
    portfolio.take(NEXT_MONDAY + 2, NEXT_MONDAY + 3)
    assert portfolio.query(sql).rows == [*noted, ("2026-05-13", "answered")]


def test_the_declared_series_are_what_is_due_more_rarely(portfolio: Portfolio) -> None:
    """Each provider's declared series are exactly the pulls that its plan has only where they are due."""
    portfolio.providers = ("oneinch_portfolio", "oneinch_balance", "credmark", "onebalance")
    portfolio.series_every = "week"
    settings = portfolio.settings()
    often, rarely = (plan(settings, day(TUESDAY), is_every_series_due=is_due) for is_due in (False, True))
    more = {(pull.provider, pull.endpoint) for pull in {*rarely.pulls} - {*often.pulls}}
    assert more == {(name, one.name) for name in portfolio.providers for one in PROVIDERS[name].source.series}


@pytest.mark.every
@pytest.mark.parametrize(("fault", "reason"), [("forbidden", "forbidden"), ("not_found", "not_found")])
def test_a_week_that_stays_without_a_series_is_listed(stating: Portfolio, fault: str, reason: str) -> None:
    """series_gaps() names the week, the series and why: the last try's reason, or that no tick was taken at all."""
    stating.take(0)
    stating.simulator.order(fault, path=HISTORY)
    stating.take(MONDAY, TUESDAY)
    stating.simulator.clear_faults()
    stating.take(NEXT_MONDAY + 8)
    names = ("period_as_of", "series", "pulls", "planned", "reason", "is_open")
    listed = [tuple(row[name] for name in names) for row in stating.answer("series_gaps")]
    weeks = [day(number).replace(tzinfo=None) for number in (MONDAY, NEXT_MONDAY)]
    assert listed == [
        (weeks[0], "value/historical", 1, 1, reason, False),
        (weeks[1], "positions", 1, 1, "missed_tick", False),
        (weeks[1], "value/historical", 1, 1, "missed_tick", False),
    ]
    assert stating.answer("series_gaps", every="month") == []
    assert stating.answer("series_gaps", provider="credmark", until=day(NEXT_MONDAY - 1)) == [
        row for row in stating.answer("series_gaps", until=day(NEXT_MONDAY - 1)) if row["reason"] == reason
    ]
