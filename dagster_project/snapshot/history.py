"""Take snapshots of many instants: what is missing is pulled, several instants at once, and stored in order.

One instant is a transaction of its own; what is stored stays whatever happens later. One provider's part of one
instant is take.py, the store is warehouse/.
"""

import asyncio
import gc
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import uvloop

from dagster_project.archive.layout import StreamFile, find_streams
from dagster_project.archive.opened import is_abandoned, remove_unwritten
from dagster_project.archive.stream import seal_file
from dagster_project.errors import PortfolioError, UsageError
from dagster_project.model import TRUSTED, Outcome, Plan, ProviderPlan, Pull, Reason, format_as_of
from dagster_project.settings.load import Settings
from dagster_project.slices import Slice
from dagster_project.snapshot.complete import complete
from dagster_project.snapshot.doors import Doors, converses, open_doors
from dagster_project.snapshot.lived import clock_for
from dagster_project.snapshot.plan import heeded_by, plan
from dagster_project.snapshot.standing import counted, ended, missing, standing, unknown
from dagster_project.snapshot.stopping import Stop
from dagster_project.snapshot.take import Lived, Noted, read_slice, take
from dagster_project.sources.http import Clock
from dagster_project.warehouse.known import Known
from dagster_project.warehouse.lock import is_held, shared
from dagster_project.warehouse.save import Doubted
from dagster_project.warehouse.store import PUBLISH_EVERY_SECONDS, Store

IN_FLIGHT = 16
"""Instants pulled at once; the pace and the concurrency of a provider hold over all of them."""

LOOK_AHEAD = 500
"""Instants whose stored state is looked up at once."""

LEAVING_SECONDS = 10.0
"""How long a run that ends early waits for another writer; who writes later publishes what it stored."""

ROWS_A_COLLECTION = 50_000
"""Rows are made by the hundred thousand and hold no cycles; collecting every 700 costs 10 % of a run (measured)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one instant: rows to store, pulls asked now, and how each planned pull stands, by provider.

    `outcomes` are those of pulls that cover cells; `beside` those of pulls for what providers state beside them, rates
    among it, which make no instant partial: a vendor that shuts its report down takes nothing from the history.
    """

    plan: Plan
    slices: tuple[Slice, ...]
    asked: int
    outcomes: Mapping[str, Counter[Outcome]]
    beside: Mapping[str, Counter[Outcome]]

    @property
    def is_complete(self) -> bool:
        """Tell whether every planned pull that covers cells has a trusted answer."""
        return all(outcome in TRUSTED for counts in self.outcomes.values() for outcome in counts)

    def counts_of(self, provider: str) -> Counter[Outcome]:
        """Give how the pulls ended by which a provider is judged: those that cover cells, else those beside them."""
        return self.outcomes[provider] or self.beside[provider]

    def is_answered_by(self, provider: str) -> bool:
        """Tell whether every planned pull by which a provider is judged has a trusted answer."""
        return all(outcome in TRUSTED for outcome in self.counts_of(provider))

    @property
    def has_answer(self) -> bool:
        """Tell whether at least one planned pull has a trusted answer."""
        return any(outcome in TRUSTED for counts in self.outcomes.values() for outcome in counts)

    def without(self, doubted: Collection[Doubted]) -> "Taken":
        """Give it with the pulls whose answers are in doubt counted as failed: what nobody believes is not complete."""
        outcomes = {provider: Counter(counts) for provider, counts in self.outcomes.items()}
        planned = {(pull.provider, pull.pull_key) for pull in self.plan.pulls}
        for one in (one for one in doubted if (one.provider, one.pull_key) in planned):
            outcomes[one.provider].subtract([one.outcome])
            outcomes[one.provider].update([Outcome.FAILED])
        return replace(self, outcomes={provider: +counts for provider, counts in outcomes.items()})

    def words(self) -> str:
        """Say in a line how the instant ended, by provider."""
        parts = []
        for provider, counts in self.outcomes.items():
            beside = self.beside[provider]
            own = [f"{_good(counts)}/{counts.total()}"] if counts or not beside else []
            further = [f"+{_good(beside)}/{beside.total()}"] if beside else []
            parts.append(" ".join([provider, *own, *further]))
        return f"{format_as_of(self.plan.as_of)}  {', '.join(parts)}  {'complete' if self.is_complete else 'PARTIAL'}"


