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
from dagster_project.warehouse.ask import Asking, answer

MOST_NAMED = 3
"""Cells that are named of those that one remedy is for; the others are counted."""

WIDTH = 110

_COMMAND, _TIED = re.compile(r"`[^`]*`"), "\u00a0"
"""A command is not broken over two lines."""


def advice(published: Path, *, is_all: bool = False, **span: object) -> list[str]:
    """Give lines that say what to do about what is missing; none where nothing is, or nothing can be done.

    `span` is that of gaps(). What can never be filled is left out unless `is_all`: it is no task.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for gap in answer(published, "gaps", **span).dicts():
        if is_all or gap["can_be_filled"] or str(gap["cause"]).startswith("suspect:"):
            groups.setdefault((str(gap["cause"]), str(gap["remedy"])), []).append(gap)
    return [line for (cause, remedy), gaps in groups.items() for line in _lines(cause, remedy, gaps)]


def failed_lines(asked: Asking) -> list[str]:
    """Give lines that say which pulls of the last snapshot lack cells or a part of an answer, why, and what to do."""
    found: list[str] = []
    for row in asked.answer("failures").dicts():
        if row["cells"] or row["outcome"] in TRUSTED:
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
