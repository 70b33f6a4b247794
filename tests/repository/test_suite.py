"""Promises of the suite itself: histories that tests start from, the table of durations, Ctrl-C for its children."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cases import few
from tests.durations import slowest
from tests.histories import Histories
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import Simulator, address

ROOT = Path(__file__).parents[2]


@pytest.fixture
def other(portfolio: Portfolio, tmp_path: Path) -> Portfolio:
    """Give a second portfolio in a folder of its own, in front of the same simulator."""
    folder = tmp_path / "other"
    folder.mkdir()
    return Portfolio(folder, portfolio.simulator, histories=portfolio.histories)


def use(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> Portfolio:
    """Let runs in this process be those of a portfolio."""
    for name in ("PORTFOLIO_DATA", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, portfolio.environment[name])
    return portfolio


def instants(portfolio: Portfolio) -> list[object]:
    """Give the instants of the chart."""
    return [row["as_of"] for row in portfolio.answer("value_chart")]


@pytest.mark.parametrize("days", [(0,), (0, 2)])
def test_who_starts_from_the_same_asks_nobody(
    portfolio: Portfolio, other: Portfolio, monkeypatch: pytest.MonkeyPatch, days: tuple[int, ...]
) -> None:
    """A history that was taken before is copied, and goes on as a portfolio of its own that leaves the first alone."""
    first = use(portfolio, monkeypatch).have(*days)
    portfolio.forget_requests()
    assert use(other, monkeypatch).have(*days) == first
    assert other.requests() == []
    assert other.answer("value_chart") == portfolio.answer("value_chart")
    (taken,) = other.take(3)
    assert taken.is_complete
    assert day(3).replace(tzinfo=None) in instants(other)
    assert day(3).replace(tzinfo=None) not in instants(portfolio)


@pytest.mark.parametrize("label", ["cold", "treasury"])
def test_who_starts_from_something_else_asks(
    portfolio: Portfolio, other: Portfolio, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    """Other settings, or a fault that stands, make another history."""
    use(portfolio, monkeypatch).have(0)
    other.accounts = tuple(one for one in other.accounts if one != label)
    use(other, monkeypatch).have(0)
    other.simulator.order("forbidden", account=address("grants"))
    other.have(1)
    assert [row["cells"] for row in other.answer("value_chart")] == [4, 4]
    assert [row["missing_cells"] for row in other.answer("value_chart")] == [0, 1]


def test_what_a_test_did_itself_is_kept(
    portfolio: Portfolio, other: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a test took, or changed by hand, is never replaced by a copy."""
    use(other, monkeypatch).have(0)
    other.have(1)
    use(portfolio, monkeypatch).have(0)
    portfolio.change_store("create table mine (number integer)")
    portfolio.have(1)
    assert portfolio.query("select count(*) from mine").rows == [(0,)]
    portfolio.take(3)
    portfolio.have(2)
    assert len(instants(portfolio)) == 4


def test_a_fault_that_ends_by_itself_is_always_met(shared_simulator: Simulator, tmp_path: Path) -> None:
    """A fault for some requests only is met by each test that orders it, as its requests are counted."""
    shared_simulator.order("forbidden", account=address("cold"), times=1)
    try:
        portfolio = Portfolio(tmp_path, shared_simulator, histories=Histories(tmp_path / "none"))
        with pytest.MonkeyPatch.context() as patched:
            (taken,) = use(portfolio, patched).have(0)
        assert not taken.is_complete
        assert not (tmp_path / "none").exists()
    finally:
        shared_simulator.clear_faults()


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
