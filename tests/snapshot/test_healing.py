"""Promises of filling gaps: only who can speak of the past is asked, the rest stays missing under its first cause."""

import pytest

from dagster_project.snapshot.heal import Why, find_missing, plan_healing
from dagster_project.snapshot.history import Job, Watch, take_history
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_four_providers import SOLANA


@pytest.fixture
def holed(portfolio: Portfolio) -> Portfolio:
    """Give days 0 to 3 with two missed in the middle: a wallet known for any instant, and one known only for now."""
    portfolio.accounts = ("treasury", "solana-desk")
    portfolio.account_keys = {"solana-desk": SOLANA}
    portfolio.providers = ("credmark", "onebalance")
    portfolio.have(0, 3)
    portfolio.forget_requests()
    return portfolio


def causes(portfolio: Portfolio) -> set[tuple[object, object]]:
    """Who is missing and why, at any instant."""
    return {(row["label"], row["cause"]) for row in portfolio.answer("gaps")}


@pytest.mark.every
def test_only_what_can_be_filled_is_asked_for(holed: Portfolio) -> None:
    """The forecast counts what is sent; what was filled and what never can be is said, with its reason."""
    done = holed.command("backfill", "--gaps")
    assert done.returncode == 0, done.stderr
    assert "4 cells are missing at 2 instants; 2 of them can be asked for" in done.stdout
    assert "2 instants; credmark: at most 2 requests" in done.stderr
    assert "filled 2 of them" in done.stdout
    assert "can never be filled" in done.stdout
    assert [line.partition("/value")[0] for line in holed.requests()] == [
        f"/credmark/v1/portfolio/1/{address('treasury')}"
    ] * 2
    assert {label for label, _ in causes(holed)} == {"solana-desk"}


@pytest.mark.slow
def test_filling_again_asks_nobody(holed: Portfolio) -> None:
    """When all that can be filled is, a further run sends nothing, changes nothing, and still says what is missing."""
    holed.command("backfill", "--gaps", check=True)
    before = holed.published.stat().st_mtime_ns
    holed.forget_requests()
    done = holed.command("backfill", "--gaps")
    assert done.returncode == 0, done.stderr
    assert holed.requests() == []
    assert "2 cells are missing at 2 instants; 0 of them can be asked for" in done.stdout
    assert "solana-desk" in done.stdout
    assert holed.published.stat().st_mtime_ns == before


def test_a_history_without_gaps_is_left_alone(portfolio: Portfolio) -> None:
    """Where nothing is missing that is what is said, and nobody is asked."""
    portfolio.take(0, 1)
    portfolio.forget_requests()
    done = portfolio.command("backfill", "--gaps")
    assert (done.returncode, done.stdout) == (0, "no gaps: every cell in scope has a record\n")
    assert portfolio.requests() == []


@pytest.mark.every
def test_the_cause_of_what_is_lost_is_kept(holed: Portfolio) -> None:
    """A now-only answer that failed stays missing under the reason for which it failed, whatever is run afterwards."""
    orders = [{"dialect": dialect, "fault": "forbidden"} for dialect in ("credmark", "onebalance")]
    holed.simulator.http.put(f"{holed.simulator.url}/_simulator/faults", json=orders).raise_for_status()
    holed.take(1)
    holed.simulator.clear_faults()
    done = holed.command("backfill", "--gaps", check=True)
    assert "filled 2 of them" in done.stdout
    assert causes(holed) == {("solana-desk", "failed:forbidden"), ("solana-desk", "not_available:now_only")}
    assert holed.query("select provider, outcome from pull_superseded").rows == [("credmark", "failed")]


@pytest.mark.every
def test_what_fails_again_is_said(holed: Portfolio) -> None:
    """Exit 3 where some of it was filled and some failed, 1 where nobody answered; both say what to do."""
    holed.simulator.order("forbidden", at=int(day(1).timestamp()))
    some = holed.command("backfill", "--gaps")
    assert (some.returncode, "filled 1 of them" in some.stdout) == (3, True), some.stderr
    assert "failed:forbidden" in some.stdout
    assert Why.FAILED in some.stdout
    none = holed.command("backfill", "--gaps")
    assert (none.returncode, "filled 0 of them" in none.stdout) == (1, True), none.stderr


@pytest.mark.slow
def test_a_span_bounds_what_is_filled(holed: Portfolio) -> None:
    """With --since and --until only gaps between them are filled; --again beside --gaps is refused."""
    done = holed.command("backfill", "--gaps", "--since", "2026-05-03", "--until", "2026-05-03")
    assert done.returncode == 0, done.stderr
    assert len(holed.requests()) == 1
    assert [row["label"] for row in holed.answer("gaps", until=day(1))] == ["solana-desk", "treasury"]
    assert holed.command("backfill", "--gaps", "--again").returncode == 2


@pytest.mark.slow
def test_filled_gaps_are_seen_before_the_run_ends(holed: Portfolio) -> None:
    """A reader who opens the file while the run goes on finds the first filled instant there."""
    settings = holed.settings()
    healing = plan_healing(settings, find_missing(settings, None, None))
    seen: list[int] = []

    def look(_: object) -> None:
        seen.append(len(holed.answer("gaps", account="treasury", until=day(1))))

    take_history(settings, Job(healing.instants, heals=True), Watch(stored=look))
    assert seen == [0, 0]


def test_ticks_of_an_earlier_cadence_are_named(holed: Portfolio) -> None:
    """A gap at an instant that is no tick any more is not asked for, and the remedy is the cron."""
    holed.snapshots = 'cron = "0 12 * * *"\nstart = "2026-05-01"'
    holed.take(3.5)
    holed.forget_requests()
    done = holed.command("backfill", "--gaps")
    assert done.returncode == 0, done.stderr
    assert Why.NO_TICK in done.stdout
    assert holed.requests() == []


def test_what_the_settings_no_longer_watch_is_named(holed: Portfolio) -> None:
    """A gap of an account that was taken out is not asked for and is said to be none of the settings'."""
    holed.accounts = ("solana-desk",)
    settings = holed.settings()
    healing = plan_healing(settings, find_missing(settings, None, None))
    assert healing.instants == ()
    assert {(one.label, why) for one, why in healing.hopeless.items()} == {
        ("solana-desk", Why.NOW_ONLY),
        ("treasury", Why.NOT_PLANNED),
    }
