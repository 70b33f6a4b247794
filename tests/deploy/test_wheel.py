"""Promises of the wheel: installed by uv, in an empty folder and an empty home, it does all that a checkout does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.test_code_server import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
UV = str(Path(sys.executable).with_name("uv"))
SOON = 600
"""Seconds until something that serves answers; a few where nobody shares the machine."""

NO_REGISTRY = ("dns error", "error sending request", "Could not connect", "Connection refused", "timed out")
LOADED = "{workspaceOrError{... on Workspace{locationEntries{name locationOrLoadError{__typename}}}}}"


@dataclass(frozen=True)
class Installed:
    """Where the wheel is installed, and an empty folder in which its commands are typed."""

    bin: Path
    folder: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of this process but a language: a home of its own, and the installed commands on the path."""
        return {"HOME": str(self.home), "PATH": f"{self.bin}:/usr/bin:/bin", "LANG": "C.UTF-8"}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        program = [str(self.bin / command[0]), *command[1:]]
        done = subprocess.run(
            program, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @contextmanager
    def serving(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command that serves, and end it by Ctrl-C."""
        program = [str(self.bin / command[0]), *command[1:]]
        with subprocess.Popen(
            program, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=SOON)
                finally:
                    process.kill()


def when_there(process: subprocess.Popen[bytes], method: str, url: str, **question: object) -> httpx.Response:
    """Ask until somebody answers."""
    end = time.monotonic() + SOON
    while True:
        try:
            return httpx.request(method, url, timeout=60, trust_env=False, **question)  # type: ignore[arg-type] # json alone
        except httpx.HTTPError:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < end, f"nobody answers at {url}"
            time.sleep(0.5)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this tree."""
    out = tmp_path_factory.mktemp("wheel")
    build = [
        UV,
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "-o",
        str(out),
        str(ROOT),
    ]
    subprocess.run(build, check=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Install it with `uv tool install`, with the locked versions, where nothing of this tree is."""
    place = tmp_path_factory.mktemp("installed")
    folder, home = place / "my folder", place / "home"
    folder.mkdir()
    home.mkdir()
    own = {"UV_TOOL_DIR": str(place / "tools"), "UV_TOOL_BIN_DIR": str(place / "bin")}
    command = [UV, "tool", "install", "--constraints", str(ROOT / "requirements.lock")]
    command += ["--python", sys.executable, str(wheel)]
    done = subprocess.run(command, env=os.environ | own, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode and any(words in done.stderr for words in NO_REGISTRY):
        pytest.skip("no package registry is reached; with one: uv tool install of the wheel")
    assert done.returncode == 0, done.stderr
    yield Installed(place / "bin", folder, home)
    shutil.rmtree(place)


def test_the_wheel_holds_everything(wheel: Path) -> None:
    """Each file of the package and each SQL file is in the wheel, with Dagster's configuration and both commands."""
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "dagster_project", "sql"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    there = [path.relative_to(ROOT).as_posix() for top in ("dagster_project", "sql") for path in (ROOT / top).rglob("*")
             if path.is_file() and "__pycache__" not in path.parts]  # fmt: skip
    names = tracked.stdout.split() if tracked.returncode == 0 else there
    with zipfile.ZipFile(wheel) as file:
        held = set(file.namelist())
        (points,) = (name for name in held if name.endswith("entry_points.txt"))
        commands = file.read(points).decode()
    expected = {f"dagster_project/{name}" if name.startswith("sql/") else name for name in names}
    expected |= {f"dagster_project/{name}" for name in ("dagster.yaml", "workspace.yaml", "portfolio.toml")}
    assert len(expected) > 400
    assert expected - held == set()
    assert "portfolio = " in commands
    assert "portfolio-dagster = " in commands


def test_the_wheel_takes_a_history_from_an_empty_folder(installed: Installed) -> None:
    """Init, doctor, snapshot, status, ask, page and serve work, and what they write lies in the folder and the home."""
    said = installed.run("portfolio", "init", "--simulated").stdout
    assert str(installed.folder / "data" / "simulated") in said
    levels = {one["level"] for one in json.loads(installed.run("portfolio", "doctor", "--format", "json").stdout)}
    assert "FAIL" not in levels
    assert "0 partial" in installed.run("portfolio", "snapshot").stdout
    assert "(SIMULATED history)" in installed.run("portfolio", "page").stdout
    status = json.loads(installed.run("portfolio", "status", "--format", "json").stdout)
    assert (status["mode"], status["instants"], status["complete_instants"]) == ("simulated", 1, 1)
    (chart,) = json.loads(installed.run("portfolio", "ask", "value_chart", "--format", "json").stdout)
    assert chart["value_usd"] == status["last"]["value_usd"]
    port = free_port()
    with installed.serving("portfolio", "serve", "--port", str(port)) as process:
        page = when_there(process, "GET", f"http://127.0.0.1:{port}/")
        assert (page.status_code, "Simulated history." in page.text) == (200, True)
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert {path.name for path in installed.folder.iterdir()} - {".env"} == {"portfolio.toml", "data"}
    assert {path.name for path in (installed.folder / "data").iterdir()} == {"simulated"}


@pytest.mark.every
def test_the_wheel_starts_dagster_in_any_folder(installed: Installed) -> None:
    """`portfolio-dagster ui` serves the UI with the code location of this folder, and reads no `.env` of it."""
    if not (installed.folder / "portfolio.toml").exists():
        installed.run("portfolio", "init", "--simulated")
    (installed.folder / ".env").write_text("PORTFOLIO_CONFIG=/nowhere/portfolio.toml\n", encoding="utf-8")
    port = free_port()
    with installed.serving("portfolio-dagster", "ui", "--", "--port", str(port)) as process:
        url = f"http://127.0.0.1:{port}/graphql"
        entries: list[dict[str, object]] = []
        end = time.monotonic() + SOON
        while not entries and time.monotonic() < end:
            found = when_there(process, "POST", url, json={"query": LOADED}).json()
            entries = found["data"]["workspaceOrError"].get("locationEntries", [])
        assert entries == [{"name": "portfolio_snapshots", "locationOrLoadError": {"__typename": "RepositoryLocation"}}]
    home = installed.folder / "data" / "simulated" / "dagster"
    assert {"dagster.yaml", "workspace.yaml"} < {path.name for path in home.iterdir()}


@pytest.mark.every
def test_a_named_file_of_variables_is_read(installed: Installed) -> None:
    """`portfolio-dagster --env-file` takes the settings that the file names, from a folder that has none."""
    other = installed.folder.parent / "other"
    (other / "empty").mkdir(parents=True)
    shutil.copy(ROOT / "portfolio.toml", other)
    named = installed.folder.parent / "named"
    named.write_text(f"PORTFOLIO_CONFIG='{other / 'portfolio.toml'}'\n", encoding="utf-8")
    there = Installed(installed.bin, other / "empty", installed.home)
    said = there.run("portfolio-dagster", "--env-file", str(named), "home").stdout
    assert said == f"{other / 'data' / 'simulated' / 'dagster'}\n"
    assert list(there.folder.iterdir()) == []
