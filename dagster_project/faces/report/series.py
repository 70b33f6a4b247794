"""Value, parts, drawdown and providers over time, as columns for the page's script; what they say is asked of answers.

A point without a total stays one without a value, with its reason beside it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dagster_project.faces import text
from dagster_project.faces.report.plain import minutes, money, rough
from dagster_project.faces.report.scopes import Scope
from dagster_project.faces.report.spacing import spacing_of, words_of
from dagster_project.warehouse.ask import Asking

MOST_POINTS = 40_000
"""Of the value chart, over everything that can be chosen: some 25 bytes each."""

MOST_PART_POINTS = 300_000
"""Of the stacked chart, were every account in every part: some 8 bytes each."""

PARTS = ("asset_group", "chain", "protocol", "account")
NAMED_PARTS = 10
LONGEST_REASON = 240

Columns = dict[str, Any]
Row = dict[str, object]


def value(asked: Asking, scope: Scope, every: str | None, points: Sequence[Row]) -> Columns:
    """Give the value of a scope over time: instants, totals, and without one what is known, missing and estimated.

    `points` are those of its value chart; with a spacing they are asked for anew. Drawdown is of the same instants.
    """
    rows = points if every is None else asked.answer("value_chart", every=every, **scope.parameters).dicts()
    gaps = {
        str(place): [
            money(row["known_value_usd"]),
            row["reason"],
            text.what_is_unknown(row)[:LONGEST_REASON],
            money(row["estimated_value_usd"]),
            money(row["uncertainty_usd"]),
        ]
        for place, row in enumerate(rows)
        if row["value_usd"] is None
    }
    at = [minutes(row["as_of"]) for row in rows]
    fall = _drawdown(asked, scope, set(at))
    return {"t": at, "v": [money(row["value_usd"]) for row in rows], "gaps": gaps, "drawdown": fall}


def _drawdown(asked: Asking, scope: Scope, shown: set[int]) -> Columns:
    """Give the drawdown at the instants that are shown; a new stretch begins behind a gap and with a new segment."""
    at, fall, stretches, stretch, segment = [], [], [], 0, None
    for row in asked.answer("index_chart", **scope.parameters).dicts():
        if row["spans_gap"] or row["segment"] != segment:
            stretch, segment = stretch + 1, row["segment"]
        if minutes(row["as_of"]) in shown and isinstance(row["drawdown"], float):
            at.append(minutes(row["as_of"]))
            fall.append(round(row["drawdown"], 5))
            stretches.append(stretch)
    return {"t": at, "v": fall, "stretch": stretches}


def parts(asked: Asking, accounts: Sequence[str], instants: Sequence[datetime]) -> Columns:
    """Give what the value was made of, each account on its own, by each of the groupings."""
    every = spacing_of(instants, len(accounts) * len(PARTS) * (NAMED_PARTS + 1), MOST_PART_POINTS)
    return {"words": words_of(every), "per": {per: _parts(asked, per, every, accounts) for per in PARTS}}


def _parts(asked: Asking, per: str, every: str | None, accounts: Sequence[str]) -> Columns:
    """Give the names of the parts, and by account the values of each part and the instants that are not complete."""
    rows = asked.answer("value_parts", per=per, every=every, most=NAMED_PARTS, split="account").dicts()
    at = sorted({minutes(row["as_of"]) for row in rows})
    places = {instant: place for place, instant in enumerate(at)}
    ids: dict[int, str] = {}
    names: dict[int, str] = {}
    shown: dict[str, Columns] = {}
    for row in rows:
        account = str(accounts.index(str(row["account_id"])))
        own = shown.setdefault(account, {"incomplete": set(), "v": {}})
        when = places[minutes(row["as_of"])]
        if not row["is_complete"]:
            own["incomplete"].add(when)
        place, value = row["place"], rough(row["value_usd"])
        if isinstance(place, int):
            ids[place], names[place] = str(row["id"]), str(row["name"])
            if value is not None:
                own["v"].setdefault(str(place), [None] * len(at))[when] = value
    for own in shown.values():
        own["incomplete"] = sorted(own["incomplete"])
    return {"t": at, "names": _told_apart(ids, names), "accounts": shown}


def _told_apart(ids: dict[int, str], names: dict[int, str]) -> dict[str, str]:
    """Give each part's name; where two have the same, its id stands behind it."""
    shared = list(names.values())
    return {
        str(place): text.harmless(name if shared.count(name) == 1 else f"{name} ({ids[place]})")
        for place, name in sorted(names.items())
    }


def providers(asked: Asking, shown: set[int]) -> Columns:
    """Give what each provider says on its own that the whole is worth, at the instants that are shown."""
    lines: dict[str, Columns] = {}
    for row in asked.answer("provider_chart").dicts():
        if minutes(row["as_of"]) in shown:
            line = lines.setdefault(str(row["provider"]), {"t": [], "v": [], "cells": []})
            line["t"].append(minutes(row["as_of"]))
            line["v"].append(money(row["value_usd"]))
            line["cells"].append(row["cells"])
    return lines
