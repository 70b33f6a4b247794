"""Promises of what was believed: as of any time the file says what it said then, also as of now."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.store import Store
from tests.beliefs.retaken import Retaken, retaken_histories
from tests.metrics.histories import make_empty

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store without any history."""
    return make_empty(tmp_path_factory.mktemp("empty") / "store.duckdb")


Worth = list[dict[str, object]]
ESTIMATES = ("estimated_value_usd", "uncertainty_usd")
"""Columns that what was known at a time does not have."""


def worth(published: Path, as_of: datetime) -> Worth:
    """What it is worth at an instant in total, by account and by chain, as the file says now."""
    rows = answer(published, "current_value", as_of=as_of).dicts()
    kept = (row for row in rows if row["per"] in ("total", "account", "chain"))
    return sorted(({name: row[name] for name in row if name not in ESTIMATES} for row in kept), key=str)


def believed(published: Path, as_of: datetime, **known: datetime) -> Worth:
    """The same as it was known at a time, without who was of record."""
    rows = answer(published, "believed", as_of=as_of, **known).dicts()
    return sorted(({name: value for name, value in row.items() if name != "providers"} for row in rows), key=str)


@settings(max_examples=3)
@given(retaken=retaken_histories())
def test_a_past_belief_is_what_was_published_then(
    retaken: Retaken, empty: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However instants are asked again, the file says of each what it said after each attempt, and now what is now."""
    folder = tmp_path_factory.mktemp("retaken")
    store, published = folder / "store.duckdb", folder / "portfolio.duckdb"
    shutil.copy(empty, store)
    opened = Store(store, published, "simulated")
    instants = [told.as_of for told in retaken.history.told]
    said: list[list[Worth]] = []
    for turn in range(len(retaken.retakes)):
        opened.save([retaken.saved(turn)])
        opened.publish()
        said.append([worth(published, as_of) for as_of in instants])
    for turn, then in enumerate(said):
        known_at = retaken.taken_at(turn)
        assert [believed(published, as_of, known_at=known_at) for as_of in instants] == then, turn
    assert [believed(published, as_of) for as_of in instants] == said[-1]
