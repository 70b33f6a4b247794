"""Promises of the command line: exit codes, plain words, exact output, and a quick start for verbs that only read."""

import csv
import io
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.faces.cli.main import VERBS
from dagster_project.settings.load import OF_RECORD
from dagster_project.warehouse.sqlfiles import answers
from tests.portfolio import PORTFOLIO, Portfolio, day
from tests.simulator.running_simulator import address

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    """Every verb explains itself and stands in the README."""
    done = subprocess.run([*PORTFOLIO, verb, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage:")
    assert len(done.stdout.split("\n\n")[1]) > 30
    assert f"portfolio {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.every
def test_exit_codes_say_how_it_went(portfolio: Portfolio) -> None:
    """0 complete, 3 partial, 1 nothing answered, 2 usage or settings."""
    portfolio.write()
    assert portfolio.command("snapshot", "--at", "2026-05-01").returncode == 0
    portfolio.simulator.order("forbidden", account=address("cold"))
    assert portfolio.command("snapshot", "--at", "2026-05-02").returncode == 3
    portfolio.simulator.order("forbidden")
    assert portfolio.command("snapshot", "--at", "2026-05-03").returncode == 1
    assert portfolio.command("snapshot", "--at", "2026-05-03T07:00").returncode == 2
    assert portfolio.command("snapshot", "--at", "someday").returncode == 2
    portfolio.config.write_text("mode = 'both'\n")
    assert portfolio.command("snapshot").returncode == 2


def test_a_broken_settings_file_is_explained(portfolio: Portfolio) -> None:
    """Doctor says every fault of the file with its line, and nothing of a stack."""
    portfolio.config.write_text(
        'mode = "real"\n[snapshots]\nstart = "2026-05-01"\ncorn = "0 0 * * *"\n[[accounts]]\naddress = "0x12"\n'
    )
    done = portfolio.command("doctor")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"portfolio: {portfolio.config} has 3 faults:",
        f"  line 1, providers: enable at least one provider: {', '.join(OF_RECORD)}",
        "  line 4, snapshots.corn: unknown key; did you mean 'cron'? known here: chains, cron, grace_minutes, start",
        "  line 6, accounts[0].address: '0x12' is not 0x followed by 40 hexadecimal digits",
    ]


def test_doctor_looks_at_everything(portfolio: Portfolio) -> None:
    """Doctor reports settings, key, reachability, disk, history, and every account and layer that nobody covers."""
    portfolio.have(0)
    done = portfolio.command("doctor")
    assert done.returncode == 0, done.stderr
    for words in (
        "ok    settings",
        "ok    key of credmark",
        "ok    reach credmark",
        "ok    disk",
        "ok    history: 1 snapshots",
    ):
        assert words in done.stdout
    assert (
        len(
            re.findall(
                r"warn  coverage of \w+ on eip155:1: no enabled provider covers position, debt, reward", done.stdout
            )
        )
        == 5
    )


def test_doctor_fails_where_a_snapshot_would(portfolio: Portfolio) -> None:
    """A missing key and a provider that cannot be reached are failures with the remedy."""
    portfolio.write()
    real = (
        portfolio.config.read_text()
        .replace('"simulated"', '"real"')
        .replace(portfolio.simulator.url, "http://127.0.0.1:9")
    )
    portfolio.config.write_text(real)
    done = portfolio.command("doctor")
    assert done.returncode == 1
    assert "FAIL  key of credmark: CREDMARK_API_KEY is not set in the environment" in done.stdout


def test_init_and_doctor_of_a_new_user(portfolio: Portfolio) -> None:
    """Init writes a file that needs only the key, and never overwrites one."""
    done = portfolio.command("init", address("cold").lower())
    assert done.returncode == 0, done.stderr
    assert address("cold") in portfolio.config.read_text()
    again = portfolio.command("init")
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert "FAIL  key of oneinch_portfolio" in portfolio.command("doctor").stdout


@pytest.mark.every
def test_backfill_takes_a_range_and_says_what_it_asks(portfolio: Portfolio) -> None:
    """A backfill says the number of requests first, takes the range, and a second one asks nothing."""
    portfolio.write()
    done = portfolio.command("backfill", "--since", "2026-05-01", "--until", "2026-05-10")
    assert done.returncode == 0, done.stderr
    assert "10 instants; credmark: at most 50 requests" in done.stderr
    assert done.stdout.startswith("10 instants, 50 pulls, 0 partial")
    again = portfolio.command("backfill", "--since", "2026-05-01", "--until", "2026-05-10")
    assert again.stdout.startswith("10 instants, 0 pulls, 0 partial")


def test_plan_asks_nothing(portfolio: Portfolio) -> None:
    """Plan prints the pulls and their number, and sends no request."""
    portfolio.write()
    done = portfolio.command("plan", "--since", "2026-05-01", "--until", "2026-05-04")
    assert "4 instants; credmark: at most 20 requests" in done.stdout
    assert done.stdout.count("eip155:0:0x") == 5
    assert portfolio.requests() == []


@pytest.mark.slow
def test_status_says_how_the_history_stands(three_days: Portfolio) -> None:
    """Status shows the value, the gaps with their cells, and that the history is simulated."""
    done = three_days.command("status")
    assert done.returncode == 0, done.stderr
    assert "(SIMULATED history)" in done.stdout
    assert "complete   2; without a total: 1" in done.stdout
    assert "2026-05-02 00:00 UTC  missing_cell: cold / eip155:1 / wallet: failed:forbidden" in done.stdout


def test_csv_and_json_are_exact(three_days: Portfolio) -> None:
    """CSV and JSON carry every digit, instants as their readers want them, nothing where nothing is known."""
    expected = three_days.answer("value_chart")
    rows = list(csv.DictReader(io.StringIO(three_days.command("ask", "value_chart", "--format", "csv").stdout)))
    assert [row["value_usd"] for row in rows] == [str(row["value_usd"]) if row["value_usd"] else "" for row in expected]
    assert rows[0]["as_of"] == "2026-05-01 00:00:00"
    text = three_days.command("ask", "value_chart", "--format", "json").stdout
    objects = json.loads(text, parse_float=Decimal)
    assert [one["value_usd"] for one in objects] == [row["value_usd"] for row in expected]
    assert objects[0]["as_of"] == "2026-05-01T00:00:00Z"
    assert objects[1]["missing"] == ["cold / eip155:1 / wallet: failed:forbidden"]


def test_parquet_is_exact(three_days: Portfolio) -> None:
    """Parquet keeps decimals as decimals and instants as instants."""
    out = three_days.folder / "chart.parquet"
    done = three_days.command("ask", "value_chart", "every=day", "--format", "parquet", "--output", str(out))
    assert done.returncode == 0, done.stderr
    table = pq.read_table(out)
    assert table["value_usd"].to_pylist() == [row["value_usd"] for row in three_days.answer("value_chart")]
    assert str(table.schema.field("value_usd").type) == "decimal128(38, 6)"


def test_sql_is_asked_read_only(three_days: Portfolio) -> None:
    """Any SQL that reads is answered; anything else is refused in words."""
    done = three_days.command("ask", "select count(*) as cells from coverage()", "--format", "csv")
    assert done.stdout == "cells\n15\n"
    refused = three_days.command("ask", "drop table cell")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        ("--since", "2026-05-02", "--account-group", "desk"),
        ("--since=2026-05-02", "--account-group=desk"),
        ("since=2026-05-02", "account_group=desk"),
    ],
)
def test_parameters_are_options_or_pairs(portfolio: Portfolio, parameters: tuple[str, ...]) -> None:
    """What is asked with parameters, spelled either way, is row for row what a plain DuckDB client is answered."""
    portfolio.account_keys = {"treasury": 'groups = ["desk"]'}
    portfolio.take(0, 1, 2)
    done = portfolio.command("ask", "value_chart", *parameters, "--format", "csv")
    with duckdb.connect(portfolio.published, read_only=True) as client:
        asked = client.execute("from value_chart(since := '2026-05-02', account_group := 'desk')")
        names, rows = [column[0] for column in asked.description or []], asked.fetchall()
    said = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [list(row) for row in said] == [names] * 2
    assert [(row["as_of"][:10], row["value_usd"], row["cells"]) for row in said] == [
        (f"{row[0]:%Y-%m-%d}", str(row[1]), str(row[names.index("cells")])) for row in rows
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("value_chart", "every"), "write parameters as --name value or name=value; 'every' is neither"),
        (("value_chart", "--since"), "--since lacks its value; write --since VALUE"),
        (("value_chart", "--fromat", "csv"), "value_chart has no parameter fromat; it takes: since, until"),
        (("--since", "2026-05-02", "value_chart"), "name the answer first, then its parameters; '--since' stands"),
        (("value_chart", "--a;b=x"), "'--a;b=x' is neither"),
    ],
)
def test_bad_parameters_are_named(three_days: Portfolio, words: tuple[str, ...], said: str) -> None:
    """A parameter that is none, lacks its value or stands in the wrong place is named with how to write it."""
    done = three_days.command("ask", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_check_shows_what_breaks_a_claim(three_days: Portfolio) -> None:
    """Check is content with a good history, and shows the rows that break a claim with exit 1."""
    assert three_days.command("check").returncode == 0
    with duckdb.connect(three_days.published) as connection:
        connection.execute("insert into balance select * from balance where as_of = '2026-05-01'")
    done = three_days.command("check")
    assert done.returncode == 1
    assert "BROKEN balance_is_unique" in done.stdout
    assert "BROKEN cell_adds_up" in done.stdout


@pytest.mark.slow
def test_reading_verbs_start_light(three_days: Portfolio) -> None:
    """Status, ask and check import neither Dagster nor pandas, and do without pyarrow, httpx and pydantic."""
    heavy = {"dagster", "pandas", "pyarrow", "httpx", "pydantic", "altair"}
    for verb in (("status",), ("ask", "value_chart"), ("check",)):
        code = (
            "import sys\nfrom dagster_project.faces.cli.main import portfolio\n"
            f"portfolio({list(verb)!r}, standalone_mode=False)\n"
            f"sys.stderr.write(' '.join(sorted(set(sys.modules) & {heavy!r})))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env=three_days.environment, capture_output=True, text=True, check=True
        )
        assert done.stderr == "", verb


@pytest.mark.every
def test_a_pinned_block_is_asked_for(portfolio: Portfolio) -> None:
    """With --block the chain is pinned to that block, and its time is held against the instant."""
    portfolio.write()
    portfolio.take(0)
    ((block,),) = portfolio.query("select max(block_number) from pull").rows
    portfolio.forget_requests()
    done = portfolio.command("snapshot", "--at", "2026-05-01", "--again", "--block", f"eip155:1={block}")
    assert done.returncode == 0, done.stderr
    assert all(f"blockNumber={block}" in line and "timestamp=" not in line for line in portfolio.requests())
    early = portfolio.command("snapshot", "--at", "2026-05-02", "--block", f"eip155:1={block}")
    assert early.returncode == 1
    assert portfolio.query("select distinct reason from cell where as_of = '2026-05-02'").rows == [
        ("not_point_in_time",)
    ]
    assert portfolio.command("snapshot", "--block", "eip155:1=x").returncode == 2


@pytest.mark.slow
def test_progress_is_plain_without_a_terminal(portfolio: Portfolio) -> None:
    """Without a terminal a partial instant is a plain line on standard error, and no escape is printed."""
    portfolio.write()
    portfolio.simulator.order("forbidden", account=address("cold"), at=int(day(1).timestamp()))
    done = portfolio.command("backfill", "--until", "2026-05-03")
    assert done.returncode == 3
    assert "2/3  2026-05-02T00:00  credmark 4/5  PARTIAL" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_every_answer_tells_its_contract(portfolio: Portfolio) -> None:
    """`ask --list` prints each answer's question, parameters and columns with their types, with no history yet."""
    portfolio.write()
    said = portfolio.command("ask", "--list")
    assert said.returncode == 0
    assert portfolio.command("ask").stdout == said.stdout
    for file in answers():
        assert f"{file.name}: {file.sentence}" in said.stdout
        assert all(f"    {name} := {words}" in said.stdout for name, words in file.parameters.items())
        assert all(f"    -> {name} {kind}: {words}" in said.stdout for name, (kind, words) in file.columns.items())
