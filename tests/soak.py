"""Soak: hundreds of snapshots under seeded faults, kills and damage, held against a fault-free history.

    python -m tests.soak --count 500 --seed 1

Afterwards what can be asked for the past is there row for row, what could only be asked for now and was lost is
missing, and nothing else differs. The same count and seed do the same again.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dagster_project.warehouse.claims import check_claims
from tests.damage.damages import DAMAGES, foreign_log
from tests.damage.following import COMMAND
from tests.kills.stages import FAILS, FULL, STAGES
from tests.kills.victim import REFUSED, Death, run
from tests.kills.wholeness import differences, instants_in, litter
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import Simulator, address, started
from tests.snapshot.test_four_providers import SOLANA

START = datetime(2025, 12, 1, tzinfo=UTC)
EVERY = timedelta(hours=6)
KNOWN = ("treasury", "operations", "trading", "cold", "grants", "tiny", "solana-desk")
MADE = tuple(f"0x{number:040x}" for number in range(0x1001, 0x100E))
"""Thirteen wallets that the simulator's book does not know: they hold nothing, and that is an answer too."""

OF_THE_PAST, OF_NOW = ("credmark", "oneinch_portfolio"), "onebalance"
DIALECTS = ("credmark", "oneinch", "onebalance")

FAULTS = (
    "rate_limited", "rate_limited_with_retry_after", "reset_header", "server_error", "unavailable", "text_body",
    "html_page", "empty_body", "not_found", "unauthorised", "forbidden", "bad_request", "redirect", "truncated_json",
    "reset_mid_body", "unknown_encoding", "deeply_nested",
)  # fmt: skip
"""Faults of which none may ever be believed; each is an outcome with its reason. Numbers in quotes may be."""

OF_AN_INSTANT = ("value", "tokens/snapshot", "protocols/snapshot")
"""Endpoints that can be asked for the past; the providers of the past have one more, which cannot."""

HISTORY = ("pull", "cell", "balance", "position", "allowance")
LATER = ("observed_at", "tries")
"""What differs where an answer came later, or only after tries that failed."""

SETTLED = {"cell": ("value_usd", "doubt"), "balance": ("is_counted",)}
"""What follows from other answers of the same instant, which may still be missing while a history is under fire."""

MENDED = ("store: ", "published: ", "journal: flipped", "journal: gone")
"""Damage of which nothing is lost: what a damaged raw stream held is."""

DAMAGES_IN_ALL, MOST_STEPS, PARTIAL = 6, 4, 3

TRUSTED = "outcome in ('answered', 'empty')"


def portfolio(folder: Path, simulator: Simulator) -> Portfolio:
    """Make a portfolio of twenty accounts on two chains, asked of two providers of the past and one of now."""
    folder.mkdir()
    made = "".join(f'[[accounts]]\naddress = "{one}"\nlabel = "made {one[-2:]}"\n' for one in MADE)
    return Portfolio(
        folder, simulator, accounts=KNOWN, account_keys={"solana-desk": SOLANA}, providers=(*OF_THE_PAST, OF_NOW),
        snapshots=f'cron = "0 */6 * * *"\nstart = "{START:%Y-%m-%d}"\nchains = ["eip155:1", "eip155:8453"]',
        extra=made,
    )  # fmt: skip


