"""In which order a store learnt what it knows: as its journal tells, and where that is silent by the attempts' time.

The order counts: an answer replaces the one before it, and what is in doubt depends on what was known then.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import accumulate

from dagster_project.archive.journal import Entry, Heeded, Imported, Stored, Told
from dagster_project.archive.layout import StreamFile
from dagster_project.errors import PortfolioError
from dagster_project.model import ProviderPlan
from dagster_project.snapshot.take import read_head

Key = tuple[str, str]
"""An attempt: provider and attempt id."""


def key_of(stream: StreamFile) -> Key:
    """Give the attempt that a stream keeps."""
    return stream.provider, stream.attempt_id


def attempts_in(entries: Iterable[Entry]) -> set[Key]:
    """Give the attempts that entries tell of."""
    return {key for entry in entries if isinstance(entry, Stored) for key in entry.attempts}


def unvouched(known: Collection[Key], streams: Mapping[Key, StreamFile], told: Told) -> set[Key]:
    """Give the attempts that a store knows and neither streams nor journal do, as after an import without raw answers.

    Nothing but that store has their rows.
    """
    return set(known) - streams.keys() - attempts_in(told.entries)


def silent_on(told: Told, streams: Mapping[Key, StreamFile], known: Collection[Key]) -> list[StreamFile]:
    """Give the streams that belong to the history although the journal does not tell of them, oldest first.

    Those are what the store knows, what is older than the journal, and everything where the journal is gone or
    damaged. The rest was never stored: the next run over its instant does that.
    """
    listed = attempts_in(told.entries)
    rest = [streams[key] for key in sorted(streams.keys() - listed, key=lambda key: key[1])]
    if not told.is_there or told.faults:
        return rest
    first = "" if told.begun else min((attempt_id for _, attempt_id in listed), default="~")
    return [one for one in rest if one.attempt_id < first or key_of(one) in known]


def ordered(told: Told, silent: Collection[StreamFile]) -> list[Entry]:
    """Give the journal's entries, and where it belongs one for each round of answers that it does not tell of."""
    entries = list(told.entries)
    latest = list(accumulate((_time_of(entry) for entry in entries), max))
    places: dict[int, list[Entry]] = {}
    for time, round_entries in _rounds(silent):
        places.setdefault(bisect_left(latest, time), []).extend(round_entries)
    merged: list[Entry] = []
    for place in range(len(entries) + 1):
        merged += places.get(place, [])
        merged += entries[place : place + 1]
    return merged


def _time_of(entry: Entry) -> str:
    """Give the last attempt that an entry tells of: attempts are named so that names sort by time."""
    match entry:
        case Stored():
            return max((attempt_id for _, attempt_id in entry.attempts), default="")
        case Imported():
            return entry.attempt_id
        case _:
            return ""


def _rounds(streams: Iterable[StreamFile]) -> Iterator[tuple[str, list[Entry]]]:
    """Make entries of streams: at an instant, what comes before a provider answers once more was stored together."""
    plans: dict[object, dict[str, ProviderPlan]] = {}
    open_rounds: dict[object, list[Key]] = {}
    ended: list[tuple[object, list[Key]]] = []
    found: dict[Key, ProviderPlan] = {}
    for stream in streams:
        try:
            head = read_head(stream)
        except PortfolioError:
            continue  # whoever reads the rest of it says what is wrong with it
        if head is None:
            continue
        key = key_of(stream)
        found[key] = head.plan
        current = open_rounds.setdefault(stream.as_of, [])
        if any(provider == stream.provider for provider, _ in current):
            ended.append((stream.as_of, current))
            current = open_rounds[stream.as_of] = []
        current.append(key)
    ended += open_rounds.items()
    for as_of, keys in sorted(ended, key=lambda one: max(attempt_id for _, attempt_id in one[1])):
        known = plans.setdefault(as_of, {})
        known |= {provider: found[provider, attempt_id] for provider, attempt_id in keys}
        yield (
            max(attempt_id for _, attempt_id in keys),
            list(_told_of(found[max(keys, key=lambda key: key[1])], known, keys)),
        )


def _told_of(latest: ProviderPlan, known: Mapping[str, ProviderPlan], keys: list[Key]) -> Iterator[Entry]:
    frame = latest.frame
    pulls = [pull for part in known.values() for pull in part.pulls]
    yield Heeded(frame.accounts, frame.rules, frame.accepted, frame.prices)
    about = (frame.as_of, frame.cron, frame.start, frame.grace_minutes, frame.settings_sha256)
    yield Stored(*about, len(pulls), sum(len(pull.cells) for pull in pulls), tuple(keys))
