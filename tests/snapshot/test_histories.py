"""Promises of histories that tests start from: one that was taken before is copied, and is a portfolio of its own."""

from pathlib import Path

import pytest

from tests.histories import Histories
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import Simulator, address


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.every
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
