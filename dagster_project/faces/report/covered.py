"""What is missing and who disagrees: the calendar of coverage, the gaps, and providers held against each other.

Counts of cells are added up here; what counts as missing or as agreement is said by the answers.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dagster_project.faces import text
from dagster_project.faces.report.scopes import Scope
from dagster_project.warehouse.ask import Asking

DAYS = "select date_trunc('day', as_of) as day, account_id, status, count(*) as cells from coverage() group by all"
MOST_GAPS = 50
MOST_CELLS = 40
MOST_DISAGREEMENTS = 50

Row = dict[str, object]
Counts = Counter[tuple[str, str, str]]
"""By day, account and status."""


def days(asked: Asking) -> Counts:
    """Give how many cells of each day and account are recorded, missing or out of scope."""
    counts: Counts = Counter()
    for row in asked.query(DAYS).dicts():
        day = row["day"]
        if isinstance(day, datetime):
            counts[f"{day:%Y-%m-%d}", str(row["account_id"]), str(row["status"])] += int(str(row["cells"]))
    return counts


def calendar(asked: Asking, scopes: Sequence[Scope]) -> dict[str, Any]:
    """Give for each scope and day how many cells were recorded and how many were missing, as two columns."""
    counts = days(asked)
    every = sorted({day for day, _, _ in counts})
    shown = [[_of_day(counts, day, scope) for day in every] for scope in scopes]
    return {
        "days": every,
        "missing": [_column(one, 1) for one in shown],
        "recorded": [_column(one, 0) for one in shown],
    }


def by_day(counts: Counts) -> dict[date, tuple[int, int]]:
    """Give how many cells of all accounts were recorded and missing, day by day."""
    sums: Counter[tuple[str, str]] = Counter()
    for (day, _, status), cells in counts.items():
        sums[day, status] += cells
    every = sorted({day for day, _ in sums})
    return {date.fromisoformat(day): (sums[day, "recorded"], sums[day, "missing"]) for day in every}


def _of_day(counts: Counts, day: str, scope: Scope) -> tuple[int, int]:
    recorded, missing = (sum(counts[day, one, status] for one in scope.members) for status in ("recorded", "missing"))
    return recorded, missing


def _column(shown: list[tuple[int, int]], place: int) -> list[list[int]]:
    """Give one of the two counts as runs of days with the same number: `[number, days]`."""
    runs: list[list[int]] = []
    for day in shown:
        if runs and runs[-1][0] == day[place]:
            runs[-1][1] += 1
        else:
            runs.append([day[place], 1])
    return runs


def gaps(asked: Asking) -> tuple[list[Row], int]:
    """Give what is missing, the latest first, cells of an account with the same cause in one row; and how many more."""
    grouped: dict[tuple[object, ...], list[str]] = {}
    for row in asked.answer("gaps").dicts():
        key = tuple(row[name] for name in ("first_as_of", "last_as_of", "instants", "label", "cause", "can_be_filled"))
        grouped.setdefault(key, []).append(f"{row['chain_id']} / {row['layer']}")
    names = ("first_as_of", "last_as_of", "instants", "label", "cause", "can_be_filled")
    rows = [
        dict(zip(names, key, strict=True)) | {"cells": cells[0] if len(cells) == 1 else f"{len(cells)} cells"}
        for key, cells in grouped.items()
    ]
    rows.sort(key=lambda row: (str(row["last_as_of"]), str(row["label"])), reverse=True)
    return rows[:MOST_GAPS], max(len(rows) - MOST_GAPS, 0)


def agreement(asked: Asking, members: Sequence[str]) -> dict[str, Any]:
    """Hold providers against each other at the last instant: by pair, by cell from the worst on, each difference."""
    rows = asked.answer("reconciliation", matched=True).dicts()
    pairs: dict[tuple[str, str], Counter[str]] = {}
    cells: dict[tuple[object, ...], float] = {}
    for row in rows:
        pair = (str(row["provider_a"]), str(row["provider_b"]))
        pairs.setdefault(pair, Counter())[str(row["verdict"])] += 1
        if isinstance(row["agreement"], float) and row["layer"] is not None:
            name = text.harmless(f"{row['label']} / {row['chain_id']} / {row['layer']}")
            cells[(members.index(str(row["account_id"])), name, " ~ ".join(pair))] = row["agreement"]
    worst = sorted(cells.items(), key=lambda one: one[1])[:MOST_CELLS]
    differing = [row for row in rows if row["verdict"] != "matched"]
    return {
        "pairs": [(a, b, counts.total(), counts["matched"], dict(counts)) for (a, b), counts in sorted(pairs.items())],
        "cells": [(*key, share) for key, share in worst],
        "more_cells": max(len(cells) - MOST_CELLS, 0),
        "differing": differing[:MOST_DISAGREEMENTS],
        "more_differing": max(len(differing) - MOST_DISAGREEMENTS, 0),
    }
