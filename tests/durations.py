"""After each run of the tests: the ten files that took longest, each with its seconds over all workers.

A pytest plugin, named in conftest.py. How long the whole run took is in pytest's own last line.
"""

from collections import Counter

import pytest

SHOWN = 10


def slowest(reports: list[pytest.TestReport]) -> list[tuple[str, float]]:
    """Give the files that took longest, the longest first: set-up, call and teardown of their tests."""
    seconds: Counter[str] = Counter()
    for report in reports:
        seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]  # counts seconds
    return [(file, float(spent)) for file, spent in seconds.most_common(SHOWN)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table behind the results."""
    ended = [one for kind in terminalreporter.stats.values() for one in kind if isinstance(one, pytest.TestReport)]
    if not ended:
        return
    terminalreporter.section(f"{SHOWN} slowest files, in seconds over all workers")
    for file, spent in slowest(ended):
        terminalreporter.write_line(f"{spent:8.1f}  {file}")
