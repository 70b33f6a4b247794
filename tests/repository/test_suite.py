"""Promises of the suite itself: what each target runs, its table of durations, and Ctrl-C for its children."""

import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.durations import slowest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("longest", "seconds"), [("tests/b.py", (1.0, 2.5)), ("tests/a.py", (4.0, 0.5))])
def test_the_slowest_files_are_told(longest: str, seconds: tuple[float, float]) -> None:
    """A file's seconds are those of set-up, call and teardown of all of its tests, and the longest stands first."""
    spent = [("tests/a.py", seconds[0]), ("tests/b.py", seconds[1]), ("tests/b.py", 0.25)]
    reports = [
        pytest.TestReport(f"{file}::test_{number}", (file, 1, "test"), {}, "passed", None, "call", duration=duration)
        for number, (file, duration) in enumerate(spent)
    ]
    assert slowest(reports)[0] == (longest, max(seconds[0], seconds[1] + 0.25))


def test_a_child_can_be_interrupted() -> None:
    """A process that a test starts ends by SIGINT."""
    child = subprocess.Popen([sys.executable, "-c", "import signal, sys; print(flush=True); signal.pause()"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        try:
            assert child.wait(timeout=60) != 0
        finally:
            child.kill()


@pytest.mark.slow
@pytest.mark.parametrize("ignores", ["trap '' INT", "trap '' INT HUP"])
def test_a_suite_in_the_background_interrupts_its_children(ignores: str) -> None:
    """Where SIGINT is ignored, as in the background of a script or under nohup, processes of tests end by it too."""
    tests = "tests/repository/test_suite.py::test_a_child_can_be_interrupted"
    command = f"{ignores}; exec {shlex.quote(sys.executable)} -m pytest -q {tests}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        (
            "quick",
            ["ruff check .", "mypy", '-m "not slow" tests/imports tests/normalise tests/repository tests/settings'],
        ),
        ("test", ['--dist worksteal -m "not slow"\n']),
        ("check", ["ruff check .", "ruff format --check .", "mypy", '--dist worksteal -m "not every"\n']),
        ("every", ["--dist worksteal\n"]),
    ],
)
def test_each_target_runs_what_it_says(target: str, commands: list[str]) -> None:
    """`make quick` and `make check` lint and check types; `make test` leaves slow ones out, `make every` none."""
    planned = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [command for command in commands if command not in planned] == []
    assert f"make {target}: " in planned  # how long it took


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "asked_for", "cases", "mark"),
    [
        ("snapshot", "not slow", ["a", "b"], ""),
        ("snapshot", "slow", ["c", "d"], ""),
        ("normalise", "not slow", list("abcd"), ""),
        ("snapshot", "not every", ["a", "b"], "slow"),
        ("snapshot", "every", ["c", "d"], "slow"),
        ("serve", "not every", list("abcd"), "slow"),
        ("serve", "not slow", [], "every"),
    ],
)
def test_the_first_two_cases_are_taken_and_none_is_lost(
    tmp_path: Path, room: str, asked_for: str, cases: list[str], mark: str
) -> None:
    """Where tests take snapshots, a test's cases behind the first two wait for the next target; elsewhere none does."""
    shutil.copy(ROOT / "tests" / "cases.py", tmp_path / "cases.py")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["cases"]\n', encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n slow\n every\npythonpath = .\n", encoding="utf-8")
    (tmp_path / room).mkdir()
    marked = f"pytestmark = pytest.mark.{mark}\n\n" if mark else ""
    test = f"import pytest\n\n{marked}@pytest.mark.parametrize('case', 'abcd')\ndef test_one(case):\n    pass\n"
    (tmp_path / room / "test_one.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", asked_for]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if "::" in line]
    assert found == [f"{room}/test_one.py::test_one[{case}]" for case in cases]
