"""Tools that quote identifiers in upper case, as some BI tools do, find the same tables, columns and answers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dagster_project.warehouse import sqlfiles
from tests.clients import asking
from tests.installed import installed

OLDEST = Path(__file__).with_name("duckdb_1_5.txt")


def pairs() -> list[tuple[str, str]]:
    """Questions as written in lower case, and with every identifier quoted in upper case."""
    found = []
    for file in sqlfiles.reporting():
        columns = list(file.columns)
        upper = ", ".join(f'"{name.upper()}"' for name in columns)
        found.append(
            (
                f"select {', '.join(columns)} from reporting.{file.name}",
                f'select {upper} from "REPORTING"."{file.name.upper()}"',
            )
        )
    found.append(
        (
            "select as_of, value_usd from value_chart(account := 'treasury')",
            """select "AS_OF", "VALUE_USD" from "VALUE_CHART"("ACCOUNT" := 'treasury')""",
        )
    )
    return found


def asked(published: Path, tmp_path: Path, path: str, statements: list[str]) -> list[list[Any]]:
    """What the DuckDB on a path says to each statement."""
    (tmp_path / "questions.json").write_text(json.dumps(statements), encoding="utf-8")
    command = [sys.executable, asking.__file__, str(published), str(tmp_path / "questions.json")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.every
@pytest.mark.parametrize("is_oldest", [False, True], ids=["newest", "oldest"])
def test_identifiers_in_upper_case_mean_the_same(published: Path, tmp_path: Path, *, is_oldest: bool) -> None:
    """Every plain view and an answer give the same rows to quoted upper-case names, in DuckDB 1.5 and 2."""
    path = str(installed(OLDEST, "duckdb-1.5", "duckdb/__init__.py").parents[1]) if is_oldest else ""
    lower = asked(published, tmp_path, path, [one for one, _ in pairs()])
    upper = asked(published, tmp_path, path, [one for _, one in pairs()])
    for (question, columns, rows), (_, upper_columns, upper_rows) in zip(lower, upper, strict=True):
        assert columns, (question, rows)
        assert [kind for _, kind in columns] == [kind for _, kind in upper_columns]
        assert sorted(rows) == sorted(upper_rows)


def test_a_name_that_is_not_there_is_named_in_any_case(published: Path, tmp_path: Path) -> None:
    """A quoted upper-case name that nobody has is an error that names it, and an unknown account is one too."""
    statements = ['select "NOTHING" from "REPORTING"."FACT_VALUE"', """from "VALUE_CHART"("ACCOUNT" := 'TRESURY')"""]
    (_, no_columns, said), (_, none_either, refused) = asked(published, tmp_path, "", statements)
    assert (no_columns, none_either) == ([], [])
    assert "NOTHING" in said
    assert "TRESURY" in refused
