"""Kill a verb at one of its system calls, or let that call fail; look at what is left, run it again, and compare.

Whatever happened: the published file is as before or as after, no raw answer is gone, the second run ends as if
nothing had been, `verify` finds nothing, and nothing is left lying.
"""

import errno
import random
import re
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.damage.trying import unequal
from tests.injection.calls import Call, How
from tests.injection.ground import Ground
from tests.injection.server import HANGS, Ended, Injected
from tests.kills.acts import Act, streams
from tests.kills.wholeness import instants_in, torn
from tests.portfolio import Portfolio

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
_NUMBERS = re.compile(r"[0-9a-f]{16}|\d+")
_WARNINGS = re.compile(r"^(WARNING|INFO) ")
_LOSING = re.compile(r"move this one away|remove it and")
"""Advice that would lose data where a killed run left it."""


@dataclass(frozen=True)
class Injection:
    """What is done to an act: at which of its calls, and how."""

    act: Act
    call: Call
    injected: Injected


@dataclass(frozen=True)
class Result:
    """What became of it: whether the call was reached, whether the act ended by it, and what does not hold."""

    injection: Injection
    was_reached: bool
    torn: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    tracebacks: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[str, ...]:
        """All that does not hold."""
        return (*self.torn, *self.lost, *self.tracebacks, *self.left)


@dataclass
class Field:
    """The folder in which acts are killed, with what each begins from and ends with."""

    folder: Path
    ground: Ground
    calls: dict[str, list[Call]] = field(default_factory=dict)
    begun: dict[str, Portfolio] = field(default_factory=dict)
    whole: dict[str, tuple[Ended, Path | None]] = field(default_factory=dict)
    tries: int = 0

    def calls_of(self, act: Act) -> list[Call]:
        """Give the calls of an act that nothing happens to, counted once; keep what it begins from and ends with."""
        if act.name not in self.calls:
            self.calls[act.name] = self._count(act)
        return self.calls[act.name]

    def _count(self, act: Act) -> list[Call]:
        begun = self.ground.copy(self.folder / f"begun-{act.name}")
        act.prepare(self.ground, begun)
        whole = self._copy(begun, f"whole-{act.name}")
        ended = self.ground.call(whole, act.arguments, Injected(How.COUNT))
        assert ended.code in (0, 3), (act, ended)
        kept = self.folder / f"{act.name}.duckdb"
        if whole.published.exists():
            shutil.copyfile(whole.published, kept)
        self.begun[act.name] = begun
        self.whole[act.name] = ended, kept if kept.exists() else None
        shutil.rmtree(whole.folder)
        return ended.calls

    def run(self, injection: Injection) -> Result:
        """Do it once."""
        act = injection.act
        self.tries += 1
        portfolio = self._copy(self.begun[act.name], f"try-{self.tries}")
        try:
            ended = self.ground.call(portfolio, act.arguments, injection.injected)
            is_killed = injection.injected.how in (How.KILL_BEFORE, How.KILL_WITHIN)
            if len(ended.calls) < injection.injected.number or (is_killed and ended.code != -signal.SIGKILL):
                return Result(injection, was_reached=False)
            failed = [] if is_killed else _badly_failed(ended)
            torn = self._torn(act, portfolio)
            kept = streams(self.begun[act.name].folder)
            again = self.ground.call(portfolio, act.arguments)
            ends = self._ends(act, portfolio, again)
            gone = kept.items() - streams(portfolio.folder).items()
            lost = [f"raw answers are gone: {sorted(name for name, _ in gone)}"] if gone else []
            lost += self._verified(act, portfolio)
            tracebacks = [*failed, *(["the second run ends in a traceback"] if "Traceback" in again.words else [])]
            left = litter(portfolio.folder, self.begun[act.name].folder)
            return Result(injection, True, tuple(torn), (*ends, *lost), tuple(tracebacks), tuple(left))  # noqa: FBT003 - see Result
        finally:
            shutil.rmtree(portfolio.folder)

    def _copy(self, portfolio: Portfolio, name: str) -> Portfolio:
        shutil.copytree(portfolio.folder, self.folder / name)
        return self.ground.at(self.folder / name)

    def _torn(self, act: Act, portfolio: Portfolio) -> list[str]:
        """Say what is wrong with the published file: it is as before the act or as after it.

        Where there was none, it may also hold what was stored until then, each instant whole.
        """
        before, (_, after) = self.begun[act.name].published, self.whole[act.name]
        if not portfolio.published.exists():
            return ["the published file is gone"] if before.exists() else []
        known = [one for one in (before, after) if one is not None and one.exists()]
        unlike = [unequal(one, portfolio.published) for one in known]
        if any(not one for one in unlike):
            return []
        if before.exists() or after is None:
            return [f"published is neither before nor after: {unlike}"]
        lacking = instants_in(self.begun[act.name].store) - instants_in(portfolio.published)
        return [*torn(after, portfolio.published), *(f"published lacks {one}" for one in sorted(lacking))]

    def _ends(self, act: Act, portfolio: Portfolio, again: Ended) -> Iterator[str]:
        """Say how the second run ends otherwise than one that nothing had happened to."""
        natural, after = self.whole[act.name]
        if _LOSING.search(again.words):
            yield f"the advice loses data: {again.words[-600:]}"
        if again.code not in (0, natural.code) and not _is_done_already(act, again):
            yield f"the second run ends with {again.code}: {again.words[-900:]}"
        elif after is not None and not portfolio.published.exists():
            yield "nothing is published"
        elif after is not None:
            yield from unequal(after, portfolio.published)

    def _verified(self, act: Act, portfolio: Portfolio) -> list[str]:
        """Say what verify finds afterwards; what an imported history has no raw answers for is known."""
        if not portfolio.store.exists() or act.name in ("import a history", "init"):
            return []
        ended = self.ground.call(portfolio, ("verify",))
        return [] if ended.code in (0, 3) else [f"verify ends with {ended.code}: {ended.words[-900:]}"]


