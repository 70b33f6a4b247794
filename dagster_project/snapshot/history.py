"""Take snapshots of many instants: what is missing is pulled, several instants at once, and stored in order.

One instant is a transaction of its own; what is stored stays whatever happens later. One provider's part of one
instant is take.py, the store is warehouse/.
"""

import asyncio
import gc
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import uvloop

from dagster_project.archive.layout import StreamFile
from dagster_project.errors import PortfolioError, UsageError
from dagster_project.model import Outcome, Plan, ProviderPlan, Reason, format_as_of
from dagster_project.settings.load import Settings
from dagster_project.slices import Slice
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.doors import Doors, open_doors
from dagster_project.snapshot.kept import find_kept, read_kept
from dagster_project.snapshot.lived import clock_for
from dagster_project.snapshot.plan import heeded_by, is_available, plan
from dagster_project.snapshot.second_clock import SecondClock, set_aside
from dagster_project.snapshot.series import Series, answered_in
from dagster_project.snapshot.standing import missing, standing, unknown
from dagster_project.snapshot.stopping import Stop
from dagster_project.snapshot.stores import store_of
from dagster_project.snapshot.take import Lived, Noted, take
from dagster_project.snapshot.taken import Taken, TakenPart, outcomes_of, taken_of, trusted
from dagster_project.sources.http import Clock
from dagster_project.warehouse.known import Found, Known
from dagster_project.warehouse.lock import is_held, shared
from dagster_project.warehouse.save import Doubted, Saved
from dagster_project.warehouse.store import NEVER, PUBLISH_EVERY_SECONDS, Store

IN_FLIGHT = 16
"""Instants pulled at once; the pace and the concurrency of a provider hold over all of them."""

LOOK_AHEAD = 500
"""Instants whose stored state is looked up at once."""

LEAVING_SECONDS = 10.0
"""How long a run that ends early waits for another writer; who writes later publishes what it stored."""

