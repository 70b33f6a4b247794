"""How far apart the points of a chart lie, so that the page stays small over ten years of fifty accounts.

Which instant stands for a week or a month is decided by the answers: the last complete one, never an average.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

Bucket = Callable[[datetime], tuple[int, ...]]

SPACINGS: dict[str, Bucket] = {
    "day": lambda at: (at.year, at.month, at.day),
    "week": lambda at: at.isocalendar()[:2],
    "month": lambda at: (at.year, at.month),
    "quarter": lambda at: (at.year, (at.month - 1) // 3),
    "year": lambda at: (at.year,),
}


def spacing_of(instants: Sequence[datetime], series: int, most_points: int) -> str | None:
    """Give the finest spacing at which so many series have no more than `most_points` together; None for every instant.

    The coarsest is returned where even that has more.
    """
    if len(instants) * series <= most_points:
        return None
    chosen = None
    for name, bucket in SPACINGS.items():
        count = len({bucket(at) for at in instants})
        if count < len(instants):
            chosen = name
            if count * series <= most_points:
                break
    return chosen


def words_of(spacing: str | None) -> str:
    """Say what a point of a chart stands for."""
    if spacing is None:
        return "One point a snapshot."
    return (
        f"One point a {spacing}, its last complete snapshot; a gap inside a {spacing} shows in the coverage calendar."
    )
