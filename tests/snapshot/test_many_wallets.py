"""Promises of a chart over many wallets and chains whose pulls fail now and then: never a wrong total."""

from pathlib import Path

import pytest

from tests.many_wallets import Run, go_through
from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, provider

pytestmark = pytest.mark.slow

__all__ = ["provider"]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder in which a run keeps its data and its state."""
    use_folder(monkeypatch, tmp_path)
    return tmp_path


@pytest.mark.every
@pytest.mark.parametrize(
    "run", [Run(12, 11, 10, 0.02, 3, lasting=False), Run(20, 5, 8, 0.03, 9, lasting=False)], ids=str
)
def test_a_fault_that_passes_leaves_no_day_without_a_total(run: Run, places: Path, provider: Provider) -> None:
    """Where a failed pull is answered when it is asked again, every day has its total in the end, and the right one."""
    found = go_through(run, places, provider)
    assert found.wrong == ()
    assert found.failed_pulls > 0
    assert (found.totals + found.estimates, found.neither) == (run.days, 0)
    assert found.totals >= run.days - 1


@pytest.mark.every
@pytest.mark.parametrize("run", [Run(12, 11, 10, 0.02, 3, lasting=True), Run(20, 5, 8, 0.03, 9, lasting=True)], ids=str)
def test_a_fault_that_stays_leaves_an_estimate_that_holds_the_truth(run: Run, places: Path, provider: Provider) -> None:
    """Where a pull never answers, its day has an estimate whose band holds the truth, once the wallet is known."""
    found = go_through(run, places, provider)
    assert found.wrong == ()
    assert found.estimates > 0
    assert found.neither <= 1
