"""What is missing in a published history, and which of it can still be filled: only by who can be asked for the past.

What a gap is says the answer gaps(); taking what is chosen here is history.py.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from dagster_project import cadence
from dagster_project.model import Cell, Layer, Plan, Pull
from dagster_project.settings.load import Settings
from dagster_project.snapshot.instants import refuse_before_start
from dagster_project.snapshot.lived import clock_for
from dagster_project.snapshot.plan import is_available, plan
from dagster_project.snapshot.standing import missing, standing
from dagster_project.snapshot.stores import store_of
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.known import Known

LOOK_AHEAD = 500
"""Instants whose stored state is looked up at once."""


class Why(StrEnum):
    """Why a missing cell cannot be filled, or is still missing after it was asked for."""

    BEFORE_START = "lies before the start in [snapshots]; with an earlier start it can be asked for"
    NO_TICK = "a tick of an earlier cadence; with that cron in [snapshots] it can be asked for"
    NOT_PLANNED = "the settings watch no such account and chain at that instant, or no enabled provider covers it"
    NOW_ONLY = "can never be filled: nobody who is enabled can be asked for a past instant"
    DOUBTED = "was answered, but the answer is not believed; to ask anew, run backfill with --again"
    FAILED = "was asked for and is still missing; run again later"
    UNSETTLED = "is gone from the same provider's answer again; the next snapshot or a second provider settles it"


@dataclass(frozen=True, slots=True)
class Missing:
    """A cell in scope without a record, and the one code that says why."""

    as_of: datetime
    cell: Cell
    label: str
    cause: str


@dataclass(frozen=True, slots=True)
class Healing:
    """What is to be taken: the instants in order, how many requests of each provider, and what stays missing why."""

    instants: tuple[datetime, ...]
    requests: Mapping[str, int]
    hopeless: Mapping[Missing, Why]


def find_missing(settings: Settings, since: datetime | None, until: datetime | None) -> list[Missing]:
    """List every missing cell from `since` to `until`; what a killed run stored is published first, and so counts.

    Raises:
        UsageError: nothing is published yet, or the span runs backwards.
    """
    store_of(settings).publish()
    question = "from coverage(since := $since, until := $until) where status = 'missing'"
    rows = query(settings.paths.published, question, {"since": since, "until": until}).dicts()
    return [
        Missing(
            datetime.fromisoformat(str(row["as_of"])).replace(tzinfo=UTC),
            Cell(str(row["account_id"]), str(row["chain_id"]), Layer(str(row["layer"]))),
            str(row["label"]),
            str(row["reason"]),
        )
        for row in rows
    ]


def refuse_unrecorded(settings: Settings, since: datetime | None) -> None:
    """Let the begin of a span pass that lies within the history or behind the start.

    Raises:
        UsageError: ticks lie before the history and the start, and nothing says that they are missing.
    """
    store_of(settings).publish()
    if since is not None and since < settings.snapshots.start and settings.paths.published.exists():
        ((first,),) = query(settings.paths.published, "select min(as_of) from tick").rows
        is_recorded = isinstance(first, datetime) and since >= first.replace(tzinfo=UTC)
        refuse_before_start(settings, None if is_recorded else since)


def plan_healing(settings: Settings, gaps: Sequence[Missing]) -> Healing:
    """Choose the instants with at least one missing cell that somebody may still fill."""
    by_instant: dict[datetime, list[Missing]] = {}
    for one in gaps:
        by_instant.setdefault(one.as_of, []).append(one)
    instants: list[datetime] = []
    requests: Counter[str] = Counter()
    hopeless: dict[Missing, Why] = {}
    for as_of, known in _with_known(settings, sorted(by_instant)):
        planned = _planned(settings, as_of)
        if planned is None:
            is_early = as_of < settings.snapshots.start
            hopeless |= dict.fromkeys(by_instant[as_of], Why.BEFORE_START if is_early else Why.NO_TICK)
            continue
        asked = _askable(settings, planned, known)
        covered = {cell for pull in asked for cell in pull.cells}
        stay = {one: _why(settings, planned, one.cell) for one in by_instant[as_of] if one.cell not in covered}
        hopeless |= stay
        if len(stay) < len(by_instant[as_of]):
            instants.append(as_of)
            for pull in asked:
                requests[pull.provider] += pull.requests
    return Healing(tuple(instants), requests, hopeless)


def _with_known(settings: Settings, instants: Sequence[datetime]) -> Iterator[tuple[datetime, Known]]:
    for start in range(0, len(instants), LOOK_AHEAD):
        some = instants[start : start + LOOK_AHEAD]
        known = store_of(settings).known(some[0], some[-1])
        yield from ((as_of, known) for as_of in some)


def _planned(settings: Settings, as_of: datetime) -> Plan | None:
    """Give the plan of an instant, None where it is no tick of today's settings."""
    snapshots = settings.snapshots
    is_tick = as_of >= snapshots.start and cadence.is_tick(snapshots.cron, as_of)
    return plan(settings, as_of) if is_tick else None


def _askable(settings: Settings, planned: Plan, known: Known) -> list[Pull]:
    """Give the pulls that would be sent now: missing, and of somebody who can speak of that instant."""
    now = clock_for(settings, planned.as_of, heals=True)()
    return [
        pull
        for part in planned.providers
        for pull in missing(part, standing(part, known), now)
        if is_available(pull, part.as_of, now, part.frame.grace)
    ]


def _why(settings: Settings, planned: Plan, cell: Cell) -> Why:
    """Say why nobody would be asked for a cell."""
    now = clock_for(settings, planned.as_of, heals=True)()
    covering = [pull for pull in planned.pulls if cell in pull.cells]
    if not covering:
        return Why.NOT_PLANNED
    can_speak = any(is_available(pull, planned.as_of, now, planned.frame.grace) for pull in covering)
    return Why.DOUBTED if can_speak else Why.NOW_ONLY
