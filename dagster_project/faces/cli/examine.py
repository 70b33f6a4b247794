"""What doctor looks at, one finding each: keys, reachability, clock, disk, store, coverage by providers.

Looks only; who is asked what is snapshot/probe.py.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import uvloop

from dagster_project.errors import PortfolioError
from dagster_project.faces import text
from dagster_project.http_date import parse_http_date
from dagster_project.settings.keys import read_key
from dagster_project.settings.load import Settings
from dagster_project.snapshot.fetch import remote_files
from dagster_project.snapshot.plan import uncovered
from dagster_project.snapshot.probe import look
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.lost import lost_words

LEAST_FREE_BYTES = 1024**3
MOST_SKEW = timedelta(seconds=30)
MOST_NOTES = 20
"""Faults of files that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ok, warn where it deserves a look, FAIL where a snapshot would fail."""

    level: str
    subject: str
    words: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn; settings that load are the first thing that is well."""
    yield Finding("ok", "settings", f"{settings.config}, {settings.mode}, {len(settings.accounts)} accounts")
    yield from _keys(settings)
    yield from _remote(settings)
    yield from _notes(settings)
    yield from _reach(settings)
    yield _disk(settings)
    yield from _store(settings)
    yield from look_at_history(settings, datetime.now(UTC))
    yield from _uncovered(settings)


def _remote(settings: Settings) -> Iterator[Finding]:
    for one in remote_files(settings):
        level, words = ("FAIL", f"{one.missing}; run `portfolio tokens`") if one.missing else ("ok", "here")
        yield Finding(level, one.url, words)


def _notes(settings: Settings) -> Iterator[Finding]:
    """Name what is wrong with files that the settings name; what stops a run is said by the plan as well."""
    sections: list[Any] = list(settings.providers.values())  # each is one of source.Options too
    notes = [note for section in sections for note in section.notes()]
    yield from (Finding("warn", "files", text.harmless(note)) for note in notes[:MOST_NOTES])
    if len(notes) > MOST_NOTES:
        yield Finding("warn", "files", f"{len(notes) - MOST_NOTES} more faults of tokens")


def _keys(settings: Settings) -> Iterator[Finding]:
    for name, section in settings.providers.items():
        variable = section.api_key_env or PROVIDERS[name].source.api_key_env
        if variable is None:
            yield Finding("ok", f"key of {name}", "it asks for none")
        elif settings.is_simulated:
            yield Finding("ok", f"key of {name}", "the simulator needs none of yours")
        else:
            yield _key(f"key of {name}", variable)


def _key(subject: str, variable: str) -> Finding:
    """Look whether a variable holds a key."""
    try:
        key = read_key(variable, is_simulated=False)
    except PortfolioError as error:
        return Finding("FAIL", subject, str(error))
    if key is None:
        return Finding("FAIL", subject, f"{variable} is not set in the environment; export it and try again")
    return Finding("ok", subject, f"{variable} is set")


def _reach(settings: Settings) -> Iterator[Finding]:
    """Ask each provider and each node that a snapshot would ask, and hold this machine's clock against theirs."""
    for seen in uvloop.run(look(settings, datetime.now(UTC))):
        yield Finding(seen.level, seen.subject, seen.words)
        said = parse_http_date(seen.answer.headers.get("date")) if seen.answer else None
        if seen.answer and said and (skew := abs(said - seen.answer.observed_at)) > MOST_SKEW:
            words = f"this machine is {skew} away from {seen.subject.removeprefix('reach ')}; set the clock"
            yield Finding("FAIL", "clock", f"{words}, instants are counted by it")


def _disk(settings: Settings) -> Finding:
    root = settings.paths.root
    while not root.exists():
        root = root.parent
    free = shutil.disk_usage(root).free
    level = "ok" if free >= LEAST_FREE_BYTES else "FAIL"
    return Finding(level, "disk", f"{free / 1024**3:.1f} GiB free at {root}")


def _store(settings: Settings) -> Iterator[Finding]:
    """Name a store that is lost: a snapshot would fail."""
    if (words := lost_words(settings.paths.store, settings.paths.published)) is not None:
        yield Finding("FAIL", "store", words)


def look_at_history(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Say how many snapshots are published, and whether some of them lie in the future."""
    published = settings.paths.published
    if not published.exists():
        yield Finding("warn", "history", f"{published} is not there yet; take a first snapshot")
        return
    sql = "select count(*), max(as_of), count(*) filter (as_of > $now), min(as_of) filter (as_of > $now) from snapshot"
    try:
        ((count, last, ahead, first_ahead),) = query(published, sql, {"now": now}).rows
    except PortfolioError as error:
        yield Finding("FAIL", "history", str(error))
        return
    yield Finding("ok", "history", f"{count} snapshots in {published}, the last of {last} UTC")
    if ahead:
        words = f"{ahead} snapshots lie in the future, the first of {first_ahead} UTC: this machine's clock is behind, "
        words += "then set it; or one was ahead, then `portfolio rebuild --drop-future` removes them"
        yield Finding("FAIL", "future", words)


def _uncovered(settings: Settings) -> Iterator[Finding]:
    """Name what no enabled provider covers, so that its absence is not taken for zero."""
    labels = {account.account_id: account.label for account in settings.accounts}
    cells = sorted(uncovered(settings), key=lambda cell: (cell.account_id, cell.chain_id))
    for (account_id, chain_id), group in groupby(cells, key=lambda cell: (cell.account_id, cell.chain_id)):
        layers = ", ".join(cell.layer for cell in group)
        words = f"no enabled provider covers {layers}; it is in no total"
        yield Finding("warn", f"coverage of {labels[account_id]} on {chain_id}", words)
