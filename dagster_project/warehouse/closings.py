"""Close periods: lock what is reported of one, keep it as a file, and let the store know every closing that is kept.

What a closing holds and how its file is read is closings/record.py; which numbers it has is sql/views/closing_now.sql.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from dagster_project import cadence
from dagster_project.closings import record
from dagster_project.closings.period import Period
from dagster_project.closings.record import Closing, Line
from dagster_project.errors import BadRawError, UsageError
from dagster_project.model import format_as_of, utc
from dagster_project.registers import CLOSING, CLOSINGLINE
from dagster_project.slices import table_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.connect import rolled_back
from dagster_project.warehouse.revision import advance

_LOG = logging.getLogger(__name__)
_LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be closed, and what its owner says of it: a note, why in parts, why again."""

    period: Period
    note: str | None = None
    partial_reason: str | None = None
    reopen_reason: str | None = None


def adopt(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Let the store know the kept closings that it does not know yet; gives how many those are.

    A damaged file is passed over with a warning: it must not keep a new snapshot from its readers.
    """
    known = {closing_id for (closing_id,) in connection.execute("select closing_id from closing").fetchall()}
    found = []
    for path in record.kept(folder):
        if path.stem not in known:
            try:
                found.append(record.read(path))
            except BadRawError as error:
                _LOG.warning("%s", error)
    if found:
        _write(connection, found)
    return len(found)


def _write(connection: duckdb.DuckDBPyConnection, found: list[Closing]) -> None:
    rows = [_row(one) for one in found]
    lines = [
        (one.closing_id, line.per, line.part_id, line.name, line.measure, line.value_exact)
        for one in found
        for line in one.lines
    ]
    connection.register("incoming_closing", table_of(CLOSING.schema, rows))
    connection.register("incoming_closingline", table_of(CLOSINGLINE.schema, lines))
    connection.begin()
    try:
        connection.execute("insert into closing by name from incoming_closing")
        connection.execute("insert into closingline by name from incoming_closingline")
        advance(connection)
        connection.commit()
    except BaseException:
        rolled_back(connection)
        raise


def _row(one: Closing) -> tuple[object, ...]:
    values = (getattr(one, name) for name in CLOSING.schema.names)
    return tuple(utc(value) if isinstance(value, datetime) else value for value in values)


def close(connection: duckdb.DuckDBPyConnection, wish: Wish, folder: Path, now: datetime) -> Closing:
    """Close a period: read its numbers, keep them as a file, and let the store know it.

    The derived tables must be up to date.

    Raises:
        UsageError: it is not over, holds nothing, has missing cells, or is closed already; nothing is changed then.
        DiskError: the file could not be kept.
    """
    if wish.period.until > now:
        raise UsageError(f"{wish.period.name} is not over before {format_as_of(wish.period.until)} UTC; close it then")
    replaces = _standing(connection, wish)
    closing_id = f"{wish.period.name}__{now:%Y%m%dT%H%M%S%fZ}"
    (opening_as_of, closing_as_of, missing_cells), lines = _numbers(connection, closing_id, wish.period)
    if closing_as_of is None or opening_as_of == wish.period.until:  # the history begins where the period ends
        raise UsageError(f"{wish.period.name} holds no instant of the history, so there is nothing to close")
    _insist_on_whole(connection, wish, missing_cells)
    known_at = connection.execute("select max(taken_at) from attempt").fetchall()[0][0].replace(tzinfo=UTC)
    closing = Closing(
        closing_id, wish.period.name, wish.period.since, wish.period.until, opening_as_of, closing_as_of, known_at, now,
        missing_cells, version("portfolio-snapshots"), record.fingerprint(lines), lines, wish.note, wish.partial_reason,
        replaces, wish.reopen_reason, "calendar", record.FORMAT,
    )  # fmt: skip
    record.keep(folder, closing)
    _write(connection, [closing])
    return closing


def _standing(connection: duckdb.DuckDBPyConnection, wish: Wish) -> str | None:
    """Give the closing that stands for the period, which this one takes the place of."""
    name = wish.period.name
    query = "select closing_id, closed_at from closings(period := ?) where status = 'closed'"
    found = connection.execute(query, [name]).fetchall()
    if found and not wish.reopen_reason:
        raise UsageError(
            f"{name} is closed since {found[0][1]:%Y-%m-%d %H:%M} UTC; what changed since is in "
            f"`portfolio ask closed_report period={name}`; to close it anew, say why: --reopen REASON"
        )
    if not found and wish.reopen_reason:
        raise UsageError(f"{name} is not closed, so it cannot be opened again; leave --reopen out")
    return str(found[0][0]) if found else None


def _insist_on_whole(connection: duckdb.DuckDBPyConnection, wish: Wish, missing_cells: int) -> None:
    """Refuse a period in which cells are missing, unless its owner said why it is closed nevertheless."""
    period = wish.period
    reasons = _missing(connection, period, missing_cells)
    untaken = _untaken(connection, period)
    reasons += [f"{len(untaken)} ticks from {format_as_of(untaken[0])} on were never taken"] if untaken else []
    if reasons and not wish.partial_reason:
        raise UsageError(
            f"{period.name} is not whole: {'; '.join(reasons)}. Fill what can be filled (`portfolio backfill`; see "
            "`portfolio ask gaps`), or close it as it is and say why: --partial REASON"
        )


def _missing(connection: duckdb.DuckDBPyConnection, period: Period, missing_cells: int) -> list[str]:
    span = {"since": utc(period.since), "until": utc(period.until)}
    found = connection.execute(sqlfiles.statement("closing_missing"), span).fetchall()
    words = [
        f"{as_of:%Y-%m-%d %H:%M} {example}{f' and {cells - 1} more' if cells > 1 else ''}"
        for as_of, cells, example in found
    ]
    more = "" if sum(cells for _, cells, _ in found) == missing_cells else ", and later ones"
    what = f"{missing_cells} cells are missing" if missing_cells else "values are not known"
    return [f"{what} ({', '.join(words)}{more})"] if found else []


def _untaken(connection: duckdb.DuckDBPyConnection, period: Period) -> list[datetime]:
    """Give the ticks up to the period's end that lie behind the history, so that the store knows nothing of them."""
    query = "select (select arg_max(cron, recorded_at) from cadence), (select max(as_of) from tick)"
    cron, last = connection.execute(query).fetchall()[0]
    start = max(period.since, last.replace(tzinfo=UTC) + _LEAST)
    return list(cadence.ticks(cron, start, period.until)) if start <= period.until else []


def _numbers(
    connection: duckdb.DuckDBPyConnection, closing_id: str, period: Period
) -> tuple[tuple[datetime | None, datetime | None, int], tuple[Line, ...]]:
    """Read bounds, missing cells and numbers of a period from the views that also tell later what they have become."""
    named = {"closing_id": closing_id, "since": utc(period.since), "until": utc(period.until)}
    bound = "select opening_as_of, closing_as_of, missing_cells from closing_bound where closing_id = ?"
    connection.begin()
    try:
        connection.execute(sqlfiles.statement("closing_bounded"), named)
        found = connection.execute(bound, [closing_id]).fetchall() or [(None, None, 0)]
        lines = connection.execute(sqlfiles.statement("closing_lines"), [closing_id]).fetchall()
    finally:
        rolled_back(connection)
    opening, closing, missing_cells = found[0]
    bounds = (
        opening and opening.replace(tzinfo=UTC),
        closing and closing.replace(tzinfo=UTC),
        int(missing_cells) if closing else 0,
    )
    return bounds, tuple(Line(*one) for one in lines)


def closings_in(connection: duckdb.DuckDBPyConnection) -> list[Closing]:
    """Give every closing that the store knows, as its file holds it."""
    lines: dict[str, list[Line]] = {}
    for closing_id, *line in connection.execute(sqlfiles.statement("kept_lines")).fetchall():
        lines.setdefault(closing_id, []).append(Line(*line))
    cursor = connection.execute("from closing order by closing_id")
    names = [column[0] for column in cursor.description or ()]
    found = []
    for row in cursor.fetchall():
        values: dict[str, Any] = {
            name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
            for name, value in zip(names, row, strict=True)
        }
        found.append(Closing(**values, lines=tuple(lines.get(values["closing_id"], ())), format=record.FORMAT))
    return found
