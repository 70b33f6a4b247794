"""Promises of the suite itself: what each target runs, its table of durations, and Ctrl-C for its children."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cases import few
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
        ("check", ["ruff check .", "ruff format --check .", "mypy", "--dist worksteal\n"]),
    ],
)
def test_each_target_runs_what_it_says(target: str, commands: list[str]) -> None:
    """`make quick` and `make check` lint and check types; `make check` leaves no test out, `make test` slow ones."""
    planned = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [command for command in commands if command not in planned] == []
    assert f"make {target}: " in planned  # how long it took


@pytest.mark.parametrize(("cases", "first", "slow"), [("abcde", 3, "de"), ([(1, 2), (3, 4)], 1, [(3, 4)])])
def test_a_few_cases_are_taken_and_none_is_lost(cases: Sequence[object], first: int, slow: Sequence[object]) -> None:
    """Of a test with many cases all are there, and those behind the first few are slow."""
    given = few(cases, first)
    assert given[:first] == list(cases[:first])
    marked = [(one.values if len(one.values) > 1 else one.values[0], one.marks[0].name) for one in given[first:]]
    assert marked == [(one, "slow") for one in slow]
