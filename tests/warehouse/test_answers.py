"""Promises of the answers: exact, NULL where a cell is missing, and never later than they may know."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.errors import UsageError
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.warehouse.claims import check_claims
from tests.portfolio import Portfolio, day, lasting
from tests.simulator.running_simulator import Simulator, address
from tests.snapshot.test_four_providers import SOLANA


@pytest.fixture(scope="module")
def six_hourly(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give a portfolio of six instants, four of them on its first day."""
    with lasting(tmp_path_factory.mktemp("six_hourly"), shared_simulator) as portfolio:
        portfolio.snapshots = 'cron = "0 */6 * * *"\nstart = "2026-05-01"'
        portfolio.accounts = ("cold",)
        portfolio.take(*(number / 4 for number in range(6)))
    return portfolio


def naive(number: int) -> datetime:
    """Give the instant so many days after the first, as answers give it."""
    return day(number).replace(tzinfo=None)


def money(value: object) -> Decimal:
    """Take an amount of money out of an answer."""
    return cast("Decimal", value)


def test_a_total_with_a_missing_part_is_not_a_total(three_days: Portfolio) -> None:
    """With one cell missing the total is NULL, with the known part, the last known value and the cell's name beside."""
    first, second, third = three_days.answer("value_chart")
    by_account = {
        row["name"]: row for row in three_days.answer("current_value", as_of=day(0)) if row["per"] == "account"
    }
    assert second["value_usd"] is None
    assert second["reason"] == "missing_cell"
    assert second["missing"] == ["cold / eip155:1 / wallet: failed:forbidden"]
    assert second["missing_last_known_usd"] == by_account["cold"]["value_usd"]
    assert second["last_complete_as_of"] == naive(0)
    known = three_days.answer("current_value", as_of=day(1))
    parts = [money(row["value_usd"]) for row in known if row["per"] == "account" and row["value_usd"] is not None]
    assert second["known_value_usd"] == sum(parts)
    share = money(second["missing_last_known_usd"]) / (money(second["missing_last_known_usd"]) + sum(parts))
    assert cast("float", second["missing_share"]) == float(share)
    assert first["missing"] == third["missing"] == []
    assert first["value_usd"] is not None
    assert third["value_usd"] is not None


@pytest.mark.slow
def test_a_missed_tick_is_a_point_without_a_value(portfolio: Portfolio) -> None:
    """A tick that nobody took stands in the chart and in coverage, with every cell of the snapshot before it."""
    portfolio.take(0, 1, 3)
    chart = portfolio.answer("value_chart")
    assert [row["as_of"] for row in chart] == [naive(number) for number in range(4)]
    assert [row["reason"] for row in chart] == [None, None, "missed_tick", None]
    assert chart[2]["known_value_usd"] is None
    assert chart[2]["missing_cells"] == 5
    missed = portfolio.answer("coverage", since=day(2), until=day(2))
    assert {(row["status"], row["reason"]) for row in missed} == {("missing", "missed_tick")}
    (total,) = [row for row in portfolio.answer("current_value", as_of=day(2)) if row["per"] == "total"]
    assert total["value_usd"] is None


@pytest.mark.slow
def test_a_backfill_of_a_missed_tick_closes_it(portfolio: Portfolio) -> None:
    """An instant that is taken later is a point like any other."""
    portfolio.have(0, 2)
    portfolio.take(1)
    assert [row["reason"] for row in portfolio.answer("value_chart")] == [None, None, None]


def test_a_cell_is_in_scope_from_the_first_instant_at_which_it_was_asked(portfolio: Portfolio) -> None:
    """A cell that was asked and never answered is missing from its first day on, so that nothing is called complete."""
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.have(0)
    portfolio.simulator.clear_faults()
    portfolio.take(1)
    chart = portfolio.answer("value_chart")
    assert [row["cells"] for row in chart] == [5, 5]
    assert [(row["value_usd"] is None, row["missing_cells"]) for row in chart] == [(True, 1), (False, 0)]
    (cell,) = [row for row in portfolio.answer("coverage", account="cold", until=day(0)) if row["layer"] == "wallet"]
    assert (cell["status"], cell["reason"]) == ("missing", "failed:forbidden")


@pytest.mark.slow
def test_a_cell_that_is_dead_from_the_first_day_is_missing_on_each(portfolio: Portfolio) -> None:
    """Three of five accounts that no provider ever answers for leave each day without a total, and are gaps."""
    for label in ("cold", "grants", "trading"):
        portfolio.account_keys[label] = 'chains = ["eip155:1"]'
    portfolio.fail_for(*portfolio.account_keys)
    portfolio.take(0, 1, 2)
    chart = portfolio.answer("value_chart")
    assert [(row["value_usd"], row["missing_cells"], row["cells"]) for row in chart] == [(None, 3, 5)] * 3
    assert {(row["label"], row["instants"]) for row in portfolio.answer("gaps")} == {
        (label, 3) for label in ("cold", "grants", "trading")
    }


