"""A history in which everything happened, closed periods too, its exports in every format, and an empty place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.closings.period import parse_period
from dagster_project.warehouse.closings import Wish
from dagster_project.warehouse.store import Store
from tests.exchange.moving import Elsewhere, exported
from tests.portfolio import Portfolio, use_folder
from tests.simulator.running_simulator import Simulator
from tests.snapshot.lived import begun_in, lives, of_two_accounts


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give a portfolio that lived through everything and closed a period, for tests that only read it."""
    folder = tmp_path_factory.mktemp("exchanged")
    with begun_in(folder, shared_simulator) as portfolio:
        lives(portfolio)
        wish = Wish(parse_period("2026-05-02..2026-05-05"), note='=sent, "as is"', partial_reason="days are missing")
        store = Store(portfolio.store, portfolio.published, "simulated")
        store.close(wish, datetime(2026, 6, 1, tzinfo=UTC))
        store.publish()
    return portfolio


@pytest.fixture(scope="session")
def exports(lived: Portfolio, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the folder of an export of it in each format, for tests that only read them."""
    folder = tmp_path_factory.mktemp("exports")
    return {form: exported(lived, folder / form, form).folder for form in ("parquet", "csv", "json")}


@pytest.fixture
def elsewhere(lived: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """Give the same settings over a data folder that has nothing."""
    use_folder(monkeypatch, tmp_path)
    own = Portfolio(tmp_path, lived.simulator, account_keys=lived.account_keys, assets=lived.assets)
    of_two_accounts(own).write()
    return Elsewhere(own)
