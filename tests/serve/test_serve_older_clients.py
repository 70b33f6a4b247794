"""Clients that are older than what is supported, and names in another case: what they get is defined."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.warehouse.ask import answer
from tests.installed import installed
from tests.portfolio import Portfolio
from tests.serve.running_server import Server
from tests.simulator.running_simulator import address

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_duckdb_that_cannot_read_the_file_reads_parquet(server: Server, history: Portfolio, tmp_path: Path) -> None:
    """DuckDB 1.4 says that the published file is of a newer version, and reads the same answer as Parquet over HTTP."""
    folder = installed(HERE / "older.txt", "duckdb-1.4-with-httpfs", "duckdb/__init__.py").parents[1]
    done = subprocess.run(
        [sys.executable, HERE / "reading_by_old_duckdb.py", history.published, f"{server.url}{PARQUET}"],
        env=os.environ | {"PYTHONPATH": str(folder), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    version, said, rows = json.loads(done.stdout)
    assert version.startswith("1.4.")
    assert "newer version" in said or "version number" in said
    asked = answer(history.published, "value_chart").dicts()
    assert rows == [[str(row["as_of"]), str(row["value_usd"])] for row in asked]


PARQUET = "/answers/value_chart?format=parquet"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/answers/VALUE_CHART", 404, "near it: value_chart"),
        ("/answers/Value_Chart?ACCOUNT=treasury", 404, "near it: value_chart"),
        ("/answers/value_chart?ACCOUNT=treasury", 400, "near it: account"),
        ("/answers/value_chart?FORMAT=csv", 400, "near it: format"),
        ("/answers/value_chart?format=CSV", 400, "near it: csv"),
        ('/answers/"value_chart"', 404, "near it: value_chart"),
    ],
)
def test_a_name_in_another_case_names_the_right_one(server: Server, path: str, status: int, words: str) -> None:
    """Names of answers, parameters and forms are exact; in upper case or in quotes the error has the right spelling."""
    refused = server.http.get(server.url + path)
    assert refused.status_code == status
    assert words in refused.json()["detail"]


def test_an_address_in_another_case_is_the_same_account(server: Server) -> None:
    """Addresses of EVM chains are taken in any case by every family that names accounts by address."""
    spelled = address("treasury")
    for path in (
        "/portfolio/portfolio/v4/general/current_value?addresses={}",
        "/portfolio/portfolio/v5.0/general/current_value?addresses={}",
        "/api/v2/balances/aggregated-balance?address={}",
    ):
        lower, upper = (
            server.http.get(server.url + path.format(one)).json()
            for one in (spelled.lower(), f"0x{spelled[2:].upper()}")
        )
        for body in (lower, upper):
            body.pop("accounts", None)
        assert lower == upper