@pytest.mark.every
def test_what_could_not_be_answered_before_a_first_record_is_out_of_scope(portfolio: Portfolio) -> None:
    """A provider that speaks of now alone makes nothing missing at instants before it was first asked in time."""
    portfolio.accounts = ("treasury", "solana-desk")
    portfolio.account_keys = {"solana-desk": SOLANA}
    portfolio.providers = ("credmark", "onebalance")
    portfolio.take(2)
    take_history(portfolio.settings(), Job((day(0), day(1)), heals=True), Watch())
    chart = portfolio.answer("value_chart")
    assert [(row["value_usd"] is None, row["cells"]) for row in chart] == [(False, 1), (False, 1), (False, 2)]
    cells = portfolio.answer("coverage", account="solana-desk", until=day(1))
    cells = [row for row in cells if row["layer"] == "wallet"]
    assert [(row["status"], row["reason"]) for row in cells] == [("out_of_scope", "not_available:now_only")] * 2


@pytest.mark.every
def test_from_and_until_bound_the_scope(portfolio: Portfolio) -> None:
    """With `from` a cell is missing even before its first record; from `until` on it is not part any more."""
    portfolio.account_keys = {"cold": f'from = "{day(0):%Y-%m-%d}"\nuntil = "{day(2):%Y-%m-%d}"'}
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(0)
    portfolio.simulator.clear_faults()
    portfolio.take(1, 2)
    chart = portfolio.answer("value_chart")
    assert [row["cells"] for row in chart] == [5, 5, 4]
    assert [row["value_usd"] is None for row in chart] == [True, False, False]


def test_every_grouping_adds_up(portfolio: Portfolio) -> None:
    """Accounts add up to the total, chains too, and rows to their cells, to the last digit."""
    portfolio.have(0)
    rows = portfolio.answer("current_value")
    (total,) = [money(row["value_usd"]) for row in rows if row["per"] == "total"]
    for by in ("account", "chain"):
        assert sum(money(row["value_usd"]) for row in rows if row["per"] == by) == total
    balances = portfolio.answer("balances_at")
    assert sum(money(row["value_usd"]) for row in balances if row["value_usd"] is not None) == total
    (point,) = portfolio.answer("value_chart")
    assert point["value_usd"] == total


def test_filters_take_label_address_and_id(portfolio: Portfolio) -> None:
    """An account is found by label, by address in any case and by its id; a chain by its CAIP-2 id."""
    portfolio.have(0)
    (by_label,) = portfolio.answer("value_chart", account="Cold")
    for name in (address("cold"), address("cold").lower(), f"eip155:0:{address('cold').lower()}"):
        assert portfolio.answer("value_chart", account=name) == [by_label]
    assert portfolio.answer("value_chart", chain="eip155:1")[0]["cells"] == 5
    with pytest.raises(UsageError, match="no snapshot has a chain eip155:10; there are: eip155:1"):
        portfolio.answer("value_chart", chain="eip155:10")
    assert {row["label"] for row in portfolio.answer("balances_at", account="cold")} == {"cold"}


@pytest.mark.parametrize(
    ("since", "until", "last"),
    [
        (None, "2026-05-01", 3),
        ("2026-05-01 12:00", "2026-05-01", 3),
        (None, date(2026, 5, 1), 3),
        (None, "2026-05-01 00:00", 0),
        (None, datetime(2026, 5, 1), 0),  # noqa: DTZ001 - a TIMESTAMP of SQL, which has no zone
        (None, "2026-05-01T08:00+02:00", 1),
        (None, "2026-05-01 08:00:00 +0200", 1),
        (None, "2026-05-01 12:00Z", 2),
        (None, "2026-05-01 18:00 UTC", 3),
    ],
)
def test_a_range_ends_with_the_whole_of_its_last_day(
    six_hourly: Portfolio, since: str | None, until: object, last: int
) -> None:
    """A date as `until` includes every instant of the day, an instant ends there, and an offset is counted."""
    found = [row["as_of"] for row in six_hourly.answer("value_chart", since=since, until=until)]
    assert found[-1] == naive(0) + timedelta(hours=6 * last)
    assert found[0] == naive(0) + timedelta(hours=12 if since else 0)
    assert [row["as_of"] for row in six_hourly.answer("coverage", since=found[-1], until=until)][-1] == found[-1]


