"""Every class of damage to every file that the program keeps, against every verb, as a table.

    python -m tests.damage --count 2 --seed 1        # so many cases of each kind of file and verb
    python -m tests.damage --kinds store log --write  # of some kinds; with --write into docs/reliability.md

The same count and seed do the same again. Ends with 1 where anything does not hold.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.damage.damages import DAMAGES
from tests.damage.following import Way
from tests.damage.trying import Tried, bench, drawn
from tests.injection.ground import verbs
from tests.injection.server import commands
from tests.page_table import replace_table
from tests.simulator.running_simulator import started

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
HEAD = "| damaged file |"
KINDS = tuple(dict.fromkeys(one.kind for one in DAMAGES))


def table(tried: Sequence[Tried]) -> str:
    """Write the table: a row a kind of file, with how its cases ended."""
    columns = ("classes", "verbs", "cases", "went on", "named, and the remedy worked", "does not hold")
    lines = [f"{HEAD} {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for kind in dict.fromkeys(one.damage.kind for one in tried):
        of = [one for one in tried if one.damage.kind == kind]
        good = [one for one in of if not one.broken]
        ways = Counter(one.way for one in good)
        classes, verbs_of = len({one.damage.name for one in of}), len({one.verb for one in of})
        counts = (classes, verbs_of, len(of), ways[Way.FINE], ways[Way.NAMED], len(of) - len(good))
        lines.append(f"| {kind} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try the cases, say what does not hold, and write the table where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1, help="cases of each kind of file and verb")
    parser.add_argument("--seed", type=int, default=1, help="the same seed does the same again")
    parser.add_argument("--kinds", nargs="*", default=(), choices=KINDS, help="of these files only")
    parser.add_argument("--verbs", nargs="*", default=(), choices=verbs(), help="with these verbs only")
    parser.add_argument("--seconds", type=float, default=86_400, help="begin no further case after so many")
    parser.add_argument("--folder", type=Path, help="work here instead of in a temporary folder")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    asked = parser.parse_args()
    began, tried = time.monotonic(), list[Tried]()
    with TemporaryDirectory() as temporary, started() as simulator, commands() as running:
        made = bench(Path(asked.folder or temporary), simulator, running)
        cases = [
            (damage, verb, seed)
            for damage, verb, seed in drawn(asked.count, asked.seed, frozenset(asked.kinds))
            if not asked.verbs or verb in asked.verbs
        ]
        random.Random(asked.seed).shuffle(cases)  # noqa: S311 - reproducible, no secret
        for damage, verb, seed in cases:
            if time.monotonic() - began > asked.seconds:
                break
            tried.append(made.run(damage, verb, seed))
            if tried[-1].broken:
                _say(f"{damage.name} x {verb}: {tried[-1].way}", *tried[-1].broken)
    broken = sum(bool(one.broken) for one in tried)
    _say(table(tried), f"{len(tried)} cases, {broken} do not hold, {time.monotonic() - began:.0f} s")
    if asked.write:
        replace_table(PAGE, HEAD, table(tried))
    sys.exit(1 if broken else 0)


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
