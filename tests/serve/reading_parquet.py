"""Read a Parquet file over HTTP by DuckDB, pyarrow and polars: python reading_parquet.py URL, in their environment.

Writes JSON: by reader, the rows of two columns as text. What is expected of them stands in the test that starts this.
"""

import json
import sys
from importlib import resources

import duckdb
import fsspec  # type: ignore[import-untyped] # it ships no types
import polars as pl  # type: ignore[import-not-found] # in an environment of its own, see the test
import pyarrow.parquet as pq


def main() -> None:
    """Read it by each of them, the polars way with a scan, which asks for the parts that it needs."""
    url = sys.argv[1]
    found: dict[str, list[list[str]]] = {}
    folder = resources.files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
    with duckdb.connect() as connection:
        connection.execute(f"load '{folder / 'httpfs.duckdb_extension'}'")
        rows = connection.execute(f"select as_of, known_value_usd from read_parquet('{url}')").fetchall()
    found["duckdb"] = [[str(value) for value in row] for row in rows]
    with fsspec.open(url, "rb", block_size=1_024) as file:
        table = pq.read_table(file, columns=["as_of", "known_value_usd"])
    found["pyarrow"] = [[str(value) for value in row.values()] for row in table.to_pylist()]
    frame = pl.scan_parquet(url).select("as_of", "known_value_usd").collect()
    found["polars"] = [[str(value) for value in row] for row in frame.rows()]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