@pytest.mark.every
def test_spacing_shows_the_last_complete_instant(portfolio: Portfolio) -> None:
    """Of a week's instants the last complete one stands for it, never an average."""
    portfolio.take(*range(9))
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(9)
    daily = {row["as_of"]: row["value_usd"] for row in portfolio.answer("value_chart")}
    weekly = portfolio.answer("value_chart", every="week")
    assert [row["as_of"] for row in weekly] == [naive(2), naive(8)]
    assert [row["value_usd"] for row in weekly] == [daily[naive(2)], daily[naive(8)]]
    monthly = portfolio.answer("value_chart", every="month", since=day(1), until=day(4))
    assert [row["as_of"] for row in monthly] == [naive(4)]


def test_an_unpriced_asset_is_not_worth_nothing(portfolio: Portfolio) -> None:
    """What has no price has no value, is counted beside the total, and keeps the provider's 0 as stated."""
    portfolio.have(0)
    unpriced = [row for row in portfolio.answer("balances_at") if row["price_status"] == "unknown"]
    assert unpriced
    assert {(row["price_usd"], row["value_usd"], row["stated_value_usd"]) for row in unpriced} == {(None, None, 0.0)}
    (total,) = [row for row in portfolio.answer("current_value") if row["per"] == "total"]
    assert total["unpriced_count"] == len(unpriced)
    assert total["value_usd"] is not None


def test_a_missing_cell_is_no_empty_wallet(portfolio: Portfolio) -> None:
    """Balances at an instant name a missing cell with its reason; an empty wallet has no row at all."""
    portfolio.have(0)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(1)
    rows = portfolio.answer("balances_at", as_of=day(1), account="cold")
    assert [(row["asset_id"], row["amount"], row["missing_reason"]) for row in rows] == [
        (None, None, "failed:forbidden")
    ]


def test_rows_say_when_they_are_true_for(portfolio: Portfolio) -> None:
    """Each balance carries the block's time, how far that is from the instant, and that the instant was asked for."""
    portfolio.have(0)
    for row in portfolio.answer("balances_at"):
        effective = cast("datetime", row["effective_at"])
        assert timedelta(0) <= naive(0) - effective <= timedelta(hours=1)
        assert row["lag_seconds"] == (effective - naive(0)).total_seconds()
        assert row["is_exact_instant"] is True


@pytest.mark.every
def test_an_empty_past_needs_a_second_word(portfolio: Portfolio) -> None:
    """An empty answer taken long after its instant is missing until a neighbouring instant is empty too."""
    portfolio.accounts = ("cold",)
    portfolio.simulator.order("empty_positions")
    portfolio.take(0, 1)
    late = "observed_at = as_of + interval 30 day"
    portfolio.change_store(f"update cell set {late}", "update cell set outcome = 'answered' where as_of = '2026-05-02'")
    portfolio.take(2)
    statuses = {row["as_of"]: row["reason"] for row in portfolio.answer("coverage") if row["layer"] == "wallet"}
    assert statuses[naive(0)] == "unconfirmed_empty"
    portfolio.change_store("update cell set outcome = 'empty' where as_of = '2026-05-02'")
    portfolio.take(3)
    cells = [row for row in portfolio.answer("coverage") if row["layer"] == "wallet"]
    assert [row["status"] for row in cells] == ["recorded"] * 4


def test_an_empty_wallet_is_worth_nothing_and_known(portfolio: Portfolio) -> None:
    """An empty answer within the grace is a record of 0, not a gap."""
    portfolio.accounts = ("cold",)
    portfolio.simulator.order("empty_positions")
    portfolio.take(0)
    (point,) = portfolio.answer("value_chart")
    assert (point["value_usd"], point["missing_cells"]) == (Decimal(0), 0)
    assert portfolio.answer("balances_at") == []


def test_every_claim_holds(portfolio: Portfolio) -> None:
    """The checks hold over a history with failures, gaps and restatements."""
    portfolio.have(0, 1)
    portfolio.simulator.order("server_error", account=address("cold"))
    portfolio.take(3, again=True)
    assert [(one.name, one.broken.rows) for one in check_claims(portfolio.published) if not one.holds] == []


def test_ticks_of_every_cadence_are_kept(portfolio: Portfolio) -> None:
    """When the cron changes, instants of the old cadence keep their place and the new one counts from its first."""
    portfolio.have(0, 1)
    portfolio.snapshots = 'cron = "0 */12 * * *"\nstart = "2026-05-01"'
    portfolio.take(2)
    cadences = portfolio.query("select cron, since::varchar from cadence order by recorded_at, since").rows
    assert cadences == [("0 0 * * *", "2026-05-01 00:00:00"), ("0 */12 * * *", "2026-05-03 00:00:00")]
    ticks = [row["as_of"] for row in portfolio.answer("value_chart")]
    assert ticks == [naive(0), naive(1), naive(1) + timedelta(hours=12), naive(2)]


