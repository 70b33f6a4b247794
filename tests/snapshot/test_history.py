"""Promises of taking a history: what is missing is pulled and nothing else, nothing answered is lost."""

import pytest

from dagster_project.errors import DiskError, UsageError
from dagster_project.model import Outcome
from tests.portfolio import FIVE, Portfolio
from tests.simulator.running_simulator import address


def test_every_planned_pull_is_recorded(portfolio: Portfolio) -> None:
    """A snapshot of five accounts asks five questions and records five cells."""
    (taken,) = portfolio.take(0)
    assert taken.is_complete
    assert taken.outcomes["credmark"] == {Outcome.ANSWERED: 5}
    assert len(portfolio.requests()) == 5
    assert [row["status"] for row in portfolio.answer("coverage")] == ["recorded"] * 5


@pytest.mark.slow
def test_a_rerun_asks_nothing(portfolio: Portfolio) -> None:
    """What is recorded is not asked for again, and the published file stays as it is."""
    portfolio.take(0, 1, 2)
    before = portfolio.published.stat().st_mtime_ns
    portfolio.forget_requests()
    taken = portfolio.take(0, 1, 2)
    assert portfolio.requests() == []
    assert all(one.is_complete and one.asked == 0 for one in taken)
    assert portfolio.published.stat().st_mtime_ns == before


@pytest.mark.every
def test_only_a_deleted_cell_is_pulled_again(portfolio: Portfolio) -> None:
    """After one cell's slice is deleted, exactly that cell is asked for, and the history is whole again."""
    portfolio.take(0, 1)
    whole = portfolio.query("from balances_at()").rows
    portfolio.change_store(
        "delete from cell where as_of = '2026-05-02' and account_id like '%a1e368'",
        "delete from balance where as_of = '2026-05-02' and account_id like '%a1e368'",
    )
    portfolio.forget_requests()
    portfolio.take(0, 1)
    (line,) = portfolio.requests()
    assert "0xc805641e844327dCfd6e4caafEc20E4DDaA1E368" in line
    assert portfolio.query("from balances_at()").rows == whole


@pytest.mark.slow
def test_a_failed_pull_is_asked_for_again(portfolio: Portfolio) -> None:
    """A provider's failure is an outcome; the next run asks for what failed and for nothing else."""
    portfolio.simulator.order("forbidden", account=address("treasury"))
    (taken,) = portfolio.take(0)
    assert taken.outcomes["credmark"] == {Outcome.ANSWERED: 4, Outcome.FAILED: 1}
    portfolio.simulator.clear_faults()
    portfolio.forget_requests()
    (taken,) = portfolio.take(0)
    assert taken.is_complete
    assert len(portfolio.requests()) == 1


@pytest.mark.every
def test_a_failed_retake_never_replaces_an_answer(portfolio: Portfolio) -> None:
    """Pulling again while the provider is down leaves what was believed in place."""
    portfolio.take(0)
    before = portfolio.query("from cell order by all").rows
    portfolio.simulator.order("forbidden")
    portfolio.take(0, again=True)
    assert portfolio.query("from cell order by all").rows == before
    assert portfolio.query("from cell_superseded").rows == []


@pytest.mark.every
def test_the_same_answer_taken_again_changes_nothing(portfolio: Portfolio) -> None:
    """Pulling again what has not changed supersedes nothing."""
    portfolio.take(0)
    before = portfolio.query("from balance order by all").rows
    portfolio.forget_requests()
    portfolio.take(0, again=True)
    assert len(portfolio.requests()) == 5
    assert portfolio.query("from balance order by all").rows == before
    assert portfolio.query("select count(*) from balance_superseded").rows == [(0,)]


@pytest.mark.every
def test_a_changed_answer_keeps_what_was_believed(portfolio: Portfolio) -> None:
    """An answer that differs replaces its slice, and the earlier belief stands beside it with both instants."""
    portfolio.take(0)
    before = portfolio.query("select account_id, value_usd from cell order by all").rows
    portfolio.change_store(
        "update balance set value_usd = value_usd + 1 where asset_id like '%slip44:60' and account_id like '%eacfa'",
        "update cell set value_usd = value_usd + 1 where account_id like '%eacfa'",
    )
    portfolio.take(0, again=True)
    assert portfolio.query("select account_id, value_usd from cell order by all").rows == before
    kept = portfolio.query("select value_usd - 1, superseded_at >= recorded_at from cell_superseded").rows
    assert kept == portfolio.query("select value_usd, true from cell where account_id like '%eacfa'").rows
    assert portfolio.query("select count(*) from pull_superseded").rows == [(1,)]