def _good(counts: Counter[Outcome]) -> int:
    return sum(counts[outcome] for outcome in TRUSTED)


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
    store = Store(paths.store, paths.published, settings.mode)
    gate = paths.root / "live.lock"
    try:
        with stop.heeded():
            with shared(gate) if job.is_live else nullcontext():
                heeding = asyncio.create_task(asyncio.to_thread(store.heed, heeded_by(settings)))
                heeding.add_done_callback(lambda task: task.cancelled() or task.exception())  # one fault is told
                if store.is_there or converses(settings):
                    await heeding  # a store that is there may refuse; a new one is made while the first answers come
                anchors = await asyncio.to_thread(store.anchors) if converses(settings) else {}
                async with open_doors(settings, anchors, job.instants) as doors:
                    run = _Run(settings, job, watch, doors, store, heeding)
                    for start in range(0, len(job.instants), LOOK_AHEAD):
                        await run.take_all(job.instants[start : start + LOOK_AHEAD])
                await heeding
            await asyncio.to_thread(store.publish)
    except BaseException:
        with suppress(PortfolioError):  # what stopped the run is said; what was stored before it is published
            Store(paths.store, paths.published, settings.mode, LEAVING_SECONDS).publish()
        raise


class _Run:
    """One run over one job: its doors and its store, which may still be in the making."""

    def __init__(
        self, settings: Settings, job: Job, watch: Watch, doors: Doors, store: Store, made: asyncio.Task[None]
    ) -> None:
        self._settings = settings
        self._job = job
        self._watch = watch
        self._doors = doors
        self._store = store
        self._made = made

    async def take_all(self, instants: Sequence[datetime]) -> None:
        """Take the instants, several at once, and store them in their order."""
        assets = await asyncio.to_thread(self._store.tokens) if converses(self._settings) else {}
        plans = [plan(self._settings, as_of, self._job.blocks, assets) for as_of in instants]
        known = (
            await asyncio.to_thread(self._store.known, min(instants), max(instants)) if self._made.done() else Known()
        )
        kept = self._kept(instants, known)
        upcoming = iter(plans)
        flying: deque[asyncio.Task[Taken]] = deque()
        try:
            while True:
                while len(flying) < IN_FLIGHT and (following := next(upcoming, None)) is not None:
                    flying.append(asyncio.create_task(self._take(following, known, kept)))
                if not flying:
                    return
                ready = [await flying.popleft()]
                while flying and flying[0].done() and flying[0].exception() is None:
                    ready.append(flying.popleft().result())
                await self._save(ready)
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _save(self, ready: Sequence[Taken]) -> None:
        stored = [(taken.plan, taken.slices) for taken in ready if taken.slices]
        await self._made
        saved = await asyncio.to_thread(self._store.save, stored, complete)
        by_instant = {taken.plan.as_of: taken for taken in ready}
        asks = self._job.asks
        open_keys = {one.as_of: {of[:2] for of in one.doubted if of.is_open and asks(of.provider)} for one in saved}
        asking = (self._ask_again(by_instant[as_of], keys) for as_of, keys in open_keys.items() if keys)
        again = await asyncio.gather(*asking)
        if again:
            saved += await asyncio.to_thread(self._store.save, again, complete, is_second=True)
        doubted = {one.as_of: one.doubted for one in saved}  # the second answer's verdict comes last
        await asyncio.to_thread(self._store.publish, at_most_every=PUBLISH_EVERY_SECONDS)
        for taken in ready:
            self._watch.stored(taken.without(doubted.get(taken.plan.as_of, ())))

    async def _ask_again(self, taken: Taken, doubted: Collection[tuple[str, str]]) -> tuple[Plan, list[Slice]]:
        """Ask once more what lacks something that was there before: a second answer decides."""
        clock = self._clock(taken.plan.as_of)
        lived = Lived(clock, max(clock(), *(one.attempt.taken_at for one in taken.slices)))
        asking = []
        for part in taken.plan.providers:
            pulls = [pull for pull in part.pulls if (part.provider, pull.pull_key) in doubted]
            if pulls:
                door, raw = self._doors[part.provider], self._settings.paths.raw
                asking.append(take(part, pulls, door, raw, lived, lambda _: None))
        return taken.plan, list(await asyncio.gather(*asking))

    def _kept(self, instants: Sequence[datetime], known: Known) -> dict[tuple[datetime, str], list[StreamFile]]:
        """Find raw streams that no store knows: what a killed run had been answered."""
        found: dict[tuple[datetime, str], list[StreamFile]] = {}
        for provider in self._settings.providers:
            for stream in find_streams(self._settings.paths.raw, provider, min(instants), max(instants)):
                is_new = (stream.as_of, provider, stream.attempt_id) not in known.attempts
                if is_new and (not stream.is_open or is_abandoned(stream)):
                    found.setdefault((stream.as_of, provider), []).append(stream)
                elif stream.is_open:
                    remove_unwritten(stream)
        return found

    async def _take(self, planned: Plan, known: Known, kept: Mapping[tuple[datetime, str], list[StreamFile]]) -> Taken:
        """Take one instant: what a killed run kept first, then what is still missing from every provider at once."""
        while not self._job.is_live and is_held(self._settings.paths.root / "live.lock"):  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.05)  # another process holds it, so there is nothing to be woken by
        clock = self._clock(planned.as_of)
        slices: list[Slice] = []
        asking: list[tuple[ProviderPlan, list[Pull]]] = []
        stands: dict[str, dict[str, Outcome]] = {}
        for part in planned.providers:
            own = stands[part.provider] = standing(part, known)
            for stream in kept.get((planned.as_of, part.provider), []):
                sealed = replace(stream, path=seal_file(stream)) if stream.is_open else stream
                if (found := read_slice(sealed)) is not None:
                    slices.append(found)
                    own |= ended(found)
            is_asked = self._job.asks(part.provider)
            pulls = missing(part, own, clock(), again=self._job.again) if is_asked else unknown(part, own)
            asking.append((part, list(pulls)))
        if any(stands.values()) or any(pulls and self._job.asks(part.provider) for part, pulls in asking):
            for one in await asyncio.gather(*(self._ask(part, pulls, known) for part, pulls in asking if pulls)):
                slices.append(one)
                stands[one.attempt.plan.provider].update(ended(one))
        asked = sum(one.pull.num_rows for one in slices if self._job.asks(one.attempt.plan.provider))
        of_cells = {part.provider: counted(part, stands[part.provider], with_cells=True) for part in planned.providers}
        beside = {part.provider: counted(part, stands[part.provider], with_cells=False) for part in planned.providers}
        return Taken(planned, tuple(slices), asked, of_cells, beside)

    async def _ask(self, part: ProviderPlan, pulls: Sequence[Pull], known: Known) -> Slice:
        """Ask these pulls of a provider, or record that this run does not ask it."""
        way = self._doors[part.provider] if self._job.asks(part.provider) else Reason.NOT_ASKED
        return await take(part, pulls, way, self._settings.paths.raw, self._lived(part, known), self._watch.noted)

    def _clock(self, as_of: datetime) -> Clock:
        return clock_for(self._settings, as_of, heals=self._job.heals)

    def _lived(self, part: ProviderPlan, known: Known) -> Lived:
        """Say when an attempt is made: what is asked again later is believed from now on, in simulated time too."""
        clock = self._clock(part.as_of)
        is_first = all((part.as_of, part.provider, pull.pull_key) not in known.pulls for pull in part.pulls)
        return Lived(clock, clock() if is_first else max(clock(), datetime.now(UTC)))
