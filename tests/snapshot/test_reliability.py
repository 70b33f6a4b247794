"""The promise of docs/reliability.md: every named fault against every provider ends as its table says."""

from pathlib import Path

import pytest

from tests import reliability
from tests.page_table import table_of
from tests.portfolio import use_folder
from tests.simulator.running_simulator import Simulator

pytestmark = pytest.mark.every


def test_every_fault_ends_as_the_table_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_simulator: Simulator
) -> None:
    """Outcome, answers kept, total and healing of each fault at each provider are those of the page."""
    use_folder(monkeypatch, tmp_path)
    found = reliability.measure(tmp_path, shared_simulator)
    page = reliability.PAGE.read_text(encoding="utf-8")
    assert reliability.table(found).splitlines() == table_of(page, reliability.HEAD).splitlines()
    wrong = {case for case, words in found.items() if "**differs**" in words}
    assert wrong == {
        *(("changing_answers", provider) for provider in ("credmark", "oneinch_portfolio", "oneinch_balance")),
        ("missing_field", "oneinch_balance"),
        ("ignored_timestamp", "oneinch_portfolio"),
    }
