"""Promises of moves between own accounts: one line is enough, and what is on its way at an instant is no income.

Each story has a sender and a receiver; the file knows all that moved in both. Stories differ in their amounts.
"""

from pathlib import Path

import pytest

from tests.metrics.flow_files import INSTANTS, Case, expected, import_flows, parts, watched_in
from tests.snapshot.answering import Provider, Watched, provider

__all__ = ["provider"]

pytestmark = pytest.mark.slow

CASES = {
    # both in one step, the sender's line alone
    "sends_100": Case({0: 1000, 5: 900}, (("2026-05-02T03:00", 100, "internal"),), {5: -100}),
    "receives_100": Case({0: 1000, 5: 1100}, (), {5: 100}),
    # the receiver's line alone
    "sends_210": Case({0: 1000, 5: 790}, (), {5: -210}),
    "receives_210": Case({0: 1000, 5: 1210}, (("2026-05-02T03:00", 210, "internal"),), {5: 210}),
    # on its way at two instants
    "sends_320": Case({0: 1000, 5: 680}, (("2026-05-02T03:00", 320, "internal"),), {5: -320}),
    "receives_320": Case({0: 1000, 8: 1320}, (), {8: 320}),
    # the day alone is known
    "sends_430": Case({0: 1000, 6: 570}, (("2026-05-02", 430, "internal"),), {6: -430}),
    "receives_430": Case({0: 1000, 9: 1430}, (), {9: 430}),
    # a bridge kept half a percent
    "sends_500": Case({0: 1000, 5: 500}, (("2026-05-02T03:00", 500, "internal"),), {5: -500}),
    "receives_497_5": Case({0: 1000, 7: 1497.5}, (), {7: 497.5}),
    # both lines are there
    "sends_640": Case({0: 1000, 5: 360}, (("2026-05-02T03:00", 640, "internal"),), {5: -640}),
    "receives_640": Case({0: 1000, 8: 1640}, (("2026-05-02T20:00", 640, "internal"),), {8: 640}),
    # another sum came in: nobody names it, so that it was earned
    "sends_750": Case({0: 1000, 5: 250}, (("2026-05-02T03:00", 750, "internal"),), {5: -750}),
    "earns_733": Case({0: 1000, 7: 1733}, (), {}, {7: 733}),
    # the same sum came in, and the file says that it was earned
    "sends_870": Case({0: 1000, 5: 130}, (("2026-05-02T03:00", 870, "internal"),), {5: -870}),
    "earns_870": Case({0: 1000, 7: 1870}, (("2026-05-02T15:00", 870, "yield"),), {}, {7: 870}),
}


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give the accounts of the cases."""
    return watched_in(tmp_path, monkeypatch, provider, CASES)


def test_what_another_own_account_sent_is_no_income(watched: Watched) -> None:
    """A flow of the same coin worth what a line of another own account says, within days of it, is explained by it."""
    watched.take_at(*INSTANTS)
    import_flows(watched, CASES, "2026-05-03")
    assert parts(watched, CASES) == expected(CASES)