@dataclass
class Soak:
    """One soak: the fault-free history, the one under fire, and what was done to it."""

    whole: Portfolio
    fired_at: Portfolio
    ticks: list[datetime]
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    damages: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    broken: list[str] = field(default_factory=list)
    damage_at: datetime = START

    def go(self) -> list[str]:
        """Do all of it; gives everything that does not hold."""
        assert run(self.whole, self.ticks, None).exit_code == 0
        assert run(self.whole, self.ticks, None, heals=True).exit_code == 0
        for some in self._portions():
            self._take(some)
            self._disturb()
            if some[-1] >= self.damage_at:
                self.damage_at += max(len(self.ticks) // DAMAGES_IN_ALL, 8) * EVERY
                self._damage()
            if self.broken:
                return self.broken
        self.fired_at.simulator.start_over()
        while self._run(self.ticks, self._death() if self.chance.random() < 0.5 else None, heals=True):
            pass
        self.broken += verdict(self.whole, self.fired_at)
        return self.broken

    def _portions(self) -> Iterator[list[datetime]]:
        at = 0
        while at < len(self.ticks):
            size = self.chance.randint(1, 5)
            yield self.ticks[at : at + size]
            at += size

    def _take(self, some: list[datetime]) -> None:
        """Take some ticks under faults and kills: again at once, or never within the grace."""
        self._order_faults()
        while self._run(some, self._death() if self.chance.random() < 0.9 else None) and self.chance.random() < 0.8:
            self._order_faults()

    def _run(self, some: list[datetime], death: Death | None, *, heals: bool = False) -> bool:
        """Run once, and look at what is left; tells whether it was killed."""
        before = instants_in(self.fired_at.published)
        left = run(self.fired_at, some, death, heals=heals)
        self.runs += 1
        is_refused = death is not None and death.stage == FAILS and left.exit_code == REFUSED
        if death is not None and (left.was_killed or is_refused):
            self.kills[death.stage] += 1
        elif left.exit_code != 0:
            self.broken.append(f"a run over {some} ended with {left.exit_code}")
        stored = instants_in(self.fired_at.store)
        if not before | set(left.stored) <= stored:
            self.broken.append(f"told as stored and gone: {sorted(before | set(left.stored) - stored)}")
        if self.fired_at.published.exists():
            if not before <= instants_in(self.fired_at.published):
                self.broken.append("the published file went back")
            self.broken += never_strange(self.whole, self.fired_at, SETTLED)
        return left.was_killed or is_refused

    def _disturb(self) -> None:
        """Leave a write-ahead log beside the published file, as a client does that opened it to write and died."""
        if not self.fired_at.published.exists() or self.chance.random() > 0.3:
            return
        log = self.fired_at.published.with_name(f"{self.fired_at.published.name}.wal")
        log.write_bytes(foreign_log())
        self.damages["published: a client's log"] += 1
        done = self.fired_at.command("status")
        if done.returncode or log.exists():
            self.broken.append(f"{log} keeps readers away: {done.returncode} {done.stdout}{done.stderr}")
        self._remove_asides()

    def _damage(self) -> None:
        """Damage a file, and do what messages say until verify finds nothing more that a person has to do."""
        damage = self.chance.choice([one for one in DAMAGES if one.name.startswith(MENDED)])
        if not damage.find(self.fired_at).exists():
            return
        damage.do(self.fired_at, self.chance)
        self.damages[damage.name] += 1
        done = self.fired_at.command("verify")
        for _ in range(MOST_STEPS):
            if done.returncode in (0, PARTIAL):
                self._remove_asides()
                return
            if not (found := COMMAND.findall(done.stdout + done.stderr)):
                break
            self.fired_at.command(*found[0].split())
            done = self.fired_at.command("verify")
        self.broken.append(f"{damage.name}: {done.stdout[-800:]}{done.stderr[-800:]}")

    def _remove_asides(self) -> None:
        """Remove what remedies kept beside, as its owner does who is content."""
        for pattern in ("store.2*", "portfolio.2*", "portfolio.duckdb.wal.*", "raw/*.journal.txt"):
            for path in self.fired_at.store.parent.glob(pattern):
                path.unlink()

    def _order_faults(self) -> None:
        orders = []
        for _ in range(self.chance.randint(0, 4)):
            fault = self.chance.choice(FAULTS)
            label = self.chance.choice((None, None, *KNOWN))
            orders.append(
                {"dialect": self.chance.choice(DIALECTS), "fault": fault, "times": self.chance.randint(1, 40)}
            )
            if label is not None:
                orders[-1]["account"] = address(label)
            self.faults[fault] += 1
        simulator = self.fired_at.simulator
        simulator.http.put(f"{simulator.url}/_simulator/faults", json=orders).raise_for_status()

    def _death(self) -> Death:
        if self.chance.random() < 0.25 and self.fired_at.store.exists():
            size = self.fired_at.store.stat().st_size
            return Death(self.chance.choice((FULL, FAILS)), self.chance.randint(4096, size + size // 20))
        stage = self.chance.choice(STAGES)
        often = 40 if stage.name.startswith(("pull", "normalise: a body")) else 2
        return Death(stage.name, self.chance.randint(1, often))


def lost(found: Portfolio) -> int:
    """Count the pulls of the provider of now that have no trusted answer."""
    with duckdb.connect(found.published, read_only=True) as connection:
        question = f"select count(*) from pull where provider = '{OF_NOW}' and not {TRUSTED}"
        return int(connection.execute(question).fetchall()[0][0])


def never_strange(whole: Portfolio, found: Portfolio, settled: Mapping[str, Collection[str]]) -> list[str]:
    """Say which rows stand in the history under fire and not in the fault-free one, and which claims do not hold."""
    told = [f"{one.name} is broken" for one in check_claims(found.published) if not one.holds]
    for table in HISTORY:
        where = TRUSTED if table in ("pull", "cell") else "true"
        also = (*LATER, *settled.get(table, ()))
        rows = differences(whole.published, found.published, where, (table,), also=also)
        told += [one for one in rows if "rows strange" in one]
    return told


def verdict(whole: Portfolio, found: Portfolio) -> list[str]:
    """Hold the end against the fault-free history."""
    told = differences(whole.published, found.published, f"provider in {OF_THE_PAST}", HISTORY[1:], also=LATER)
    told += differences(whole.published, found.published, f"endpoint in {OF_AN_INSTANT}", ("pull",), also=LATER)
    told += never_strange(whole, found, {})
    told += [f"asked of now, afterwards: {path}" for path in asked_since(found.simulator) if is_of_now(path)]
    told += [f"left lying: {name}" for name in litter(found.published.parent)]
    with duckdb.connect(found.published, read_only=True) as connection:
        question = f"select as_of, provider, pull_key from pull_superseded where {TRUSTED}"
        told += [f"an answer was superseded: {row}" for row in connection.execute(question).fetchall()]
    if instants_in(whole.published) != instants_in(found.published):
        told.append("the instants differ")
    return told


def asked_since(simulator: Simulator) -> list[str]:
    """Give every path that was asked since requests were last forgotten."""
    return list(simulator.http.get(f"{simulator.url}/_simulator/requests").json()["by_path"])


def is_of_now(path: str) -> bool:
    """Tell whether a path is one that can only speak of now."""
    return path.startswith(f"/{OF_NOW}") or "current_value" in path


def soak(folder: Path, simulator: Simulator, count: int, seed: int) -> Soak:
    """Soak so many snapshots with this seed; what does not hold stands in `broken`."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    ticks = [START + EVERY * number for number in range(count)]
    one = Soak(portfolio(folder / "whole", simulator), portfolio(folder / "fired_at", simulator), ticks, chance)
    one.go()
    return one


def main() -> None:
    """Soak, say what was done and what does not hold, and end with 1 where anything does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="snapshots")
    parser.add_argument("--seed", type=int, default=1, help="the same seed does the same again")
    parser.add_argument("--folder", type=Path, help="keep the files here instead of in a temporary folder")
    asked = parser.parse_args()
    began = time.monotonic()
    with TemporaryDirectory() as temporary, started() as simulator:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        done = soak(folder, simulator, asked.count, asked.seed)
        missing = lost(done.fired_at) if not done.broken else "?"
    what = f"{asked.count} snapshots of {len(KNOWN) + len(MADE)} accounts, seed {asked.seed}"
    faults = f"{done.faults.total()} faults of {len(done.faults)} kinds"
    kills = f"{done.kills.total()} kills and refused writes at {len(done.kills)} stages"
    damages = f"{done.damages.total()} times damage of {len(done.damages)} kinds, each mended by its remedy"
    said = [
        f"{what}: {done.runs} runs, {kills}, {faults}, {damages}, {time.monotonic() - began:.0f} s",
        *(f"  {number:4}  {name}" for name, number in sorted(done.kills.items())),
        f"lost for ever, and missing: {missing} pulls of {OF_NOW}",
        *(done.broken or ["nothing else differs"]),
    ]
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(1 if done.broken else 0)


if __name__ == "__main__":
    main()
