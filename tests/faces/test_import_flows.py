"""Promises of importing known flows: whole accounts at a time, all or nothing, published, shown, and harmless."""

import csv
import io
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import StoreBusyError
from dagster_project.imports.flows import read_flows
from dagster_project.snapshot.plan import heeded_by
from dagster_project.warehouse.lock import exclusive
from dagster_project.warehouse.store import Store
from tests.faces.terminal import commands, shown_on_a_terminal
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_processes import start
from tests.waiting import has_open, until

ETHER = "eip155:1/slip44:60"
USDC = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
HEADER = "at,account,asset,amount,kind,note"
FIRST = (
    f"2026-05-01T06:00,treasury,{USDC},250000.5,deposit,from the fund",
    f"2026-05-02,treasury,{ETHER},0.000000000000000001,fee,",
    f"2026-05-03,cold,{ETHER},{'9' * 60}.{'1' * 18},withdrawal,",
)


def bring(portfolio: Portfolio, *lines: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Write a file of flows and import it as a user does."""
    portfolio.write()
    path = portfolio.folder / "flows.csv"
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8", newline="")
    return portfolio.command("import", "flows", str(path), *options)


def naive(*when: int) -> datetime:
    """Give an instant as answers give it."""
    return datetime(*when, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type] # year, month, day and so on


@pytest.mark.slow
def test_flows_are_imported_published_and_shown(portfolio: Portfolio) -> None:
    """What is imported is in the answer to the last digit, with label, symbol and what time is covered."""
    portfolio.providers = ("oneinch_portfolio",)
    portfolio.take(0)
    done = bring(portfolio, *FIRST)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"3 flows of 2 accounts -> {portfolio.published}\n")
    assert "treasury         2  2026-05-01 06:00  2026-05-02 23:59:59" in done.stdout
    rows = portfolio.answer("flows")
    assert [row["amount_exact"] for row in rows] == ["250000.5", "0.000000000000000001", f"{'9' * 60}.{'1' * 18}"]
    assert [row["amount"] for row in rows] == [250000.5, 1e-18, 1e60]
    assert [row["is_date_only"] for row in rows] == [False, True, True]
    assert [(row["label"], row["kind"], row["symbol"], row["note"]) for row in rows] == [
        ("treasury", "deposit", "USDC", "from the fund"),
        ("treasury", "fee", "ETH", None),
        ("cold", "withdrawal", "ETH", None),
    ]
    assert (rows[0]["covered_since"], rows[1]["covered_until"]) == (
        naive(2026, 5, 1, 6),
        naive(2026, 5, 2, 23, 59, 59, 999_999),
    )
    assert portfolio.answer("flows", account=address("cold"), since=day(1)) == [rows[2]]
    assert portfolio.answer("flows", until="2026-05-02") == rows[:2]


@pytest.mark.slow
def test_flows_come_before_the_first_snapshot(portfolio: Portfolio) -> None:
    """Without any snapshot flows are imported and published under the settings' names of the accounts."""
    assert bring(portfolio, *FIRST, options=("--complete-until", "2026-05-09")).returncode == 0
    rows = portfolio.answer("flows")
    assert {row["label"] for row in rows} == {"treasury", "cold"}
    assert {row["covered_until"] for row in rows} == {naive(2026, 5, 9, 23, 59, 59, 999_999)}
    assert "no snapshot is recorded yet" in portfolio.command("status").stdout
    portfolio.take(0)
    assert len(portfolio.answer("flows")) == 3
    assert portfolio.command("check").returncode == 0


@pytest.mark.slow
def test_an_import_replaces_whole_accounts(portfolio: Portfolio) -> None:
    """A later file takes the place of what was imported of the accounts that it names, and of no other account."""
    bring(portfolio, *FIRST)
    (cold,) = portfolio.answer("flows", account="cold")
    done = bring(portfolio, f"2026-05-07,treasury,{ETHER},1,yield,", f"2026-05-06,grants,{ETHER},2,internal,")
    assert done.stdout.startswith("2 flows of 2 accounts, in place of 2 imported before -> ")
    rows = portfolio.answer("flows")
    assert [(row["label"], row["amount_exact"]) for row in rows] == [
        ("cold", cold["amount_exact"]),
        ("grants", "2"),
        ("treasury", "1"),
    ]
    assert rows[0] == cold
    assert rows[2]["covered_since"] == naive(2026, 5, 7)
    assert portfolio.query("select count(*) from flowspan").rows == [(3,)]


@pytest.mark.slow
def test_the_same_file_twice_is_the_same(portfolio: Portfolio) -> None:
    """Importing a file again changes nothing but when it was imported."""
    bring(portfolio, *FIRST)
    before = portfolio.query("select * exclude (recorded_at) from flow order by all").rows
    bring(portfolio, *FIRST)
    assert portfolio.query("select * exclude (recorded_at) from flow order by all").rows == before


def test_a_file_with_a_fault_changes_nothing(portfolio: Portfolio) -> None:
    """A file with faults ends with code 2 and all of them on standard error, and store and published file stay."""
    bring(portfolio, *FIRST)
    before = (portfolio.store.read_bytes(), portfolio.published.read_bytes())
    done = bring(
        portfolio, f"2026-05-07,treasury,{ETHER},1,yield,", f"2026-05-06,grnts,{ETHER},-2,internl,", "2999-01-01,,,,,"
    )
    assert done.returncode == 2
    assert done.stdout == ""
    first, *faults = done.stderr.splitlines()
    assert first == f"portfolio: {portfolio.folder / 'flows.csv'} has 8 faults, nothing is imported:"
    assert [one.partition(":")[0] for one in faults] == [
        *(f"  line 3, {column}" for column in ("account", "amount", "kind")),
        *(f"  line 4, {column}" for column in ("at", "account", "asset", "amount", "kind")),
    ]
    assert "did you mean 'grants'?" in faults[0]
    assert (portfolio.store.read_bytes(), portfolio.published.read_bytes()) == before


def test_an_import_is_one_transaction(portfolio: Portfolio) -> None:
    """Where the last statement of an import is refused, nothing of it is in the store."""
    bring(portfolio, *FIRST)
    before = portfolio.query("from flow order by all").rows
    portfolio.change_store(
        "alter table flowspan rename to old_span",
        "create table flowspan as from old_span where false",
        "drop table flowspan",
        "create table flowspan (account_id varchar, since timestamp check (since < '2026-05-05'), until timestamp, "
        "recorded_at timestamp)",
        "insert into flowspan from old_span",
    )
    with pytest.raises(duckdb.ConstraintException):
        bring(portfolio, f"2026-05-07,treasury,{ETHER},1,yield,")
    with duckdb.connect(portfolio.store, read_only=True) as store:
        assert store.execute("from flow order by all").fetchall() == before
        assert (
            store.execute("from flowspan order by all").fetchall() == portfolio.query("from flowspan order by all").rows
        )


def test_a_csv_is_taken_for_flows(portfolio: Portfolio) -> None:
    """A CSV is imported as flows without the word, with the same options; only a folder is a history."""
    bring(portfolio, *FIRST)
    done = portfolio.command("import", "flows.csv", "--complete-until", "2026-05-04")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 flows of 2 accounts, in place of 3 imported before")
    assert "2026-05-04 23:59:59" in done.stdout
    refused = portfolio.command("import", "none.csv")
    assert (refused.returncode, "none.csv' does not exist" in refused.stderr) == (2, True)


@pytest.mark.every
def test_an_import_waits_for_who_is_writing(portfolio: Portfolio) -> None:
    """An import takes its turn under the store's lock: it waits for another writer, and gives up in words."""
    bring(portfolio, *FIRST)
    settings = portfolio.settings()
    flows = read_flows(portfolio.folder / "flows.csv", settings.accounts, datetime.now(UTC))
    lock = portfolio.store.with_name("store.duckdb.lock")
    with exclusive(lock, 1):
        impatient = Store(portfolio.store, portfolio.published, "simulated", wait_seconds=0.1)
        with pytest.raises(StoreBusyError):
            impatient.replace_flows(flows, heeded_by(settings), "an-attempt")
        run = start(portfolio, "import", "flows", "flows.csv")
        until(lambda: has_open(run, lock))
        assert run.poll() is None
    output, errors = run.communicate(timeout=300)
    assert run.returncode == 0, errors
    assert output.startswith("3 flows of 2 accounts, in place of 3 imported before")


HOSTILE = (
    '=HYPERLINK("http://127.0.0.1/","x")',
    "@SUM(1)",
    "-1+1|cmd",
    "\x1b[2J\x1b]0;owned\x07\u202e\x9b1m",
    "'; drop table flow; --",
    "<script>alert(1)</script>",
    "y" * 10_000,
)


@pytest.fixture
def hostile(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio with a flow for each hostile note."""
    notes = ['"' + note.replace('"', '""') + '"' for note in HOSTILE]
    done = bring(portfolio, *(f"2026-05-0{n},cold,{ETHER},1,deposit,{note}" for n, note in enumerate(notes, start=1)))
    assert done.returncode == 0, done.stderr
    return portfolio


def test_a_note_is_kept_as_it_is(hostile: Portfolio) -> None:
    """Formulas, escapes, SQL, markup and ten thousand letters are stored and given as JSON to the last letter."""
    assert tuple(row["note"] for row in hostile.answer("flows")) == HOSTILE
    told = json.loads(hostile.command("ask", "flows", "--format", "json").stdout)
    assert tuple(row["note"] for row in told) == HOSTILE


def test_a_note_runs_in_no_spreadsheet(hostile: Portfolio) -> None:
    """In CSV a text that a spreadsheet would run stands behind an apostrophe; the rest is exact, numbers too."""
    rows = list(csv.DictReader(io.StringIO(hostile.command("ask", "flows", "--format", "csv").stdout)))
    assert tuple(row["note"] for row in rows) == tuple(f"'{note}" if note[0] in "=@-" else note for note in HOSTILE)
    numbers = hostile.command("ask", "select '-12.5' as raw, -3 as number, '+1' as more", "--format", "csv")
    assert numbers.stdout == "raw,number,more\n-12.5,-3,+1\n"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_note_commands_no_terminal(hostile: Portfolio, form: str) -> None:
    """In a terminal no format prints a control character or turns the direction of writing."""
    shown = shown_on_a_terminal(hostile.folder, hostile.environment, "ask", "flows", "--format", form)
    assert "owned" in shown
    assert commands(shown) == []


def test_an_import_is_used_by_name(portfolio: Portfolio, tmp_path: Path) -> None:
    """The verb lists what it can import, and a file that is not there is a fault of usage."""
    portfolio.write()
    assert "flows" in portfolio.command("import", "--help").stdout
    assert portfolio.command("import", "flows", str(tmp_path / "absent.csv")).returncode == 2
    assert portfolio.command("import", "everything").returncode == 2
