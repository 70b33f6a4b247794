"""What to do about gaps, in words for a terminal: the cells, since when, why, and the remedy that gaps() names.

Which gap has which remedy is said by sql/macros/remedy_of.sql alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from dagster_project.faces import text
from dagster_project.model import TRUSTED
from dagster_project.remedies import HOW
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading

MOST_NAMED = 3
"""Cells that are named of those that one remedy is for; the others are counted."""

WIDTH = 110

_COMMAND, _TIED = re.compile(r"`[^`]*`"), "\u00a0"
"""A command is not broken over two lines."""


def advice(published: Path, *, is_all: bool = False, **span: object) -> list[str]:
    """Give lines that say what to do about what is missing; none where nothing is, or nothing can be done.

    `span` is that of gaps(). What can never be filled is left out unless `is_all`: it is no task.
    """
    with reading(published) as connection:
        return advice_lines(gaps_to_show(Asking(connection), is_all=is_all, **span))


def gaps_to_show(asked: Asking, *, is_all: bool = False, **span: object) -> list[Mapping[str, Any]]:
    """Give the rows of gaps() that advice is about; `is_all` and `span` as there."""
    return [
        gap
        for gap in asked.answer("gaps", **span).dicts()
        if is_all or gap["can_be_filled"] or str(gap["cause"]).startswith("suspect:")
    ]


def advice_lines(gaps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give lines for rows of gaps(), each cause and remedy once."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for gap in gaps:
        groups.setdefault((str(gap["cause"]), str(gap["remedy"])), []).append(gap)
    return [line for (cause, remedy), alike in groups.items() for line in _lines(cause, remedy, alike)]


def failures_to_show(asked: Asking) -> list[Mapping[str, Any]]:
    """Give the rows of failures() of the last snapshot that cost cells, or a part of an answer."""
    return [row for row in asked.answer("failures").dicts() if row["cells"] or row["outcome"] in TRUSTED]


def failed_lines(failures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give lines for rows of failures(): which pulls lack an answer, why, and what to do."""
    found: list[str] = []
    for row in failures:
        counted = f"{row['pulls']} of {row['planned']} pulls {HOW[str(row['outcome'])]}"
        found.append(f"{row['provider']} {row['endpoint']}: {counted}: {row['reason']}; {row['remedy']}")
        found.append(f"  for example: {text.cell(row['detail']).removeprefix('$: ')}")
    return found


def _lines(cause: str, remedy: str, gaps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    cells = list(dict.fromkeys(f"{gap['label']} / {gap['chain_id']} / {gap['layer']}" for gap in gaps))
    named = ", ".join(cells[:MOST_NAMED])
    further = f" and {len(cells) - MOST_NAMED} more" if len(cells) > MOST_NAMED else ""
    first, last = min(gap["first_as_of"] for gap in gaps), max(gap["last_as_of"] for gap in gaps)
    when = text.cell(first) if first == last else f"{text.cell(first)} to {text.cell(last)}"
    yield f"{cause}: {named}{further}, {when} UTC"
    yield from (
        f"  {line.replace(_TIED, ' ')}" for line in wrap(_COMMAND.sub(_tied, remedy), WIDTH, break_on_hyphens=False)
    )


def _tied(command: re.Match[str]) -> str:
    return command[0].replace(" ", _TIED)
