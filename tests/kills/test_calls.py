"""Promises about kill -9 at system calls: a second run goes on to the right end, nothing is torn, nothing is lost.

A sample of what `python -m tests.kills` does; the acts are every verb of the command line.
"""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.injection.calls import How
from tests.injection.ground import made, verbs
from tests.injection.server import Injected, commands
from tests.kills.acts import Act, acts
from tests.kills.at_calls import Field, Injection, chosen, failing
from tests.simulator.running_simulator import Simulator

pytestmark = pytest.mark.slow

STAY = {"serve", "simulate"}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Iterator[Field]:
    """Give the field of this module."""
    shared_simulator.start_over()
    folder = tmp_path_factory.mktemp("calls")
    with commands() as running:
        yield Field(folder, made(folder / "rest", shared_simulator, running))


def act(name: str) -> Act:
    """Give an act by its name."""
    return next(one for one in acts() if one.name == name)


@pytest.mark.parametrize("name", ["compact", "import a history", "page"])
def test_a_verb_killed_at_a_call_goes_on(field: Field, name: str) -> None:
    """Killed at a call that the seed chooses, or with that call failing, the verb ends right when it is run again."""
    kills = list(chosen(field.calls_of(act(name)), act(name), count=1, seed=5))
    for injection in [*kills, *failing(kills, seed=5)]:
        assert field.run(injection).broken == ()


@pytest.mark.every
def test_an_import_killed_before_it_published_is_finished(field: Field) -> None:
    """An import that was killed once its store was in place is finished by the same command, which gives no advice."""
    bring = act("import a history")
    calls = field.calls_of(bring)
    placed = next(n for n, one in enumerate(calls, 1) if (one.name, one.path.name) == ("rename", "store.duckdb"))
    published = next(n for n, one in enumerate(calls, 1) if (one.name, one.path.name) == ("rename", "portfolio.duckdb"))
    for number in (placed + 1, published):
        kills = [one for one in chosen(calls, bring, count=0, seed=1) if one.injected.number == number]
        assert field.run(kills[0]).broken == ()


@pytest.mark.every
@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO])
def test_a_store_that_was_not_closed_whole_is_not_compacted(field: Field, error: int) -> None:
    """Where the end of the store cannot be cut once, its log stays its own, and the next compact goes on."""
    compact = act("compact")
    calls = field.calls_of(compact)
    cut = next(n for n, one in enumerate(calls, 1) if (one.name, one.path.name) == ("cut", "store.duckdb"))
    assert field.run(Injection(compact, calls[cut - 1], Injected(How.FAIL_ONCE, cut, error))).broken == ()


def test_the_calls_that_are_counted_change_files(field: Field) -> None:
    """Renaming, writing and bringing to the disk are counted where they are done, and nothing is where only is read."""
    page = field.calls_of(act("page"))
    assert [one.name for one in page if one.path.name == "report.html"] == ["rename"]
    assert {"create", "write", "fsync"} <= {one.name for one in page}
    assert field.calls_of(act("status")) == []


def test_a_kill_is_a_kill(field: Field) -> None:
    """SIGKILL ends the process at the chosen system call; no later call is made."""
    portfolio = field.ground.copy(field.folder / "killed-page")
    report = Path(portfolio.published).with_name("report.html")
    before = report.read_bytes()
    ended = field.ground.call(portfolio, ("page",), Injected(How.KILL_BEFORE, 1))
    assert (ended.code, len(ended.calls)) == (-9, 1)
    assert report.read_bytes() == before


def test_every_verb_is_an_act() -> None:
    """A new verb of the command line is killed without anybody adding it."""
    assert set(verbs()) - STAY <= {one.name for one in acts()}
