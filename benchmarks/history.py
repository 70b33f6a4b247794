"""400 simulated days of five wallets in one backfill run: by the command, and through Dagster in one process."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAYS = 400
SETTINGS = Path("portfolio.toml")


def timed(command: list[str], folder: str) -> float:
    """Run a command on a portfolio of its own and give the seconds of the whole process."""
    config = Path(folder) / "portfolio.toml"
    text = SETTINGS.read_text(encoding="utf-8").replace("2025-10-01", "2025-10-17").replace("2026-02-17", "2026-02-16")
    config.write_text(text, encoding="utf-8")
    environment = os.environ | {"PORTFOLIO_CONFIG": str(config), "PORTFOLIO_DATA": f"{folder}/data"}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):  # 3: the planted outage leaves the history partial
        raise RuntimeError(done.stderr[-500:])
    return time.perf_counter() - started


def main() -> list[str]:
    """Measure both, whole processes, simulator and set-up of the store included."""
    lines = []
    until = ["--until", "2026-11-20"]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dagster_project.faces.cli.main", "backfill", *until]
        by_command = timed(command, folder)
        page = timed([sys.executable, "-m", "dagster_project.faces.cli.main", "page"], folder)
    each = f"{by_command / DAYS * 1000:.0f} ms a day"
    lines.append(f"{DAYS} days of 5 wallets by `portfolio backfill`: {by_command:.1f} s | {each} | ")
    lines.append(
        f"the page of these days by `portfolio page`: {page:.1f} s | {page / by_command:.2f} x the backfill | "
    )
    with tempfile.TemporaryDirectory() as folder:
        through = timed([sys.executable, "-m", "dagster_project.orchestration", "run"], folder)
    lines.append(f"the same through Dagster in one run: {through:.1f} s | {through / by_command:.1f} x the command | ")
    return lines
