"""What the tests of metrics share: the published file of each ledger, taken once a session over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.metrics.telling import Ledger
from tests.portfolio import use_folder
from tests.snapshot.answering import Watched, provider_of_a_test

Publish = Callable[[str, Ledger], Path]


@pytest.fixture(scope="session")
def publish(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publish]:
    """Give the published file of a ledger by its name."""
    taken: dict[str, Path] = {}

    def published(name: str, ledger: Ledger) -> Path:
        if name not in taken:
            taken[name] = _take(tmp_path_factory.mktemp("ledger"), ledger)
        return taken[name]

    yield published
    taken.clear()


def _take(folder: Path, ledger: Ledger) -> Path:
    with pytest.MonkeyPatch.context() as patch, provider_of_a_test() as provider:
        use_folder(patch, folder)
        watched = Watched(folder, {}, provider)
        ledger.take(watched)
        return watched.settings().paths.published
