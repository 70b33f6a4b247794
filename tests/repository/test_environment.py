"""Promises about what is installed: it is what the lock has, installers included, and anything else is named."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def installed(*more: Path) -> subprocess.CompletedProcess[str]:
    """List what is installed, as `make audit` does, with further folders of packages on the path."""
    environment = {"PYTHONPATH": ":".join(str(one) for one in more)}
    return subprocess.run(
        [sys.executable, ".ci/installed"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_environment_is_what_the_lock_has() -> None:
    """Every distribution of the environment, pip and setuptools too, is the lock's own version."""
    done = installed()
    assert (done.returncode, done.stderr) == (0, "")
    names = {line.partition("==")[0] for line in done.stdout.splitlines()}
    assert {"pip", "setuptools", "duckdb", "dagster"} < names
    assert "portfolio-snapshots" not in names


@pytest.mark.parametrize(("name", "version"), [("setuptools", "65.5.0"), ("Left_Pad", "1.0")])
def test_what_is_not_locked_is_named(tmp_path: Path, name: str, version: str) -> None:
    """An older setuptools, or something that somebody installed by hand, fails the audit by name with the remedy."""
    place = tmp_path / f"{name}-{version}.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    done = installed(tmp_path)
    spelled = name.lower().replace("_", "-")
    assert done.returncode == 1
    assert f"{spelled}=={version} is installed and not locked; run `make clean .venv/.ready`" in done.stderr
    assert f"{spelled}=={version}" in done.stdout.splitlines()
