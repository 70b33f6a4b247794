"""Promises of closings: what was reported stays word for word, and what became of it stands beside it."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.closings.period import parse_period
from dagster_project.errors import UsageError
from dagster_project.snapshot.rebuild import rebuild
from dagster_project.warehouse.closings import Wish
from dagster_project.warehouse.schema import prepare, prepare_older
from dagster_project.warehouse.sqlfiles import migrations
from dagster_project.warehouse.store import Store
from tests.portfolio import Portfolio, day, lasting
from tests.simulator.running_simulator import Simulator

SPAN = "2026-05-01..2026-05-02"
"""Two days, which end with the tick of the third at midnight."""
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def taken_once(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Path:
    """Take three days of two accounts; gives the data folder."""
    folder = tmp_path_factory.mktemp("three_days")
    with lasting(folder, shared_simulator) as portfolio:
        portfolio.accounts = ("treasury", "cold")
        portfolio.take(0, 1, 2)
    return folder / "data"


@pytest.fixture
def three_days(portfolio: Portfolio, taken_once: Path) -> Portfolio:
    """Give a history of three days of two accounts."""
    portfolio.accounts = ("treasury", "cold")
    shutil.copytree(taken_once, portfolio.folder / "data")
    portfolio.write()
    return portfolio


def store_of(portfolio: Portfolio) -> Store:
    """Open the portfolio's store."""
    return Store(portfolio.store, portfolio.published, "simulated")


def close(portfolio: Portfolio, period: str = SPAN, now: datetime = NOW, **said: str) -> None:
    """Close a period and publish it."""
    store = store_of(portfolio)
    store.close(Wish(parse_period(period), **said), now)
    store.publish()


def report(portfolio: Portfolio, period: str = SPAN) -> dict[tuple[str, str], dict[str, Any]]:
    """Reported numbers beside those of now, by name and measure."""
    rows = portfolio.answer("closed_report", period=period)
    return {(str(row["name"]), str(row["measure"])): row for row in rows}