@pytest.mark.every
def test_an_earlier_start_adds_its_ticks(portfolio: Portfolio) -> None:
    """Moving the start back makes the earlier instants part of the history once one of them is taken."""
    portfolio.have(2)
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-04-29"'
    portfolio.take(-2)
    assert [row["reason"] for row in portfolio.answer("value_chart")] == [None, *["missed_tick"] * 3, None]


@pytest.mark.slow
def test_what_is_missing_is_carried_for_display_alone(portfolio: Portfolio) -> None:
    """A gap's last known value is carried for three instants and 72 hours at most, beside a value that stays NULL."""
    portfolio.have(0)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(1, 2, 3, 4)
    chart = portfolio.answer("value_chart")
    (cold,) = [
        row for row in portfolio.answer("coverage", account="cold", until=day(0)) if row["value_usd"] is not None
    ]
    assert [row["value_usd"] is None for row in chart] == [False, True, True, True, True]
    carried = [row["carried_value_usd"] for row in chart]
    assert carried[0] == chart[0]["value_usd"]
    assert carried[1:4] == [money(row["known_value_usd"]) + money(cold["value_usd"]) for row in chart[1:4]]
    assert carried[4] is None


@pytest.mark.every
@pytest.mark.parametrize(
    ("cron", "days", "carried"),
    [("0 */6 * * *", (0, 0.25, 0.5, 0.75, 1), [True, True, True, True, False]), ("0 0 * * 5", (0, 7), [True, False])],
    ids=["three_instants", "72_hours"],
)
def test_each_bound_of_what_is_carried_holds_by_itself(
    portfolio: Portfolio, cron: str, days: tuple[float, ...], carried: list[bool]
) -> None:
    """Four instants within a day are too many, and one instant after a week is too late."""
    portfolio.snapshots = f'cron = "{cron}"\nstart = "{day(0):%Y-%m-%d}"'
    portfolio.take(days[0])
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(*days[1:])
    assert [row["carried_value_usd"] is not None for row in portfolio.answer("value_chart")] == carried


@pytest.mark.slow
def test_a_chart_is_asked_for_by_group_and_time_range(portfolio: Portfolio) -> None:
    """An account group is the sum of its accounts, and a time range counts back from the last instant."""
    portfolio.account_keys = {"cold": 'groups = ["fund"]', "trading": 'groups = ["fund", "desk"]'}
    portfolio.take(*range(9))
    of_group = portfolio.answer("value_chart", account_group="fund")
    parts = [portfolio.answer("value_chart", account=label) for label in ("cold", "trading")]
    sums = [money(one["value_usd"]) + money(other["value_usd"]) for one, other in zip(*parts, strict=True)]
    assert [row["value_usd"] for row in of_group] == sums
    assert [row["as_of"] for row in portfolio.answer("value_chart", timerange="1week")] == [
        naive(n) for n in range(1, 9)
    ]
    assert portfolio.answer("value_chart", timerange="all") == portfolio.answer("value_chart")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"account": "tresury"}, "no account is called tresury; near it: treasury, "),
        ({"account_group": "fond"}, "no account belongs to a group fond; there are: fund"),
        ({"chain": "eip155:2"}, "no snapshot has a chain eip155:2; there are: eip155:1"),
        ({"since": "2026-05-03", "until": "2026-05-02"}, "lies behind until"),
        ({"every": "hour"}, "every hour is finer than the snapshots, which lie 24 hours apart"),
        ({"every": "fortnight"}, "there is no chart every fortnight; there is every hour, day, "),
        ({"timerange": "2weeks"}, "there is no time range 2weeks; there are 1day, 1week, "),
    ],
)
def test_a_question_that_cannot_be_meant_is_an_error(portfolio: Portfolio, asked: dict[str, str], words: str) -> None:
    """What names nothing, or asks for what cannot be, is an error that names what there is, never an empty answer."""
    portfolio.account_keys = {"cold": 'groups = ["fund"]'}
    portfolio.take(0, 1)
    with pytest.raises(UsageError, match=words):
        portfolio.answer("value_chart", **asked)


def test_no_history_there_is_no_error(portfolio: Portfolio) -> None:
    """A span without instants is an empty answer, and a change without one says why."""
    portfolio.have(0)
    assert portfolio.answer("value_chart", since="2030-01-01") == []
    (change,) = portfolio.answer("value_change", since="2030-01-01")
    assert (change["closing_usd"], change["reason"]) == (None, "history_starts_later")
