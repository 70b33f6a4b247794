"""Ask questions of a file by whatever DuckDB is on the path: python asking.py FILE QUESTIONS.

`QUESTIONS` is a JSON file of statements. Each line of the output is a JSON list: the statement, its columns and types,
and its rows as text, or the first line of an error.
"""

import json
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Ask them all through one connection that only reads."""
    _, file, questions = sys.argv
    sys.stderr.write(duckdb.__version__)
    with duckdb.connect(file, read_only=True) as connection:
        for statement in json.loads(Path(questions).read_text(encoding="utf-8")):
            try:
                found = connection.execute(statement)
                columns = [[str(name), str(kind)] for name, kind, *_ in found.description]
                rows = [[str(value) for value in row] for row in found.fetchall()]
                line = [statement, columns, rows]
            except duckdb.Error as error:
                line = [statement, [], str(error).splitlines()[0]]
            sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
