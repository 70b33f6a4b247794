"""A process of its own that asks one question, so that its memory can be measured from outside any test.

Run as `python -m tests.sources.measured_ask URL LARGEST_BODY KEY PATH`; prints one line of JSON.
"""

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

from dagster_project.model import Request
from dagster_project.sources.access import Access
from tests.sources.asking import ONCE, ask

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """The most memory that this process has held at once."""
    if STATUS.exists():  # getrusage would count what the parent held before this program was loaded
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main(url: str, largest: str, key: str, path: str) -> None:
    """Ask, and print what came of it."""
    headers = {"Authorization": f"Bearer {key}"}
    access = Access(url, headers, largest_body=int(largest), patience=replace(ONCE, one_try=15))
    before = peak_bytes()
    answer = ask(access, Request("/{path}", path)).answer
    grown = peak_bytes() - before
    sys.stdout.write(json.dumps({"reason": answer.reason, "kept": len(answer.body), "grown": grown}))


if __name__ == "__main__":
    main(*sys.argv[1:])
