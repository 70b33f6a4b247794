"""`make bench`: every figure of docs/performance.md, as ratios taken in one run; name some to run only those."""

import platform
import sys
from collections.abc import Callable

from benchmarks import asking, history, onchain, paging, pipeline, pulling, serving, starting, storing

BENCHMARKS: dict[str, Callable[[], list[str]]] = {
    "pulling": pulling.main,
    "pipeline": pipeline.main,
    "storing": storing.main,
    "asking": asking.main,
    "serving": serving.main,
    "history": history.main,
    "paging": paging.main,
    "onchain": onchain.main,
    "starting": starting.main,
}


def main() -> None:
    """Run the named benchmarks, or all, and print one table."""
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print("| what | figure | target |\n|---|---|---|")
    for name in sys.argv[1:] or BENCHMARKS:
        for line in BENCHMARKS[name]():
            print(f"| {line} |", flush=True)


if __name__ == "__main__":
    main()
