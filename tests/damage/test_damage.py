"""Promises about damaged files: one message names file, cause and remedy, and the remedy works.

A sample of the cases that `python -m tests.damage` tries; each is another class of damage or another verb.
"""

from collections.abc import Iterator

import pytest

from tests.damage.damages import DAMAGES, Damage
from tests.damage.following import Way
from tests.damage.trying import Bench, bench, drawn
from tests.injection.ground import verbs
from tests.injection.server import commands
from tests.simulator.running_simulator import Simulator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Iterator[Bench]:
    """Give the histories that cases of this module begin from."""
    shared_simulator.start_over()
    with commands() as running:
        yield bench(tmp_path_factory.mktemp("damage"), shared_simulator, running)


def one(name: str) -> Damage:
    """Give a class of damage by its name."""
    return next(damage for damage in DAMAGES if damage.name == name)


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("store: flipped in the main header", "snapshot"),
        ("store: cut in the headers", "compact"),
        ("store: an SQLite file", "rebuild"),
        ("log: flipped", "rebuild"),
        ("log: stale", "snapshot"),
        ("log: foreign", "close"),
        ("published: a page zeroed", "check"),
        ("published: of another program", "status"),
        ("closing: flipped", "verify"),
        ("journal: a line lost", "verify"),
    ],
)
def test_a_damaged_file_is_named_and_its_remedy_works(made: Bench, name: str, verb: str) -> None:
    """Who does what the message says has the history of before, and the verb goes on."""
    tried = made.run(one(name), verb, seed=1)
    assert tried.broken == ()
    assert tried.way in (Way.FINE, Way.NAMED)


@pytest.mark.every
def test_a_damaged_stream_costs_no_other_rows(made: Bench) -> None:
    """A rebuild steps over a damaged stream and names it; put back from a backup, all of it is there again."""
    for name in ("raw: flipped", "raw: garbage"):
        tried = made.run(one(name), "rebuild", seed=2)
        assert (tried.way, tried.broken, tried.steps[:1]) == (Way.NAMED, (), ("backup",))


def test_every_verb_and_class_is_in_the_table() -> None:
    """The table draws from every verb of the command line and, in some rounds, every class of damage."""
    found = list(drawn(4, 1))
    assert {verb for _, verb, _ in found} == set(verbs())
    assert {damage.name for damage, _, _ in found} == {damage.name for damage in DAMAGES}
