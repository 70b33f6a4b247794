"""Another DuckDB client, in its own process: it opens a file for writing and runs the statements that it is sent.

    python -m tests.warehouse.other_client <file>

Each line of standard input is a statement; `close` closes and `end` ends without closing. It answers each by a line.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb


class Client:
    """A running client."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Talk to `process`."""
        self._process = process

    def run(self, statement: str) -> None:
        """Let it run a statement, or close."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(statement, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer == "done\n", answer

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def client_of(file: Path) -> Iterator[Client]:
    """Let a client open the file to write; it is killed at the end if it still lives."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        client = Client(process)
        try:
            client.run("select 1")
            yield client
        finally:
            process.kill()


def main(file: Path) -> None:
    """Open the file as every client does by default, and do what is told."""
    connection = duckdb.connect(file)
    for line in sys.stdin:
        try:
            if line.strip() == "close":
                connection.close()
            else:
                connection.execute(line)
        except duckdb.Error as error:
            print(" ".join(str(error).split()), flush=True)  # noqa: T201 - the starter reads this
        else:
            print("done", flush=True)  # noqa: T201 - likewise


if __name__ == "__main__":
    main(Path(sys.argv[1]))