def files(portfolio: Portfolio) -> list[Path]:
    """The kept closings."""
    return sorted(portfolio.published.with_name("closings").iterdir())


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-03-10..2026-04-20", "2026-03-10", "2026-04-21"),
    ],
)
def test_a_period_has_its_bounds(text: str, since: str, until: str) -> None:
    """A month, a quarter, a year and a span of days begin and end in UTC, the end exclusive."""
    period = parse_period(text)
    assert (f"{period.since:%Y-%m-%d %H:%M %Z}", f"{period.until:%Y-%m-%d %H:%M %Z}") == (
        f"{since} 00:00 UTC", f"{until} 00:00 UTC",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-Q5", "26-03", "March", "2026-05-03..2026-05-01", "2026-02-30..2026-03-01"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    """A text that names no period that exists is refused."""
    with pytest.raises(ValueError, match=r"period|month|day|begins"):
        parse_period(text)


@pytest.mark.every
def test_a_closing_holds_what_the_report_says(three_days: Portfolio) -> None:
    """Closed numbers are those of the NAV statement, in total and by account, and nothing differs at first."""
    close(three_days, note="as sent to the board")
    for per in ("total", "account"):
        for row in three_days.answer("overview_report", per=per):
            for measure in ("opening_usd", "net_flow_usd", "price_effect_usd", "closing_usd", "profit_abs_usd"):
                line = report(three_days)[str(row["name"]), measure]
                assert line["reported_usd"] == row[measure], (per, measure)
    assert {row["difference_usd"] for row in report(three_days).values()} == {0}
    (closed,) = three_days.answer("closings")
    (whole,) = (row for row in three_days.answer("current_value", as_of="2026-05-03") if row["per"] == "total")
    assert (closed["value_usd"], closed["status"], closed["missing_cells"]) == (whole["value_usd"], "closed", 0)
    assert closed["note"] == "as sent to the board"
    close(three_days, "2026-05-02..2026-05-02")
    (before,) = (row for row in three_days.answer("current_value", as_of="2026-05-02") if row["per"] == "total")
    opening = report(three_days, "2026-05-02..2026-05-02")["all", "opening_usd"]
    assert (opening["reported_usd"], opening["difference_usd"]) == (before["value_usd"], 0)


@pytest.mark.every
def test_a_restatement_stands_beside_what_was_reported(three_days: Portfolio) -> None:
    """A later belief changes no reported number; the difference, and which restatement made it, stand beside it."""
    three_days.change_store(
        "update balance set value_usd = value_usd + 1 where asset_id like '%slip44:60' and as_of = '2026-05-03'",
        "update cell set value_usd = value_usd + 1 where as_of = '2026-05-03' and exists (from balance where"
        " balance.as_of = cell.as_of and balance.account_id = cell.account_id and balance.chain_id = cell.chain_id"
        " and balance.asset_id like '%slip44:60')",
    )
    close(three_days)
    before = report(three_days)
    three_days.take(2, again=True)
    after = report(three_days)
    assert {key: row["reported_usd"] for key, row in after.items()} == {
        key: row["reported_usd"] for key, row in before.items()
    }
    changed = len(three_days.answer("restatements"))
    assert changed > 0
    line = after["all", "closing_usd"]
    assert (line["difference_usd"], line["restated_usd"], line["other_usd"]) == (-changed, -changed, 0)
    assert line["restatements"] == changed
    assert line["restated"] == [f"2026-05-03 00:00 credmark: re_asked, {changed} cell{'s' * (changed > 1)}"]
    assert after["all", "opening_usd"]["difference_usd"] == 0
    (closed,) = three_days.answer("closings")
    (then,) = (
        row
        for row in three_days.answer("believed", as_of=closed["closing_as_of"], known_at=closed["known_at"])
        if row["per"] == "total"
    )
    assert then["value_usd"] == closed["value_usd"]


@pytest.mark.every
def test_closing_again_is_refused_unless_opened_again(three_days: Portfolio) -> None:
    """A closed period is closed once; opened again with a reason, the old closing is kept as superseded."""
    close(three_days)
    with pytest.raises(UsageError, match=r"is closed since 2026-06-01 00:00 UTC.*--reopen REASON"):
        close(three_days)
    later = datetime(2026, 6, 2, tzinfo=UTC)
    close(three_days, now=later, reopen_reason="a wallet was missing")
    assert [(row["status"], row["reopen_reason"]) for row in three_days.answer("closings")] == [
        ("superseded", None),
        ("closed", "a wallet was missing"),
    ]
    assert {row["closed_at"] for row in report(three_days).values()} == {later.replace(tzinfo=None)}
    with pytest.raises(UsageError, match="is not closed, so it cannot be opened again"):
        close(three_days, "2026-05-01..2026-05-01", reopen_reason="why not")


@pytest.mark.every
def test_what_is_not_whole_is_closed_only_with_a_reason(portfolio: Portfolio) -> None:
    """A period with missing cells or ticks that nobody took is refused by name, or closed with the reason kept."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.take(0, 2)
    with pytest.raises(UsageError, match=r"cells are missing \(2026-05-02 00:00 .*missed_tick.*--partial REASON"):
        close(portfolio)
    for last, unit in (("2026-05-03", 1), ("2026-05-04", 2)):
        with pytest.raises(UsageError, match=f"{unit} ticks from 2026-05-04T00:00 on were never taken"):
            close(portfolio, f"2026-05-03..{last}")
    assert not portfolio.published.with_name("closings").exists()
    close(portfolio, partial_reason="the scheduler was down")
    (closed,) = portfolio.answer("closings")
    assert closed["partial_reason"] == "the scheduler was down"
    assert closed["missing_cells"] == len(portfolio.answer("coverage", since="2026-05-02", until="2026-05-02"))


@pytest.mark.every
def test_a_part_that_is_healed_later_stands_beside_it(portfolio: Portfolio) -> None:
    """Where the end of a period is known at last, the report of now closes there, and says what healed it."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.take(0, 1)
    portfolio.simulator.order("forbidden")
    portfolio.take(2)
    portfolio.simulator.clear_faults()
    close(portfolio, partial_reason="the key was refused")
    reported = report(portfolio)["all", "closing_usd"]
    assert (reported["reported_as_of"], reported["difference_usd"]) == (datetime(2026, 5, 2), 0)  # noqa: DTZ001 - as stored
    portfolio.take(2)
    healed = len(portfolio.answer("restatements"))
    line = report(portfolio)["all", "closing_usd"]
    assert (line["reported_usd"], line["now_as_of"]) == (reported["reported_usd"], datetime(2026, 5, 3))  # noqa: DTZ001 - as stored
    (whole,) = (row for row in portfolio.answer("current_value", as_of="2026-05-03") if row["per"] == "total")
    assert line["now_usd"] == whole["value_usd"]
    assert (line["restated_usd"], line["restated"]) == (None, [f"2026-05-03 00:00 credmark: healed, {healed} cells"])


@pytest.mark.every
def test_what_cannot_be_closed_is_refused(three_days: Portfolio) -> None:
    """A period that is not over, and one that holds nothing, are refused even in parts."""
    with pytest.raises(UsageError, match="is not over before 2026-05-03T00:00 UTC"):
        close(three_days, now=datetime(2026, 5, 2, 12, tzinfo=UTC), partial_reason="in a hurry")
    for period in ("2026-03", "2026-04"):
        with pytest.raises(UsageError, match="holds no instant of the history"):
            close(three_days, period, partial_reason="nothing there")


@pytest.mark.every
def test_a_period_closes_by_the_calendar(portfolio: Portfolio) -> None:
    """A closing opens with the tick of the period's begin and closes with that of its end, where these are complete."""
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-04-29"'
    portfolio.accounts = ("cold",)
    portfolio.take(*range(-2, 5))
    close(portfolio, "2026-05-01..2026-05-03")
    close(portfolio, "2026-04", partial_reason="the history begins on the 29th")
    ends = {row["period"]: (row["opening_as_of"], row["closing_as_of"]) for row in portfolio.answer("closings")}
    assert ends == {
        "2026-04": (day(-2).replace(tzinfo=None), day(0).replace(tzinfo=None)),
        "2026-05-01..2026-05-03": (day(0).replace(tzinfo=None), day(3).replace(tzinfo=None)),
    }
    april, may = (report(portfolio, period)["all", measure] for period, measure in (
        ("2026-04", "closing_usd"), ("2026-05-01..2026-05-03", "opening_usd"),
    ))  # fmt: skip
    assert april["reported_usd"] == may["reported_usd"]


def keep_as_before(portfolio: Portfolio) -> Path:
    """Keep a closing as an earlier version did: it closed with the last instant before the period's end."""
    lines = [
        {"per": per, "part_id": row["id"], "name": row["name"], "measure": measure, "value_exact": str(row[measure])}
        for per in ("total", "account")
        for row in portfolio.answer("overview_report", until="2026-05-02T00:00", per=per)
        for measure in ("opening_usd", "net_flow_usd", "closing_usd")
    ]
    spelled = sorted(
        "\t".join(str(row[name]) for name in ("per", "part_id", "measure", "value_exact")) for row in lines
    )
    instant = "2026-05-0{}T00:00:00Z"
    closing = {
        "closing_id": f"{SPAN}__20260510T000000000000Z", "period": SPAN, "since": instant.format(1),
        "until": instant.format(3), "opening_as_of": instant.format(1), "closing_as_of": instant.format(2),
        "known_at": instant.format(4), "closed_at": instant.format(9), "missing_cells": 0, "program_version": "0.1.0",
        "lines_sha256": hashlib.sha256("\n".join(spelled).encode()).hexdigest(), "lines": lines, "note": None,
        "partial_reason": None, "replaces": None, "reopen_reason": None, "format": 1,
    }  # fmt: skip
    path = portfolio.published.with_name("closings") / f"{closing['closing_id']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(closing), encoding="utf-8")
    return path


@pytest.mark.every
def test_a_closing_of_before_keeps_its_rule_and_is_listed_as_such(three_days: Portfolio) -> None:
    """What was closed before periods ran by the calendar is listed with its rule, compared by it, never rewritten."""
    path = keep_as_before(three_days)
    before = path.read_bytes()
    three_days.take(2, again=True)
    (closed,) = three_days.answer("closings")
    assert (closed["period_rule"], closed["closing_as_of"]) == ("inside", day(1).replace(tzinfo=None))
    told = report(three_days)
    assert {row["period_rule"] for row in told.values()} == {"inside"}
    for measure in ("opening_usd", "net_flow_usd", "closing_usd"):
        for name in ("all", "treasury", "cold"):
            assert told[name, measure]["difference_usd"] == 0
    assert told["all", "closing_usd"]["now_as_of"] == day(1).replace(tzinfo=None)
    assert "inside" in three_days.command("close", "--list", check=True).stdout
    close(three_days, reopen_reason="by the calendar")
    assert [(row["period_rule"], row["status"], row["closing_as_of"]) for row in three_days.answer("closings")] == [
        ("inside", "superseded", day(1).replace(tzinfo=None)),
        ("calendar", "closed", day(2).replace(tzinfo=None)),
    ]
    assert {row["period_rule"] for row in report(three_days).values()} == {"calendar"}
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_store_of_before_says_that_its_closings_are(tmp_path: Path) -> None:
    """A store that is brought to this version keeps its closings word for word and says under which rule they were."""
    version = next(number for number, text in migrations() if "add column period_rule" in text)
    with duckdb.connect(tmp_path / "store.duckdb") as connection:
        prepare_older(connection, "real", version - 1, ("ab" * 16, NOW))
        at = "timestamp '2026-05-0{}'"
        instants = (
            ("since", 1),
            ("until", 3),
            ("opening_as_of", 1),
            ("closing_as_of", 2),
            ("known_at", 4),
            ("closed_at", 9),
        )
        named = ", ".join(f"{at.format(number)} as {name}" for name, number in instants)
        connection.execute(
            f"insert into closing by name select 'may__1' as closing_id, 'may' as period, {named}, 0 as missing_cells,"
            " '0.1.0' as program_version, 'ab' as lines_sha256"
        )
        rows = connection.execute("from closing").fetchall()
        prepare(connection, "real", NOW)
        assert connection.execute("select * exclude (period_rule) from closing").fetchall() == rows
        assert connection.execute("select closing_id, period_rule from closings()").fetchall() == [("may__1", "inside")]


@pytest.mark.every
def test_a_store_that_is_made_anew_reads_closings_back(three_days: Portfolio) -> None:
    """With store and published file lost, the kept files give every closing back, equal in every column."""
    close(three_days)
    close(three_days, now=datetime(2026, 6, 2, tzinfo=UTC), reopen_reason="again")
    tables = [three_days.query(f"from {name} order by all").rows for name in ("closing", "closingline")]
    three_days.store.unlink()
    three_days.published.unlink()
    three_days.command("rebuild")
    assert [three_days.query(f"from {name} order by all").rows for name in ("closing", "closingline")] == tables
    assert {row["difference_usd"] for row in report(three_days).values()} == {0}


@pytest.mark.every
def test_a_kept_closing_that_was_changed_is_not_believed(
    three_days: Portfolio, caplog: pytest.LogCaptureFixture
) -> None:
    """A file whose numbers were edited is named and passed over, and keeps no snapshot from its readers."""
    close(three_days)
    (path,) = files(three_days)
    whole = json.loads(path.read_text(encoding="utf-8"))
    whole["lines"][0]["value_exact"] = "1.000000"
    path.write_text(json.dumps(whole), encoding="utf-8")
    three_days.store.unlink()
    three_days.published.unlink()
    rebuild(three_days.settings(), datetime.now(UTC), lambda *_: None, discard_old=False)
    assert three_days.answer("closings") == []
    assert f"{path}: its numbers are not those that were closed" in caplog.text


@pytest.mark.every
def test_the_command_closes_and_lists(three_days: Portfolio) -> None:
    """`portfolio close` locks, says where, lists, and ends with 2 and the remedy where it cannot."""
    done = three_days.command("close", SPAN, "--note", "board", check=True)
    (path,) = files(three_days)
    assert f"{SPAN} is closed; fingerprint " in done.stdout
    assert str(path) in done.stdout
    assert "closing_usd" in done.stdout
    listed = three_days.command("close", "--list", check=True).stdout
    assert SPAN in listed
    assert "board" in listed
    again = three_days.command("close", SPAN)
    assert (again.returncode, "--reopen REASON" in again.stderr) == (2, True)
    assert three_days.command("close", "soon").returncode == 2
    assert three_days.command("close").returncode == 2
