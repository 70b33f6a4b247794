"""Every verb killed at its system calls, and every such call failing, as a table.

    python -m tests.kills --count 8 --seed 1          # so many calls of each verb; 0 for all of them
    python -m tests.kills --acts compact close --write   # of some verbs; with --write into docs/reliability.md

The same count and seed choose the same calls again. Ends with 1 where anything does not hold.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.injection.ground import made
from tests.injection.server import commands
from tests.kills.acts import acts
from tests.kills.at_calls import Field, Result, chosen, failing
from tests.page_table import replace_table
from tests.simulator.running_simulator import started

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
HEAD = "| killed verb |"
COLUMNS = ("calls that write", "killed", "failed", "torn", "lost", "tracebacks", "left lying")


def row(name: str, calls: int, results: Sequence[Result]) -> str:
    """Write what became of an act as a row of the table."""
    reached = [one for one in results if one.was_reached]
    kills = sum(not one.injection.injected.error for one in reached)
    bad = [sum(bool(getattr(one, what)) for one in reached) for what in ("torn", "lost", "tracebacks", "left")]
    return f"| {name} | {' | '.join(map(str, (calls, kills, len(reached) - kills, *bad)))} |\n"


def main() -> None:
    """Kill, say what does not hold, and write the table where that is asked for."""
    names = tuple(one.name for one in acts())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=8, help="calls of each verb; 0 for all of them")
    parser.add_argument("--seed", type=int, default=1, help="the same seed chooses the same calls")
    parser.add_argument("--acts", nargs="*", default=names, choices=names, help="these only")
    parser.add_argument("--kills", action="store_true", help="kill only, and let no call fail")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    asked = parser.parse_args()
    began, rows, broken, total = time.monotonic(), list[str](), 0, 0
    with TemporaryDirectory() as folder, started() as simulator, commands() as running:
        field = Field(Path(folder), made(Path(folder) / "rest", simulator, running))
        for act in acts():
            if act.name not in asked.acts:
                continue
            calls = field.calls_of(act)
            kills = list(chosen(calls, act, asked.count, asked.seed))
            results = [field.run(one) for one in [*kills, *(() if asked.kills else failing(kills, asked.seed))]]
            for one in results:
                if one.broken:
                    what = one.injection
                    _say(f"{act.name}: {what.injected} {what.call.name} {what.call.path.name}", *one.broken)
            broken += sum(bool(one.broken) for one in results)
            total += len(results)
            rows.append(row(act.name, len(calls), results))
            _say(rows[-1].rstrip())
    table = f"{HEAD} {' | '.join(COLUMNS)} |\n{'|---' * (len(COLUMNS) + 1)}|\n{''.join(rows)}"
    _say(table, f"{total} runs, {broken} do not hold, {time.monotonic() - began:.0f} s")
    if asked.write:
        replace_table(PAGE, HEAD, table)
    sys.exit(1 if broken else 0)


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
