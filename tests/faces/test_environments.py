"""Promises of every verb in odd environments: it works or says why in one message, and nothing is torn.

`python -m tests.environments` runs every verb in every environment and writes the table of docs/reliability.md.
"""

import pytest

from dagster_project.faces.cli.main import VERBS
from tests.environments import ARGUMENTS, ENVIRONMENTS, HEAD, PAGE, World, cases, world
from tests.page_table import table_of
from tests.simulator.running_simulator import Simulator

COUNT, SEED = 8, 16
CHOSEN = [
    ("snapshot", "all closed"), ("snapshot", "full device"), ("status", "broken pipe"), ("export", "64 files"),
    ("close", "no UTF-8"), ("rebuild", "not root"), ("snapshot", "read-only folder"), ("verify", "newer store"),
    ("compact", "no TMPDIR"), ("ask", "300 MB of memory"), ("backfill", "1 GB of memory"), ("doctor", "no home"),
    ("page", "1 GB of memory"), ("serve", "clock an hour back"),
]  # fmt: skip
"""One of each kind, whatever the seed draws."""

LOSING_WORDS, SILENT = ("broken pipe", "full device"), ("serve", "simulate", "alert")
"""Environments in which standard output is lost, and verbs that write nothing of consequence to it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> World:
    """Give a portfolio that every run gets a copy of, in a folder that another user can reach."""
    shared_simulator.start_over()
    place = tmp_path_factory.mktemp("environments")
    for folder in (place, *place.parents[:3]):
        if folder.stat().st_uid == place.stat().st_uid and len(folder.parts) > 2:
            folder.chmod(0o755)
    return world(place, shared_simulator.url)


@pytest.mark.every
@pytest.mark.parametrize(("verb", "name"), [*CHOSEN, *(one for one in cases(COUNT, SEED) if one not in CHOSEN)])
def test_a_verb_works_or_says_why(made: World, verb: str, name: str) -> None:
    """In an odd environment a verb works or ends with one message; no file is torn, and nobody sees a traceback."""
    if not ENVIRONMENTS[name].is_possible:
        pytest.skip(f"{ENVIRONMENTS[name].needs} is not here; apt-get install -y {ENVIRONMENTS[name].needs}")
    run = made.run(verb, name)
    assert run.word in ("works", "says why"), run.line
    assert run.torn == ()
    if name in LOSING_WORDS and verb not in SILENT:
        assert run.word == "says why"  # what was done is done, but nobody read what
    if run.word == "says why" and ENVIRONMENTS[name].shell.count("2>&-") == 0:
        assert len([line for line in run.error.splitlines() if line.startswith("portfolio: ")]) == 1, run.error


def test_every_verb_is_tried() -> None:
    """Each verb of the command has its arguments here, so that a new one is tried as well."""
    assert ARGUMENTS.keys() == VERBS.keys()


def test_the_page_has_every_environment() -> None:
    """The page of reliability has a row for each environment, and in no cell a traceback or a torn file."""
    table = table_of(PAGE.read_text(encoding="utf-8"), HEAD)
    rows = table.splitlines()[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [one.words for one in ENVIRONMENTS.values()]
    assert "**" not in table