@pytest.mark.every
def test_answers_that_a_killed_run_kept_are_not_asked_for_again(portfolio: Portfolio) -> None:
    """A raw stream that no store knows is read instead of asking, as after a kill between keeping and storing."""
    portfolio.take(0)
    before = {path: path.read_bytes() for path in (portfolio.store, portfolio.published)}
    portfolio.take(1)
    whole = portfolio.query("from balance order by all").rows
    for path, content in before.items():
        path.write_bytes(content)
    portfolio.forget_requests()
    taken = portfolio.take(0, 1)
    assert all(one.is_complete for one in taken)
    assert portfolio.requests() == []
    assert portfolio.query("from balance order by all").rows == whole


@pytest.mark.every
def test_a_fault_of_the_disk_keeps_the_instants_before_it(portfolio: Portfolio) -> None:
    """When an answer cannot be kept the run stops with the file's name, and the instants before stay stored."""
    month = portfolio.folder / "data" / "simulated" / "raw" / "credmark" / "2026-06"
    month.parent.mkdir(parents=True)
    month.write_text("in the way")
    with pytest.raises(DiskError, match="2026-06"):
        portfolio.take(*range(40))
    stored = portfolio.query("select max(as_of)::varchar, count(*) from snapshot").rows
    assert stored == [("2026-05-31 00:00:00", 31)]
    month.unlink()
    portfolio.forget_requests()
    portfolio.take(*range(40))
    assert len(portfolio.requests()) == 9 * len(FIVE)


def test_the_future_is_refused(portfolio: Portfolio) -> None:
    """An instant that lies ahead is refused before anything is asked."""
    with pytest.raises(UsageError, match="future"):
        portfolio.take(0, 5000)
    assert portfolio.requests() == []


def test_an_instant_that_is_no_tick_is_refused(portfolio: Portfolio) -> None:
    """A cadence of its own says which instants there are; another one is refused and named."""
    portfolio.snapshots = 'cron = "0 12 * * *"\nstart = "2026-05-01"'
    with pytest.raises(UsageError, match="2026-05-01T00:00 is no instant"):
        portfolio.take(0)


@pytest.mark.slow
def test_an_account_that_is_added_later_is_pulled_alone(portfolio: Portfolio) -> None:
    """Adding a wallet asks for that wallet only, and changes nothing of the others."""
    portfolio.accounts = ("treasury",)
    portfolio.take(0)
    portfolio.accounts = ("treasury", "cold")
    portfolio.forget_requests()
    portfolio.take(0)
    assert len(portfolio.requests()) == 1
    assert [row["label"] for row in portfolio.answer("coverage")] == ["cold", "treasury"]


@pytest.mark.slow
def test_an_account_that_is_taken_out_keeps_its_history(portfolio: Portfolio) -> None:
    """A wallet that the settings no longer list keeps its past and is not expected any more."""
    portfolio.take(0)
    portfolio.accounts = ("treasury",)
    portfolio.take(1)
    chart = portfolio.answer("value_chart")
    assert [row["cells"] for row in chart] == [5, 1]
    assert all(row["value_usd"] is not None for row in chart)


def test_a_missing_key_is_an_outcome(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the key nothing is sent, and each cell says so; the run itself goes on."""
    monkeypatch.delenv("CREDMARK_API_KEY", raising=False)
    portfolio.write()
    text = portfolio.config.read_text().replace('mode = "simulated"', 'mode = "real"')
    portfolio.config.write_text(text)
    done = portfolio.command("snapshot", "--at", "2026-05-01")
    assert done.returncode == 1
    assert portfolio.requests() == []
    asked = portfolio.command("ask", "from coverage()", "--format", "csv")
    assert asked.stdout.count("failed:missing_key") == 5
