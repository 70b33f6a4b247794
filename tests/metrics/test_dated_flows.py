"""Promises of flows with a date alone: they lie in the last step of their day, unless exactly one step matches.

Every account moves on 2 May 2026; the file knows the day.
"""

from pathlib import Path

import pytest

from dagster_project.warehouse import derive
from tests.metrics.flow_files import INSTANTS, Case, expected, import_flows, parts, watched_in
from tests.snapshot.answering import Provider, Watched, provider

__all__ = ["provider"]

pytestmark = pytest.mark.slow

CASES = {
    "matched": Case({0: 1000, 6: 1400, 8: 1450}, (("2026-05-02", 400, "deposit"),), {6: 400}, {8: 50}),
    "matched_up_to_a_percent": Case({0: 1000, 6: 1403}, (("2026-05-02", 400, "deposit"),), {6: 400}, {6: 3}),
    "unmatched": Case({0: 1000, 6: 1400}, (("2026-05-02", 300, "deposit"),), {8: 300}, {6: 400, 8: -300}),
    "matched_twice": Case(
        {0: 1000, 5: 1400, 7: 1800}, (("2026-05-02", 400, "deposit"),), {8: 400}, {5: 400, 7: 400, 8: -400}
    ),
    "the_other_way": Case({0: 1000, 6: 600}, (("2026-05-02", 400, "withdrawal"),), {6: -400}),
    "not_by_its_sign": Case({0: 1000, 6: 600}, (("2026-05-02", 400, "deposit"),), {8: 400}, {6: -400, 8: -400}),
    "another_day": Case({0: 1000, 4: 1400}, (("2026-05-02", 400, "deposit"),), {8: 400}, {4: 400, 8: -400}),
    "two_of_a_day": Case(
        {0: 1000, 5: 1400, 7: 1500},
        (("2026-05-02", 400, "deposit"), ("2026-05-02", 100, "deposit")),
        {5: 400, 7: 100},
    ),
    "with_its_time": Case({0: 1000, 6: 1400}, (("2026-05-02T10:00", 400, "deposit"),), {6: 400}),
    "matched_in_one_part": Case(
        {0: 1000, 5: 1400, 6: 1600, 7: 1800}, (("2026-05-02", 400, "deposit"),), {5: 400}, {6: 200, 7: 200}
    ),
    "within": Case({0: 1000, 6: 1700}, (("2026-05-02", 700, "internal"),), {6: 700}),
}


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give the accounts of the cases."""
    return watched_in(tmp_path, monkeypatch, provider, CASES)


@pytest.mark.parametrize("at_once", [60, 1, 3])
def test_a_flow_with_a_date_alone_lies_in_the_right_step(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """The one step of its day that matches has it, else the last of the day, in however many parts steps are made."""
    monkeypatch.setattr(derive, "AT_ONCE", at_once)
    watched.take_at(*INSTANTS)
    import_flows(watched, CASES)
    assert parts(watched, CASES) == expected(CASES)


@pytest.mark.every
def test_an_instant_that_comes_later_moves_the_flow(watched: Watched) -> None:
    """Instants of a day that are taken after the file came in give what a history taken in order gives."""
    watched.take_at(*INSTANTS[::4], INSTANTS[5])
    import_flows(watched, CASES)
    watched.take_at(INSTANTS[6], INSTANTS[7])
    assert parts(watched, CASES) == expected(CASES)
    watched.take_at(*INSTANTS[1:4], *INSTANTS[9:12])
    assert parts(watched, CASES) == expected(CASES)
