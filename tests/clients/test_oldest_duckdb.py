"""Promises to programs that carry an older DuckDB: 1.5 gives the same rows as the one that the project uses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.warehouse import sqlfiles
from tests.clients import asking
from tests.installed import installed
from tests.readme import BLOCK, PAGE

OLDEST = Path(__file__).with_name("duckdb_1_5.txt")
NEEDED = {"believed": "as_of := '2026-05-01', known_at := null"}
"""Parameters that an answer has to be given, as SQL."""


def questions() -> list[str]:
    """Every answer, what the README asks, every view of the plain schema, and names that nobody has."""
    answers = [f"from {file.name}({NEEDED.get(file.name, '')})" for file in sqlfiles.answers()]
    views = [f"from reporting.{file.name}" for file in sqlfiles.reporting()]
    readme = [block["question"].removeprefix("portfolio ask ").strip('"') for block in BLOCK.finditer(PAGE.read_text())]
    refused = ["from value_chart(account := 'tresury')", "from gaps(chain := 'eip155:5')"]
    return [*answers, *views, *(one if " " in one else f"from {one}()" for one in readme), *refused]


def asked(published: Path, tmp_path: Path, path: str) -> tuple[str, list[list[Any]]]:
    """The version of DuckDB on a path, and what it says to every question, rows in one order."""
    (tmp_path / "questions.json").write_text(json.dumps(questions()), encoding="utf-8")
    command = [sys.executable, asking.__file__, str(published), str(tmp_path / "questions.json")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.stderr, [[one, columns, sorted(rows) if columns else rows] for one, columns, rows in lines]


@pytest.mark.slow
def test_the_oldest_client_that_is_supported_gives_the_same_rows(published: Path, tmp_path: Path) -> None:
    """Every answer, every question of the README and every plain view give DuckDB 1.5 the rows that they give 2."""
    folder = installed(OLDEST, "duckdb-1.5", "duckdb/__init__.py").parents[1]
    old, rows_of_old = asked(published, tmp_path, str(folder))
    new, rows_of_new = asked(published, tmp_path, "")
    assert re.match(r"1\.5\.", old)
    assert new == duckdb.__version__
    assert rows_of_old == rows_of_new
    refused = [rows for _, columns, rows in rows_of_new if not columns]
    assert len([one for one in refused if "near it: " in one or "there are: " in one]) >= 2
    assert len(rows_of_new) - len(refused) >= len(sqlfiles.answers()) + len(sqlfiles.reporting())
