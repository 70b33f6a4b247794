"""Promises of --format json: one document with documented keys, exact numbers, and the exit code of the table."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.warehouse.sqlfiles import answers
from dagster_project.written import value_as_json
from tests.portfolio import Portfolio, day

PAGE = Path(__file__).parents[2] / "docs" / "scripts.md"
VERBS = ("status", "doctor", "plan", "check", "verify", "alert")


def documented(verb: str) -> set[str]:
    """Give the keys that the page lists for a verb."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {verb}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall("`(.+?)`", row)}


def read(text: str) -> Any:  # noqa: ANN401 - whatever a document holds
    """Read a document as a program that wants every digit."""
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize("verb", VERBS)
def test_a_document_has_its_documented_keys_and_the_exit_code_of_the_table(three_days: Portfolio, verb: str) -> None:
    """Standard output is one document whose keys are those of docs/scripts.md, and the exit code is the table's."""
    three_days.change_store("update snapshot set planned_cells = planned_cells + 1")
    arguments = ("--dry-run",) if verb == "alert" else ()
    plain = three_days.command(verb, *arguments)
    done = three_days.command(verb, *arguments, "--format", "json")
    assert done.returncode == plain.returncode, done.stderr
    found = read(done.stdout)
    rows = [found] if isinstance(found, dict) else found
    assert rows, verb
    assert {tuple(sorted(row)) for row in rows} == {tuple(sorted(documented(verb)))}


def test_status_as_json_says_what_the_history_says(three_days: Portfolio) -> None:
    """Its numbers and instants are those of the answers, to the last digit, and what is not known is null."""
    found = read(three_days.command("status", "--format", "json", check=True).stdout)
    chart = read(three_days.command("ask", "value_chart", "--format", "json", check=True).stdout)
    assert (found["mode"], found["published"]) == ("simulated", str(three_days.published))
    assert (found["instants"], found["complete_instants"]) == (3, 2)
    assert (found["first_as_of"], found["last_as_of"]) == ("2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z")
    assert found["last"] == chart[-1]
    assert found["incomplete"] == [chart[1]]
    assert found["incomplete"][0]["value_usd"] is None
    accounts = {row["name"]: row["value_usd"] for row in found["accounts"]}
    assert set(accounts) == set(three_days.accounts)
    assert sum(accounts.values()) == found["last"]["value_usd"]
    assert (found["change"]["since_effective"], found["lost"]) == ("2026-05-01T00:00:00Z", None)
    (gap,) = found["gaps"]
    assert (gap["label"], gap["first_as_of"], gap["can_be_filled"]) == ("cold", "2026-05-02T00:00:00Z", True)


def test_status_as_json_where_every_pull_failed(portfolio: Portfolio) -> None:
    """Where no pull was answered no value is made up, and the failed pulls are there with the remedy."""
    portfolio.simulator.order("forbidden")
    portfolio.have(0)
    found = read(portfolio.command("status", "--format", "json", check=True).stdout)
    assert (found["last"]["value_usd"], found["last"]["known_value_usd"], found["change"]) == (None, None, None)
    assert {row["value_usd"] for row in found["accounts"]} == {None}
    assert {(row["reason"], bool(row["remedy"])) for row in found["failures"]} == {("forbidden", True)}


def test_status_as_json_without_a_snapshot(portfolio: Portfolio) -> None:
    """A history of imported flows alone has its document too, in which nothing is known."""
    portfolio.write()
    flows = "at,account,asset,amount,kind\n2026-05-02,cold,eip155:1/slip44:60,1,fee\n"
    (portfolio.folder / "flows.csv").write_text(flows, encoding="utf-8")
    portfolio.command("import", "flows", "flows.csv", check=True)
    found = read(portfolio.command("status", "--format", "json", check=True).stdout)
    assert set(found) == documented("status")
    assert (found["instants"], found["last"], found["accounts"], found["last_snapshot_as_of"]) == (0, None, [], None)


def test_a_lost_store_leaves_the_document_whole(three_days: Portfolio) -> None:
    """With a lost store the document names it, the exit code is 1, and standard error has the remedy."""
    three_days.store.unlink()
    done = three_days.command("status", "--format", "json")
    assert done.returncode == 1
    assert "portfolio restore" in read(done.stdout)["lost"]
    assert done.stderr.startswith("LOST ")
    checked = three_days.command("check", "--format", "json")
    assert (checked.returncode, {one["holds"] for one in read(checked.stdout)}) == (1, {True})


def test_without_a_history_there_is_no_document(portfolio: Portfolio) -> None:
    """Where nothing is published standard output stays empty, and standard error has the remedy."""
    portfolio.write()
    for verb in ("status", "check"):
        done = portfolio.command(verb, "--format", "json")
        assert done.returncode != 0
        assert done.stdout == ""
        assert "portfolio snapshot" in done.stderr


def test_a_broken_claim_is_in_the_document(three_days: Portfolio) -> None:
    """A claim that does not hold has its rows, with instants as programs read them."""
    with duckdb.connect(three_days.published) as connection:
        connection.execute("insert into balance select * from balance where as_of = '2026-05-01'")
    done = three_days.command("check", "--format", "json")
    assert done.returncode == 1
    broken = {one["name"]: one for one in read(done.stdout) if not one["holds"]}
    assert "balance_is_unique" in broken
    assert {row["as_of"] for row in broken["balance_is_unique"]["broken"]} == {"2026-05-01T00:00:00Z"}


def test_the_list_of_answers_is_complete(portfolio: Portfolio) -> None:
    """`ask --list` has every answer with its parameters and columns, to a file as well, with no history yet."""
    portfolio.write()
    out = portfolio.folder / "answers.json"
    found = read(portfolio.command("ask", "--list", "--format", "json", check=True).stdout)
    portfolio.command("ask", "--list", "--format", "json", "--output", str(out), check=True)
    assert read(out.read_text(encoding="utf-8")) == found
    assert {tuple(sorted(one)) for one in found} == {tuple(sorted(documented("ask")))}
    expected = {file.name: file for file in answers()}
    assert [one["name"] for one in found] == sorted(expected)
    for one in found:
        file = expected[one["name"]]
        assert one["question"] == file.sentence
        assert {row["name"]: row["meaning"] for row in one["parameters"]} == dict(file.parameters)
        assert {row["name"]: (row["type"], row["meaning"]) for row in one["columns"]} == dict(file.columns)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_list_of_answers_is_no_table_of_rows(portfolio: Portfolio, form: str) -> None:
    """A list in a form that it does not have is rejected with what to write."""
    portfolio.write()
    done = portfolio.command("ask", "--list", "--format", form)
    assert (done.returncode, done.stdout) == (2, "")
    assert "write --format json" in done.stderr


def test_instants_inside_of_parts_have_their_z() -> None:
    """An instant inside a list or an object is written as one at the top: in UTC with a Z."""
    at = day(0)
    assert read(value_as_json({"at": at, "parts": [{"at": at.replace(tzinfo=None)}]})) == {
        "at": "2026-05-01T00:00:00Z",
        "parts": [{"at": "2026-05-01T00:00:00Z"}],
    }
