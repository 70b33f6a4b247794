"""What an old DuckDB reads: python reading_by_old_duckdb.py FILE URL, in an environment of its own.

Writes JSON: what it says when it opens the published file, and the rows of the Parquet file at the URL as text. What is
expected of both stands in the test that starts this.
"""

import json
import sys
from importlib import resources

import duckdb


def main() -> None:
    """Try both."""
    file, url = sys.argv[1:]
    try:
        duckdb.connect(file, read_only=True).close()
        said = None
    except duckdb.Error as error:
        said = str(error)
    folder = resources.files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
    with duckdb.connect() as connection:
        connection.execute(f"load '{folder / 'httpfs.duckdb_extension'}'")
        rows = connection.execute(f"select as_of, value_usd from read_parquet('{url}')").fetchall()
    json.dump([duckdb.__version__, said, [[str(value) for value in row] for row in rows]], sys.stdout)


if __name__ == "__main__":
    main()
