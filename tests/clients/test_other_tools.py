"""Promises to tools that people point at the published file: SQLAlchemy reflects it, dbt builds on it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.warehouse import sqlfiles
from tests.installed import installed

HERE = Path(__file__).parent
REFLECTS = """
import json, sys, sqlalchemy
engine = sqlalchemy.create_engine(f"duckdb:///{sys.argv[1]}", connect_args={"read_only": True})
views = sqlalchemy.inspect(engine).get_view_names(schema="reporting")
tables = [sqlalchemy.Table(name, sqlalchemy.MetaData(), schema="reporting", autoload_with=engine) for name in views]
(worth,) = (table for table in tables if table.name == "portfolio_value")
with engine.connect() as connection:
    found = connection.execute(sqlalchemy.select(worth.c.value_usd).order_by(worth.c.as_of))
    values = [str(value) for (value,) in found]
print(json.dumps([{table.name: [column.name for column in table.columns] for table in tables}, values]))
"""
PROFILE = """
portfolio:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: {made}
      attach:
        - path: {published}
          alias: p
          read_only: true
"""
PROJECT = "name: portfolio\nversion: '1.0'\nprofile: portfolio\nflags:\n  send_anonymous_usage_stats: false\n"
SOURCES = """
sources:
  - name: reporting
    database: p
    tables:
      - name: fact_value
      - name: dim_instant
"""
MODEL = """
{{ config(materialized='table') }}
select instant.day, sum(fact.value_usd) as value_usd
from {{ source('reporting', 'fact_value') }} as fact
join {{ source('reporting', 'dim_instant') }} as instant using (as_of)
where fact.is_in_total and instant.is_last_of_day
group by instant.day
"""
EXCEL = """
import datetime, json, sys
import openpyxl
from dagster_project.faces.frames import History
frame = History(sys.argv[1]).answer("value_chart")
frame = frame.assign(as_of=frame["as_of"].dt.tz_localize(None))
frame = frame.assign(last_complete_as_of=frame["last_complete_as_of"].dt.tz_localize(None))
frame.to_excel(sys.argv[2], index=False)
head, *rows = openpyxl.load_workbook(sys.argv[2]).active.iter_rows(values_only=True)
found = [dict(zip(head, row)) for row in rows]
assert all(type(row["as_of"]) is datetime.datetime for row in found)
print(json.dumps([[row["as_of"].isoformat(), row["known_value_usd"], row["reason"]] for row in found]))
"""


def run(folder: Path, *command: str, at: Path) -> str:
    """Run Python with what is installed in a folder on its path, in another; give what it writes."""
    environment = os.environ | {"PYTHONPATH": str(folder), "HOME": str(at)}
    done = subprocess.run(
        [sys.executable, *command], env=environment, cwd=at, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_sqlalchemy_reflects_the_plain_schema(published: Path, tmp_path: Path) -> None:
    """SQLAlchemy finds every plain view with its columns, and reads the values that the chart has."""
    folder = installed(HERE / "sqlalchemy.txt", "sqlalchemy-for-duckdb", "sqlalchemy/__init__.py").parents[1]
    reflected, values = json.loads(run(folder, "-c", REFLECTS, str(published), at=tmp_path))
    assert reflected == {file.name: list(file.columns) for file in sqlfiles.reporting()}
    with duckdb.connect(published, read_only=True) as connection:
        chart = connection.execute("select value_usd from value_chart() order by as_of").fetchall()
    assert values == [str(value) for (value,) in chart]


@pytest.mark.slow
def test_dbt_builds_a_model_on_the_plain_schema(published: Path, tmp_path: Path) -> None:
    """A dbt model over an attached file has the value of each day's last complete instant."""
    folder = installed(HERE / "dbt.txt", "dbt-for-duckdb", "dbt/cli/main.py").parents[2]
    made = tmp_path / "made.duckdb"
    (tmp_path / "models").mkdir()
    (tmp_path / "profiles.yml").write_text(PROFILE.format(made=made, published=published), encoding="utf-8")
    (tmp_path / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "models" / "sources.yml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "models" / "daily_value.sql").write_text(MODEL, encoding="utf-8")
    run(folder, "-m", "dbt.cli.main", "build", "--profiles-dir", str(tmp_path), at=tmp_path)
    code = "import duckdb, sys; print(duckdb.connect(sys.argv[1]).execute('from daily_value order by 1').fetchall())"
    built = run(folder, "-c", code, str(made), at=tmp_path)
    with duckdb.connect(published, read_only=True) as connection:
        chart = connection.execute(
            "select as_of::date, value_usd from value_chart() where value_usd is not null order by as_of"
        ).fetchall()
    assert built.strip() == repr(chart)


@pytest.mark.slow
def test_excel_gets_instants_and_numbers(published: Path, tmp_path: Path) -> None:
    """What docs/connect.md writes for Excel gives a workbook with instants as dates and values as numbers."""
    folder = installed(HERE / "excel.txt", "openpyxl-for-pandas", "openpyxl/__init__.py").parents[1]
    written = json.loads(run(folder, "-c", EXCEL, str(published), str(tmp_path / "chart.xlsx"), at=tmp_path))
    with duckdb.connect(published, read_only=True) as connection:
        chart = connection.execute("select as_of, known_value_usd, reason from value_chart() order by as_of").fetchall()
    assert written == [[at.isoformat(), None if value is None else float(value), why] for at, value, why in chart]
    assert len(written) == 3