def _is_done_already(act: Act, again: Ended) -> bool:
    """Tell whether the second run has nothing left to do and says so: what is made once cannot be made again."""
    words = {
        "init": "is there already",
        "close": "is closed since",
        "export": "holds an export already",
        "restore": "lacks nothing of",
    }
    return act.name in words and words[act.name] in again.words


def _badly_failed(ended: Ended) -> list[str]:
    """Say what is wrong with how a verb ended one of whose calls failed."""
    if ended.code == HANGS or ended.code < 0:
        return [f"a failing call ends it with {ended.code}: {ended.words[-600:]}"]
    if "Traceback" in ended.words:
        return [f"a failing call ends in a traceback: {ended.words[-1500:]}"]
    errors = [line for line in ended.stderr.splitlines() if line.startswith("portfolio: ")]
    if ended.code not in (0, 3) and len(errors) != 1:
        return [f"a failing call ends with {ended.code} and no message: {ended.words[-600:]}"]
    return []


def litter(folder: Path, before: Path) -> list[str]:
    """Name the hidden files and logs that lie in a folder and did not lie there before."""
    return [
        f"left lying: {name}"
        for name in sorted(_hidden(folder) - _hidden(before))
        if not re.search(r"\.report\.html\.\d+\.tmp$", name)  # some kB, swept by the next page
    ]


def _hidden(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    found = (path for path in files if path.name.startswith(".") or path.suffix in (".wal", ".part"))
    return {path.relative_to(folder).as_posix() for path in found if "cache" not in path.parts[-3:]}


def chosen(calls: Sequence[Call], act: Act, count: int, seed: int) -> Iterator[Injection]:
    """Choose so many calls of an act, every kind of call on every kind of file first; 0 for all of them."""
    chance = random.Random(f"{act.name} {seed}")  # noqa: S311 - reproducible, no secret
    groups: dict[tuple[str, str], list[int]] = {}
    for number, call in enumerate(calls, 1):
        groups.setdefault((call.name, _NUMBERS.sub("#", call.path.name)), []).append(number)
    firsts = [chance.choice(numbers) for numbers in groups.values()]
    chance.shuffle(firsts)
    others = [number for number in range(1, len(calls) + 1) if number not in firsts]
    chance.shuffle(others)
    numbers = [*firsts, *others]
    for number in numbers if not count else numbers[:count]:
        call = calls[number - 1]
        how = How.KILL_WITHIN if call.name == "write" and _is_ours(call) and chance.random() < 0.5 else How.KILL_BEFORE
        yield Injection(act, call, Injected(how, number))


def failing(kills: Sequence[Injection], seed: int) -> Iterator[Injection]:
    """Give the same calls, each of which fails instead: once, or with all behind it as on a disk that is full."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    for one in kills:
        how = chance.choice((How.FAIL_ONCE, How.FAIL_ON))
        error = errno.ENOSPC if how is How.FAIL_ON else chance.choice(ERRORS)
        yield Injection(one.act, one.call, Injected(how, one.injected.number, error))


def _is_ours(call: Call) -> bool:
    """Tell whether half of a write can be there: DuckDB's pages are written by the kernel whole or not at all."""
    return ".duckdb" not in call.path.name or call.path.suffix == ".tmp"
