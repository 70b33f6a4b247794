"""The promise of docs/reliability.md for conversations: every fault of node or prices ends as its table says."""

from pathlib import Path

import pytest

from tests import conversations
from tests.page_table import table_of
from tests.portfolio import use_folder
from tests.reliability import PAGE
from tests.simulator.running_simulator import Simulator

pytestmark = pytest.mark.every


def test_every_fault_of_a_conversation_ends_as_the_table_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_simulator: Simulator
) -> None:
    """No fault of a node gives a wrong row, and the next node answers; a fault of the prices is said to be theirs."""
    use_folder(monkeypatch, tmp_path)
    found = conversations.measure(tmp_path, shared_simulator)
    page = PAGE.read_text(encoding="utf-8")
    assert conversations.table(found).splitlines() == table_of(page, conversations.HEAD).splitlines()
    only, first, prices = conversations.COLUMNS
    assert {words for (_, column), words in found.items() if column == first} == {"honest", "the next one answers"}
    assert {fault for (fault, _), words in found.items() if words == "**differs**"} == {"clock_skew"}
    assert found["clock_skew", prices] == "**differs**"
    assert found["full_node", only] == "state_pruned"
