"""Judge the published history: late, thinly covered, breaking its own claims, or worth much more or less than before.

Reads only; what was said of it before is memory.py, whom it is told is deliver.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dagster_project import cadence
from dagster_project.alerts.alarm import Alarm
from dagster_project.errors import PortfolioError
from dagster_project.model import format_as_of
from dagster_project.settings.load import Settings
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.behind import unpublished_since
from dagster_project.warehouse.claims import check_claims
from dagster_project.warehouse.lost import lost_words

SLACK = timedelta(hours=1)
"""How long after its instant, or after the grace where that is longer, a snapshot may take before it is late."""

MOST_NAMED = 10
"""Missing cells that are named; the others are counted."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Judged:
    """The alarms found, and up to where the history is judged now."""

    alarms: tuple[Alarm, ...]
    recorded_at: datetime | None = None
    judged_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was judged before: all that was recorded by then, steps up to an instant, and since when claims break."""

    recorded_at: datetime | None = None
    judged_until: datetime | None = None
    broken_since: datetime | None = None


def judge(settings: Settings, seen: Seen, now: datetime) -> Judged:
    """Find everything alarming; a history that cannot be read is an alarm too, and never an error."""
    published = settings.paths.published
    lost = tuple(_lost(settings))
    try:
        alarms = [*lost, *_unpublished(settings, now)]
        if not published.exists():
            return Judged((*alarms, *_stale(settings, None, now)), seen.recorded_at, seen.judged_until)
        moments = {"moment": seen.recorded_at or _BEGINNING, "now": now}
        (found,) = query(published, sqlfiles.alert("recorded"), moments).dicts()
        last, come, first_new, recorded_at = (
            _aware(found[name]) for name in ("last_as_of", "last_come_as_of", "first_new_as_of", "recorded_at")
        )
        alarms += [*_stale(settings, come, now), *_ahead(last, now)]
        if last is not None:
            alarms += _thin(settings, published, last)
            alarms += _doubted(published, last)
            alarms += _broken(published, first_new, seen.broken_since)
            alarms += _jumped(settings, published, seen.judged_until)
    except PortfolioError as error:
        words = "the published history cannot be judged; `portfolio doctor` and `portfolio check` say why"
        return Judged((*lost, Alarm("unreadable", words, type(error).__name__)), seen.recorded_at, seen.judged_until)
    return Judged(tuple(alarms), recorded_at, last)


def _lost(settings: Settings) -> Iterator[Alarm]:
    """Without its store nothing is recorded any more, whatever the published file still says."""
    if lost_words(settings.paths.store, settings.paths.published) is not None:
        words = "the store is gone, so no snapshot is recorded any more; `portfolio status` says what proves it, and "
        words += "whether to run `portfolio rebuild` or `portfolio restore`"
        yield Alarm("lost_store", words)


def _unpublished(settings: Settings, now: datetime) -> Iterator[Alarm]:
    """What is stored and not published is not seen by readers, however well runs go."""
    since = unpublished_since(settings.paths.raw, settings.paths.published)
    if since is not None and now - since > SLACK:
        words = f"what was stored at {format_as_of(since)} UTC is not published: readers see an older history"
        yield Alarm("unpublished", f"{words}; `portfolio snapshot` publishes, or says what is in the way")


def _ahead(last: datetime | None, now: datetime) -> Iterator[Alarm]:
    if last is not None and last > now:
        words = (
            f"the last snapshot is of {format_as_of(last)} UTC, which has not come: this machine's clock is behind, "
        )
        words += "then set it; or one was ahead, then `portfolio rebuild --drop-future` removes it"
        yield Alarm("future", words, format_as_of(last), last)


def _stale(settings: Settings, last: datetime | None, now: datetime) -> Iterator[Alarm]:
    """A snapshot is late when its tick is due for longer than taking it may last."""
    snapshots, hours = settings.snapshots, settings.alerts.stale_after_hours
    if last is not None and hours is not None and now - last <= timedelta(hours=hours):
        return
    start = snapshots.start if last is None else last + timedelta(minutes=1)
    patience = max(SLACK, settings.grace) if hours is None else timedelta()
    due = next(cadence.ticks(snapshots.cron, start, now - patience), None)
    if due is not None:
        since = "none is recorded yet" if last is None else f"the last is of {format_as_of(last)}"
        yield Alarm("stale", f"no snapshot since {format_as_of(due)} UTC, when one was due; {since}", format_as_of(due))


def _thin(settings: Settings, published: Path, last: datetime) -> Iterator[Alarm]:
    (found,) = query(published, sqlfiles.alert("covered"), {"moment": last}).dicts()
    recorded, cells, missing = _whole(found["recorded"]), _whole(found["cells"]), found["missing"]
    least = settings.alerts.coverage_below
    if cells == 0 or recorded / cells >= least or not isinstance(missing, list):
        return
    named = "; ".join(map(str, missing[:MOST_NAMED]))
    further = f"; and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    words = f"{recorded} of {cells} cells have a record at {format_as_of(last)} UTC, {recorded / cells:.1%}, less than "
    yield Alarm(
        "coverage", f"{words}{least:.0%}; missing: {named}{further}", f"{recorded}/{cells} {'; '.join(missing)}", last
    )


def _doubted(published: Path, last: datetime) -> Iterator[Alarm]:
    """Cells in doubt leave every tick without a total until somebody decides, however much else is covered."""
    found = query(published, sqlfiles.alert("doubted"), {"moment": last}).dicts()
    if not found:
        return
    cells = [str(row["cell"]) for row in found]
    named = "; ".join(cells[:MOST_NAMED])
    further = f"; and {len(cells) - MOST_NAMED} more" if len(cells) > MOST_NAMED else ""
    since = min(instant for row in found if (instant := _aware(row["first_as_of"])) is not None)
    remedies = " ".join(
        f"{cause}: {remedy}." for cause, remedy in {str(row["cause"]): row["remedy"] for row in found}.items()
    )
    words = f"no total since {format_as_of(since)} UTC, as answers are in doubt: {named}{further}. {remedies}"
    yield Alarm("doubt", words, "; ".join(cells), since)


def _broken(published: Path, first_new: datetime | None, broken_since: datetime | None) -> Iterator[Alarm]:
    """Ask the claims over what was recorded since the last time, and over where they were broken then."""
    asked = [instant for instant in (first_new, broken_since) if instant is not None]
    for one in check_claims(published, min(asked)) if asked else []:
        if not one.holds:
            at = one.broken.names.index("as_of")
            first = min((instant for row in one.broken.rows if (instant := _aware(row[at])) is not None), default=None)
            where = "" if first is None else f", first at {format_as_of(first)} UTC"
            words = f"the claim {one.name} is broken{where}: {one.claim}"
            yield Alarm(f"check:{one.name}", words, where, first or min(asked))


def _jumped(settings: Settings, published: Path, judged_until: datetime | None) -> Iterator[Alarm]:
    most = settings.alerts.value_jump
    for step in query(published, sqlfiles.alert("jumped"), {"moment": judged_until}).dicts():
        parts = {name: _share(step, name) for name in ("price", "income", "fees", "revaluation", "implied_flow")}
        total = sum(parts.values())
        largest = max(parts, key=lambda name: abs(parts[name]))
        if max(abs(total), abs(parts[largest])) < most:
            continue
        as_of, before = _aware(step["as_of"]), _aware(step["previous_as_of"])
        if as_of is None or before is None:
            continue
        said = ", ".join(f"{name.replace('_', ' ')} {share:+.1%}" for name, share in parts.items() if share)
        words = f"the value moved by {total:+.1%} from {format_as_of(before)} to {format_as_of(as_of)} UTC, scope "
        words += f"and known flows aside, most of it {largest.replace('_', ' ')} ({said})"
        yield Alarm(f"value_jump:{format_as_of(as_of)}", words, as_of=as_of, is_event=True)


def _share(step: Mapping[str, object], name: str) -> float:
    value = step[name]
    return value if isinstance(value, float) else 0.0


def _whole(value: object) -> int:
    return int(str(value))


def _aware(value: Any) -> datetime | None:  # noqa: ANN401 - whatever the history gives
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None
