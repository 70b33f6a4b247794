"""Cases of a test that has many: `make test` takes the first two, `make check` more of them, `make every` all.

Only where tests take snapshots or ask what was taken; cases that cost next to nothing all stay. A pytest plugin, named
in conftest.py.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

FIRST = 2
ROOMS = frozenset({
    "alerts", "archive", "beliefs", "exchange", "faces", "metrics", "serve", "snapshot", "warehouse",
})  # fmt: skip
"""The folders of tests whose further cases are left to `make check`."""

DEAR = frozenset({"beliefs", "damage", "exchange", "faces", "snapshot", "warehouse"})
"""Folders in which each case of a slow test makes a history of its own: `make check` takes the first two of them."""

SHARED = frozenset({"faces/test_page_browser.py"})
"""Files in those folders whose cases share one history, so that all of them are cheap."""

_TESTS = Path(__file__).parent


def levels(items: Iterable[pytest.Function]) -> Iterator[tuple[pytest.Function, str]]:
    """Give the cases behind the first two of each test of those folders, with the mark that each gets."""
    seen: Counter[tuple[Path, str]] = Counter()
    for item in items:
        place = item.path.relative_to(_TESTS)
        if not hasattr(item, "callspec"):
            continue
        seen[item.path, item.originalname] += 1
        if seen[item.path, item.originalname] <= FIRST:
            continue
        is_slow = item.get_closest_marker("slow") is not None
        if is_slow and place.parts[0] in DEAR and place.as_posix() not in SHARED:
            yield item, "every"
        elif not is_slow and place.parts[0] in ROOMS:
            yield item, "slow"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark further cases, before what is not asked for is left out; what only `make every` runs is slow as well."""
    for item in items:
        if item.get_closest_marker("every") is not None:
            item.add_marker(pytest.mark.slow)
    functions = [one for one in items if isinstance(one, pytest.Function) and _TESTS in one.path.parents]
    for item, mark in list(levels(functions)):
        item.add_marker(mark)
