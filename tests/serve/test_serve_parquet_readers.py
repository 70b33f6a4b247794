"""Programs that read Parquet over HTTP read an answer as if it were a file: DuckDB 1.5, pyarrow, polars, curl."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_project.warehouse.ask import answer
from tests.installed import installed
from tests.portfolio import Portfolio
from tests.serve.running_server import Server

HERE = Path(__file__).parent
FILE = "/answers/value_chart?format=parquet"


@pytest.mark.every
def test_readers_of_parquet_read_an_answer(server: Server, history: Portfolio, tmp_path: Path) -> None:
    """DuckDB 1.5 with httpfs, pyarrow through fsspec and polars read the rows of the answer, to the last digit."""
    folder = installed(HERE / "readers.txt", "readers-of-parquet", "polars/__init__.py").parents[1]
    done = subprocess.run(
        [sys.executable, HERE / "reading_parquet.py", server.url + FILE],
        env=os.environ | {"PYTHONPATH": str(folder), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = answer(history.published, "value_chart").dicts()
    wanted = [[str(row["as_of"]), str(row["known_value_usd"])] for row in rows]
    assert json.loads(done.stdout) == {"duckdb": wanted, "pyarrow": wanted, "polars": wanted}


def test_curl_goes_on_where_it_broke_off(server: Server, tmp_path: Path) -> None:
    """A download that broke off is finished by `curl -C -`, and `curl -I` shows what there is."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not here; apt-get install curl")
    whole = server.http.get(server.url + FILE).content
    file = tmp_path / "value.parquet"
    file.write_bytes(whole[:1_000])
    subprocess.run(["curl", "-sS", "-C", "-", "-o", file, server.url + FILE], check=True)
    assert file.read_bytes() == whole
    assert pq.read_table(io.BytesIO(whole)).num_rows > 1
    shown = subprocess.run(["curl", "-sSI", server.url + FILE], check=True, capture_output=True, text=True).stdout
    assert "accept-ranges: bytes" in shown
    assert f"content-length: {len(whole)}" in shown
