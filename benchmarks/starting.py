"""How long a verb that only reads takes to start, as a multiple of what it cannot do without."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

RUNS = 9


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Give the seconds of one whole process."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> list[str]:
    """Measure in turn: nothing, the imports, and three verbs."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "portfolio.toml"
        config.write_text(Path("portfolio.toml").read_text(encoding="utf-8"), encoding="utf-8")
        environment = os.environ | {"PORTFOLIO_CONFIG": str(config), "PORTFOLIO_DATA": f"{folder}/data"}
        portfolio = [sys.executable, "-m", "dagster_project.faces.cli.main"]
        subprocess.run([*portfolio, "snapshot"], env=environment, capture_output=True, check=True)
        commands = {
            "pass": [sys.executable, "-c", "pass"],
            "imports": [sys.executable, "-c", "import duckdb, pyarrow"],
            "status": [*portfolio, "status"],
            "ask": [*portfolio, "ask", "current_value"],
            "check": [*portfolio, "check"],
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                found[name].append(seconds(command, environment))
    middle = {name: median(values) for name, values in found.items()}
    bare = middle["pass"] + middle["imports"]
    return [
        f"`portfolio {verb}`: {middle[verb]:.2f} s; `python -c pass` plus `import duckdb, pyarrow` {bare:.2f} s "
        f"| {middle[verb] / bare:.1f} x | under half a second"
        for verb in ("status", "ask", "check")
    ]
