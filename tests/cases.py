"""Cases of tests that have many: `make test` takes a few of them, `make check` all."""

from collections.abc import Iterable
from typing import Any

import pytest


def few(cases: Iterable[Any], first: int = 3) -> list[Any]:
    """Give all cases, those behind the first few marked as slow; a tuple is a case of several parameters."""
    return [case if number < first else _slow(case) for number, case in enumerate(cases)]


def _slow(case: object) -> object:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.slow)
