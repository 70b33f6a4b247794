"""A promise held by a command that others wrote: histories whose right answer is known come out right."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.portfolio import PORTFOLIO

CASES = Path(__file__).parents[3] / "shared" / "cases" / "histories"


@pytest.mark.slow
@pytest.mark.skipif(not CASES.is_dir(), reason=f"there is no folder {CASES.name} with histories beside the project")
def test_given_histories_come_out_right(tmp_path: Path) -> None:
    """The command that compares given histories with their right answers finds no figure wrong."""
    command = tmp_path / "portfolio"
    command.write_text(f'#!/bin/sh\nexec {" ".join(PORTFOLIO)} "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    done = subprocess.run(
        [sys.executable, CASES / "check.py", command, CASES / "given.py", "--keep", tmp_path / "kept"],
        cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        text=True, capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 wrong" in done.stdout
