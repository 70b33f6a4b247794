"""One case of damage: a verb runs over a copy that is damaged, what its message says is done, and all is compared.

Equal is what the same verb makes of the same history without damage.
"""

import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.damage.damages import DAMAGES, Before, Damage, killed, stale
from tests.damage.following import GOOD, Way, follow, way_at_last, way_of
from tests.injection.ground import Ground, made, verbs
from tests.injection.server import Commands, Ended
from tests.kills.wholeness import both, columns, differences
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import Simulator

PACED = "requests_per_second = 5000\nmonthly_quota = 1000000\n"

OF_NOW = frozenset({"closing", "closingline"})
"""Tables whose rows say when they were made."""


@dataclass(frozen=True)
class Tried:
    """What became of a case: how the verb ended, which remedies were followed, and what does not hold."""

    damage: Damage
    verb: str
    way: Way
    steps: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass
class Bench:
    """The histories that cases begin from, and what every verb makes of them without damage."""

    folder: Path
    grounds: Mapping[Before, Ground]
    expected: dict[tuple[Before, str], tuple[Ended, Path]] = field(default_factory=dict)
    tries: int = 0

    def without_damage(self, before: Before, verb: str) -> tuple[Ended, Path]:
        """Give how the verb ends without damage, and the published file behind it."""
        key = (before, verb)
        if key not in self.expected:
            portfolio = self.grounds[before].copy(self.folder / f"whole-{before}-{verb}")
            _heal(portfolio, before)
            ended = self.grounds[before].run(portfolio, verb)
            self._take_in(before, portfolio)
            kept = self.folder / f"{before}-{verb}.duckdb"
            shutil.copyfile(portfolio.published, kept)
            shutil.rmtree(portfolio.folder)
            self.expected[key] = (ended, kept)
        return self.expected[key]

    def run(self, damage: Damage, verb: str, seed: int) -> Tried:
        """Try one case."""
        self.without_damage(damage.before, verb)
        self.tries += 1
        portfolio = self.grounds[damage.before].copy(self.folder / f"try-{self.tries}")
        try:
            damaged = damage.do(portfolio, random.Random(f"{damage.name} {verb} {seed}"))  # noqa: S311 - no secret
            return self._judged(portfolio, damage, verb, damaged)
        finally:
            shutil.rmtree(portfolio.folder)

    def _take_in(self, before: Before, portfolio: Portfolio) -> None:
        """Run over the instant of the killed run: what its log held lies in raw/ too, and is taken in from there."""
        if before is Before.KILLED:
            ground = self.grounds[before]
            follow(ground, portfolio, "snapshot", ground.run(portfolio, "snapshot"), ground.rest.folder)

    def _judged(self, portfolio: Portfolio, damage: Damage, verb: str, damaged: Path) -> Tried:
        ground = self.grounds[damage.before]
        without, whole = self.without_damage(damage.before, verb)
        met = ground.run(portfolio, verb)
        way = way_of(met, damaged, without, damage.told_as)
        if way not in GOOD:
            return Tried(damage, verb, way, broken=(f"{met.code}: {met.words[-1500:]}",))
        steps: tuple[str, ...] = ()
        if way is Way.NAMED:
            followed = follow(ground, portfolio, verb, met, ground.rest.folder)
            steps = tuple(followed.steps)
            last = way_at_last(followed.last, damaged)
            if last is not Way.FINE:
                words = f"{steps} and then {followed.last.code}: {followed.last.words[-1500:]}"
                return Tried(damage, verb, last, steps, (words,))
        self._take_in(damage.before, portfolio)
        unlike = [] if damage.kind == "published" and way is Way.FINE else unequal(whole, portfolio.published)
        return Tried(damage, verb, way, steps, tuple(unlike))


def unequal(expected: Path, found: Path) -> list[str]:
    """Say what differs between two published files, but for what says when it was made."""
    with both(expected, found) as connection:
        tables = columns(connection).keys() - OF_NOW
    return differences(expected, found, tables=tables)


def _heal(portfolio: Portfolio, before: Before) -> None:
    if before is Before.STALE:
        portfolio.store.with_name(f"{portfolio.store.name}.wal").unlink()


def bench(folder: Path, simulator: Simulator, commands: Commands) -> Bench:
    """Make the histories that cases begin from."""
    rest = made(folder / "rest", simulator, commands)
    left = killed(rest, folder / "killed")
    old = stale(rest, left, folder / "stale")
    keys = f'token_lists = [{{ url = "{simulator.url}/onchain/tokens.json" }}]\n{PACED}'
    kept = made(folder / "kept", simulator, commands, ("onchain",), provider_keys=keys, has_cache=True)
    grounds = {
        Before.REST: rest,
        Before.KILLED: Ground(left, commands),
        Before.STALE: Ground(old, commands),
        Before.KEPT: kept,
    }
    return Bench(folder, grounds)


def drawn(count: int, seed: int, kinds: frozenset[str] = frozenset()) -> Iterator[tuple[Damage, str, int]]:
    """Give so many cases of each kind of file and each verb; every class of damage is in turn."""
    by_kind: dict[str, list[Damage]] = {}
    for one in DAMAGES:
        by_kind.setdefault(one.kind, []).append(one)
    for kind, damages in by_kind.items():
        if kinds and kind not in kinds:
            continue
        turn = seed
        for verb in verbs():
            for number in range(count):
                yield damages[turn % len(damages)], verb, seed * 1000 + number
                turn += 1