ROWS_A_COLLECTION = 50_000
"""Rows are made by the hundred thousand and hold no cycles; collecting every 700 costs 10 % of a run (measured)."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told: `noted` of each pull as it ends, `stored` of each instant once it is in the store."""

    noted: Noted = lambda _: None
    stored: Callable[[Taken], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Job:
    """Which instants, and how: `again` pulls what is recorded too, `blocks` pins chains, `is_live` goes first.

    `heals` fills gaps afterwards: where time is simulated it is lived after the grace, when nobody answers for now.
    `providers` are those to ask, by default all. The plan of an instant stays whole: what others answered stays, and
    what is not known of them yet is recorded as not asked.
    """

    instants: tuple[datetime, ...]
    again: bool = False
    blocks: Mapping[str, int] | None = None
    is_live: bool = False
    heals: bool = False
    providers: frozenset[str] | None = None

    def asks(self, provider: str) -> bool:
        """Tell whether the job asks this provider."""
        return self.providers is None or provider in self.providers


def take_history(settings: Settings, job: Job, watch: Watch | None = None) -> None:
    """Take the snapshots of the job and publish them.

    Raises:
        UsageError: an instant is no tick or lies in the future; nothing was asked then.
        PortfolioError: the disk or the store refused; the instants before that one are stored.
        KeyboardInterrupt: it was told to stop, or what whoever listens for that signal raises; the same holds.
    """
    ahead = [as_of for as_of in job.instants if as_of > datetime.now(UTC)]
    if ahead:
        raise UsageError(f"{format_as_of(ahead[0])} lies in the future; the latest tick is the most that can be asked")
    thresholds = gc.get_threshold()
    gc.set_threshold(ROWS_A_COLLECTION)
    stop = Stop()
    try:
        with suppress(asyncio.CancelledError):  # it was told to stop, and has ended in order
            uvloop.run(_take_history(settings, job, watch or Watch(), stop))
            return
    finally:
        gc.set_threshold(*thresholds)
    stop.pass_on()


async def _take_history(settings: Settings, job: Job, watch: Watch, stop: Stop) -> None:
    paths = settings.paths
    store = store_of(settings)
    gate = paths.root / "live.lock"
    try:
        with stop.heeded():
            with shared(gate) if job.is_live else nullcontext():
                series = Series(settings)
                wanted = series.wanted(job.instants[:LOOK_AHEAD])
                found = await asyncio.to_thread(store.look, wanted, heeded_by(settings))  # before an answer is kept
                async with open_doors(settings, found.anchors, job.instants) as doors:
                    await _Run(settings, job, watch, doors, store, series).take_all(found)
            await asyncio.to_thread(store.publish)
    except BaseException:
        with suppress(PortfolioError):  # what stopped the run is said; what was stored before it is published
            store_of(settings, LEAVING_SECONDS).publish()
        raise


class _Run:
    """One run over one job: its doors and its store."""

    def __init__(self, settings: Settings, job: Job, watch: Watch, doors: Doors, store: Store, series: Series) -> None:
        self._settings = settings
        self._job = job
        self._watch = watch
        self._doors = doors
        self._store = store
        self._series = series
        self._left = len(job.instants)
        self._second_clock = SecondClock(is_simulated=settings.is_simulated)
        self._doubted: defaultdict[datetime, Sequence[Doubted]] = defaultdict(tuple)
        self._waiting: list[Taken] = []  # in doubt, so that the instant behind it may still settle it

    async def take_all(self, found: Found) -> None:
        """Take the instants of the job; `found` is what the store says to the first of them."""
        instants = self._job.instants
        for start in range(0, len(instants), LOOK_AHEAD):
            some = instants[start : start + LOOK_AHEAD]
            if start:
                found = await asyncio.to_thread(self._store.look, self._series.wanted(some))
            await self._take_some(some, found)

    async def _take_some(self, instants: Sequence[datetime], found: Found) -> None:
        """Take the instants, several at once, and store them in their order."""
        self._series.note(answered_in(found.series))
        blocks, assets = self._job.blocks, found.tokens
        plans = [plan(self._settings, as_of, blocks, assets, is_every_series_due=True) for as_of in instants]
        known, kept = found.known, find_kept(self._settings, instants, found.known)
        upcoming = iter(plans)
        flying: deque[asyncio.Task[Taken]] = deque()
        try:
            while True:
                while len(flying) < IN_FLIGHT and (following := next(upcoming, None)) is not None:
                    flying.append(asyncio.create_task(self._take(following, known, kept)))
                if not flying:
                    break
                ready = [await flying.popleft()]
                while flying and flying[0].done() and flying[0].exception() is None:
                    ready.append(flying.popleft().result())
                come = self._second_clock.come(ready)
                if come:
                    await self._save(come)
                if len(come) < len(ready):
                    first = min({one.plan.as_of for one in ready} - {one.plan.as_of for one in come})
                    raise self._second_clock.error(first, datetime.now(UTC))
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)
            self._second_clock.set_aside(self._settings.paths.raw)
            waiting, self._waiting = self._waiting, []
            self._report(waiting)

    async def _save(self, ready: Sequence[Taken]) -> None:
        by_instant = {taken.plan.as_of: taken for taken in ready}
        self._left -= len(ready)
        every = PUBLISH_EVERY_SECONDS if self._left else 0.0

        def publish_every(saved: Iterable[Saved]) -> float:
            self._note_doubted(saved)
            return NEVER if any(self._open_keys(as_of) for as_of in by_instant) else every

        stored = [(taken.plan, taken.slices) for taken in ready if taken.slices]
        if stored:
            await asyncio.to_thread(self._store.save, stored, complete, publish_every=publish_every)
        asking = [
            self._ask_again(taken, keys) for as_of, taken in by_instant.items() if (keys := self._open_keys(as_of))
        ]
        if asking:
            again = await asyncio.gather(*asking)
            saved = await asyncio.to_thread(
                self._store.save, again, complete, is_second=True, publish_every=lambda _: every
            )
            self._note_doubted(saved)
        in_doubt = {as_of for as_of in by_instant if not all(of.is_believed for of in self._doubted[as_of])}
        waiting, self._waiting = self._waiting, [taken for taken in ready if taken.plan.as_of in in_doubt]
        self._report([*waiting, *(taken for taken in ready if taken.plan.as_of not in in_doubt)])

    def _open_keys(self, as_of: datetime) -> set[tuple[str, str]]:
        """Name the pulls of an instant that a second answer of a provider that this run asks would settle."""
        return {of[:2] for of in self._doubted[as_of] if of.is_open and self._job.asks(of.provider)}

    def _note_doubted(self, saved: Iterable[Saved]) -> None:
        """Keep which answers lack something. A second answer decides, and one for an instant next to it."""
        for one in saved:
            self._doubted[one.as_of] = one.doubted
            self._doubted.update(one.beside)

    def _report(self, ended: Iterable[Taken]) -> None:
        for taken in ended:
            self._watch.stored(taken.without(self._doubted[taken.plan.as_of]))

    async def _ask_again(self, taken: Taken, doubted: Collection[tuple[str, str]]) -> tuple[Plan, list[Slice]]:
        """Ask once more what lacks something that was there before: a second answer decides."""
        clock = self._clock(taken.plan.as_of)
        lived = Lived(clock, max(clock(), *(one.attempt.taken_at for one in taken.slices)), self._second_clock.hear)
        asking = []
        for part in taken.plan.providers:
            pulls = [pull for pull in part.pulls if (part.provider, pull.pull_key) in doubted]
            if pulls:
                door, raw = self._doors[part.provider], self._settings.paths.raw
                asking.append(take(part, pulls, door, raw, lived, lambda _: None))
        return taken.plan, list(await asyncio.gather(*asking))

    async def _take(self, planned: Plan, known: Known, kept: Mapping[tuple[datetime, str], list[StreamFile]]) -> Taken:
        """Take one instant: what a killed run kept first, then what is still missing from every provider at once."""
        while not self._job.is_live and is_held(self._settings.paths.root / "live.lock"):  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.05)  # another process holds it, so there is nothing to be woken by
        parts = await asyncio.gather(
            *(self._take_part(part, known, kept.get((part.as_of, part.provider), ())) for part in planned.providers)
        )
        if any(part.ended for part in parts):
            parts = await asyncio.gather(*(self._note_not_asked(part, known) for part in parts))
        return taken_of(planned.frame, parts)

    async def _take_part(self, planned: ProviderPlan, known: Known, kept: Sequence[StreamFile]) -> TakenPart:
        """Take one provider's part; who asks for its series, asks for them before another tick of their time does."""
        clock = self._clock(planned.as_of)
        slices: list[Slice] = []
        answered_before: dict[str, Outcome] = {}
        for stream in kept:
            if (found := read_kept(stream)) is None:
                continue
            sealed, rows = found
            if not self._second_clock.believes(sealed):
                set_aside(self._settings.paths.raw, [sealed])
            else:
                slices.append(rows)
                answered_before |= outcomes_of(rows)
        self._series.note_part(planned, trusted(answered_before))
        async with AsyncExitStack() as stack:
            is_asked = self._job.asks(planned.provider)
            if is_asked and (turn := self._series.turn(planned)) is not None:
                await stack.enter_async_context(turn)
            part = self._series.due(planned, clock())
            stands = standing(part, known) | answered_before
            taking = list(missing(part, stands, clock(), again=self._job.again)) if is_asked else []
            asked_now = {pull.pull_key for pull in taking}
            series = [pull for pull in self._series.of(part) if pull.pull_key in asked_now]
            if not any(is_available(pull, part.as_of, clock(), part.frame.grace) for pull in series):
                await stack.aclose()  # nothing is asked that another tick might ask as well
            ended = {key: outcome for key, outcome in stands.items() if key not in asked_now}
            if taking:
                door, raw = self._doors[part.provider], self._settings.paths.raw
                lived = self._lived(part, known)
                slices.append(await take(part, taking, door, raw, lived, self._watch.noted))
                ended |= outcomes_of(slices[-1])
            self._series.note_part(part, trusted(ended))
        return TakenPart(part, tuple(slices), ended)

    async def _note_not_asked(self, taken: TakenPart, known: Known) -> TakenPart:
        """Record of a provider that this run does not ask what is not known of it; its series wait for another run."""
        part, ended = taken.plan, taken.ended
        if self._job.asks(part.provider):
            return taken
        series = {pull.pull_key for pull in self._series.of(part)} - ended.keys()
        part = replace(part, pulls=tuple(pull for pull in part.pulls if pull.pull_key not in series))
        pulls = unknown(part, ended)
        if not pulls:
            return replace(taken, plan=part, is_asked=False)
        raw, lived = self._settings.paths.raw, self._lived(part, known)
        noted = await take(part, pulls, Reason.NOT_ASKED, raw, lived, self._watch.noted)
        return TakenPart(part, (*taken.slices, noted), {**ended, **outcomes_of(noted)}, is_asked=False)

    def _clock(self, as_of: datetime) -> Clock:
        return clock_for(self._settings, as_of, heals=self._job.heals)

    def _lived(self, part: ProviderPlan, known: Known) -> Lived:
        """Say when an attempt is made: what is asked again later is believed from now on, in simulated time too."""
        clock = self._clock(part.as_of)
        is_first = all((part.as_of, part.provider, pull.pull_key) not in known.pulls for pull in part.pulls)
        taken_at = clock() if is_first else max(clock(), datetime.now(UTC))
        return Lived(clock, taken_at, self._second_clock.hear)
