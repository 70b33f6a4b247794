"""Give what a benchmark needs beside it: settings, the local server, and another environment for a peer.

Nothing is measured here.
"""

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.settings.load import Settings, load
from dagster_project.settings.paths import Paths

PEERS = Path(".venv-bench")
PEER_PACKAGES = ("dlt[duckdb]>=1.20", "duckdb>=2.0,<2.1", "pyarrow>=26,<27", "requests")


@contextmanager
def server(latency: float, timestamp: int) -> Iterator[int]:
    """Serve the answers after `latency` seconds each, true for `timestamp`; gives the port."""
    command = [sys.executable, "-m", "benchmarks.server", str(latency), str(timestamp)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.kill()


def peer_python() -> Path:
    """Give the Python of dlt's own environment, made when it is not there yet."""
    python = PEERS / "bin" / "python"
    if not (PEERS / ".ready").exists():
        sys.stdout.write("setting up dlt in an environment of its own ...\n")
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
        (PEERS / ".ready").touch()
    return python


def ratio(mine: float, other: float) -> str:
    """Write how many times faster `mine` is than `other`."""
    return f"{other / mine:.1f} x"


def settings_of(config: Path) -> Settings:
    """Read settings whose data lie beside them, whatever PORTFOLIO_DATA says: a benchmark touches nobody's history."""
    settings = load(datetime.now(UTC), config)
    return replace(settings, paths=Paths(config.parent / "data" / settings.mode))
