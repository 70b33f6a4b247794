"""Look at every provider and node that a snapshot would ask, all at once and in short time; nothing is stored.

One request of the latest tick's plan a provider, a few for each node. What is found is in words for people.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dagster_project import cadence
from dagster_project.errors import PortfolioError, UnreadableError
from dagster_project.model import Answer, Outcome, Plan, ProviderPlan, Pull, Reason, format_as_of
from dagster_project.normalise.judge import judge
from dagster_project.settings.load import Settings
from dagster_project.snapshot.doors import Doors, open_doors
from dagster_project.snapshot.failures import remedy_of
from dagster_project.snapshot.instants import latest_due
from dagster_project.snapshot.lived import clock_for
from dagster_project.snapshot.plan import is_available, plan
from dagster_project.sources.access import Patience
from dagster_project.sources.http import Clock, Door
from dagster_project.sources.probe import Probe, Verdict, Wanted
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.switchboard import Switchboard
from dagster_project.warehouse.ask import query

SHORT = Patience(connect=5, read=10, one_try=15, tries=1)
LONGEST_SECONDS = 30.0
"""For all requests of one node together."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found at one address: ok, warn where it deserves a look, FAIL where a snapshot would fail."""

    level: str
    subject: str
    words: str
    answer: Answer | None = None


async def look(settings: Settings, now: datetime) -> list[Seen]:
    """Ask everybody who would be asked."""
    try:
        planned = plan(settings, latest_due(settings, now))
        async with open_doors(settings, patience=SHORT) as doors:
            parts = [_look_at(settings, planned, part, doors) for part in planned.providers]
            found = await asyncio.gather(*parts)
    except PortfolioError as error:
        return [Seen("FAIL", "plan", str(error))]
    return [one for some in found for one in some]


def _look_at(settings: Settings, planned: Plan, part: ProviderPlan, doors: Doors) -> Awaitable[list[Seen]]:
    door, clock = doors[part.provider], clock_for(settings, planned.as_of, heals=False)
    if isinstance(door, Switchboard):
        return _look_at_nodes(settings, part, door, clock)
    return _ask_one(settings, part, door, clock)


async def _ask_one(settings: Settings, part: ProviderPlan, door: Door | None, clock: Clock) -> list[Seen]:
    """Send one pull of the plan and read what comes; a missing key is named elsewhere."""
    if door is None:
        return []
    subject = f"reach {part.provider}"
    pull = _cheap(part, clock)
    request = PROVIDERS[part.provider].source.health if pull is None else pull.request
    answer = await door.ask(request, clock, lambda _: None)
    if answer.reason is not None or pull is None:
        reason, words = answer.reason, answer.detail
    else:
        reason, words = _read(part, pull, answer)
    if reason is not None:
        return [Seen("FAIL", subject, f"{words or reason}; {remedy_of(settings, part.provider, reason)}", answer)]
    what = "its health page" if pull is None else f"{pull.endpoint} of {format_as_of(part.as_of)}"
    return [Seen("ok", subject, f"answered {what} in {answer.elapsed_ms:.0f} ms", answer)]


def _cheap(part: ProviderPlan, clock: Clock) -> Pull | None:
    """Choose a pull that covers cells and can be asked now, else any that can."""
    can = [pull for pull in part.pulls if is_available(pull, part.as_of, clock(), part.frame.grace)]
    return next((pull for pull in can if pull.cells), next(iter(can), None))


def _read(part: ProviderPlan, pull: Pull, answer: Answer) -> tuple[Reason | None, str | None]:
    """Read an answer as a run would."""
    try:
        judged = judge(part, pull, answer, 1, PROVIDERS[part.provider].normalise)
    except UnreadableError as error:
        return Reason(error.reason), str(error)
    is_bad = judged.outcome is Outcome.FAILED
    return (judged.reason if is_bad else None), judged.detail


async def _look_at_nodes(settings: Settings, part: ProviderPlan, ways: Switchboard, clock: Clock) -> list[Seen]:
    """Look at each address that the pulls of a part would be sent to."""
    source = PROVIDERS[part.provider].source
    wanted = [Wanted(pull, _oldest(settings, pull)) for pull in part.pulls]
    probes = list(source.probes(wanted))
    verdicts = await asyncio.gather(*(_run(probe, ways, clock) for probe in probes))
    return list(_weighed(settings, part.provider, probes, verdicts))


def _weighed(settings: Settings, provider: str, probes: Sequence[Probe], verdicts: Sequence[Verdict]) -> Iterator[Seen]:
    """Tell what fails a snapshot from what only deserves a look: one good address of a chain is enough."""
    good = {probe.group for probe, verdict in zip(probes, verdicts, strict=True) if verdict.reason is None}
    for probe, verdict in zip(probes, verdicts, strict=True):
        subject = f"{provider} {probe.subject}"
        if verdict.reason is None:
            yield Seen("ok", subject, verdict.words)
            continue
        level = "warn" if probe.group in good else "FAIL"
        instead = "; another of them answers" if probe.group in good else ""
        yield Seen(level, subject, f"{verdict.words}; {remedy_of(settings, provider, verdict.reason)}{instead}")


async def _run(probe: Probe, ways: Switchboard, clock: Clock) -> Verdict:
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            request = next(probe.talk)
            while True:
                answer = await ways.ask(request, clock, lambda _: None)
                request = probe.talk.send(answer)
    except StopIteration as ended:
        verdict: Verdict = ended.value
        return verdict
    except TimeoutError:
        return Verdict(f"no end within {LONGEST_SECONDS:.0f} s", Reason.TIMEOUT)


def _oldest(settings: Settings, pull: Pull) -> int | None:
    """Give the oldest tick (Unix seconds) that a pull's accounts are watched at, None where it is recorded already."""
    ids = {cell.account_id for cell in pull.cells}
    start = settings.snapshots.start
    since = min(max(start, one.since or start) for one in settings.accounts if one.account_id in ids)
    tick = next(cadence.ticks(settings.snapshots.cron, since, datetime.max.replace(tzinfo=UTC)))
    return None if _is_recorded(settings, pull, tick) else int(tick.timestamp())


def _is_recorded(settings: Settings, pull: Pull, tick: datetime) -> bool:
    published = settings.paths.published
    if not published.exists():
        return False
    sql = "select count(*) from coverage(since := $at, until := $at) where status = 'recorded' and chain_id = $chain"
    chain = next(cell.chain_id for cell in pull.cells)
    ((count,),) = query(published, sql, {"at": tick, "chain": chain}).rows
    return bool(count)
