"""What a verb made of a damaged file, and the remedies that its message names: found in the words, and followed.

Nothing here knows which remedy is right: it does what is written, as somebody would who only has the message.
"""

import re
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.injection.ground import Ground
from tests.injection.server import HANGS, Ended
from tests.portfolio import Portfolio

COMMAND = re.compile(r"`portfolio ([^`]+)`")
FROM_A_BACKUP = re.compile(
    r"(restore|put) (it|the file|the raw streams?) (back )?from a backup|put the raw streams? back"
)
NONE_NEEDED = re.compile(r"none is needed")
PARTIAL = 3
DISK = re.compile(r"the disk refused|free space")
MOST_STEPS = 4
"""Remedies that are followed one behind the other: one may find further damage, and name the next."""


class Way(StrEnum):
    """How a verb ended that met a damaged file."""

    FINE = "went on"
    NAMED = "named"
    TRACEBACK = "traceback"
    DIED = "died"
    HUNG = "hung"
    OF_THE_DISK = "blamed the disk"
    UNNAMED = "did not name the file"
    NO_REMEDY = "named no remedy"


GOOD = (Way.FINE, Way.NAMED)


def way_of(ended: Ended, damaged: Path, without: Ended, told_as: str = "") -> Way:
    """Tell how a verb ended; `without` is how it ends without damage, `told_as` what else names the damage."""
    if (crash := _crash(ended)) is not None:
        return crash
    errors = "\n".join(line for line in ended.stderr.splitlines() if not line.startswith("WARNING "))
    is_named = damaged.name in errors and damaged.name not in without.stderr
    if ended.code == 0 or (ended.code == without.code and not is_named):
        return Way.FINE
    names = (damaged.name, damaged.stem.rpartition("__")[2], told_as or damaged.name)
    if not any(name in ended.words for name in names):
        return Way.UNNAMED
    has_remedy = any(one.search(ended.words) for one in (COMMAND, FROM_A_BACKUP, NONE_NEEDED))
    return Way.NAMED if has_remedy else Way.NO_REMEDY


def way_at_last(ended: Ended, damaged: Path) -> Way:
    """Tell how a verb ended behind the remedies: it goes on, and does not speak of the damaged file any more."""
    if (crash := _crash(ended)) is not None:
        return crash
    is_over = ended.code == 0 or (ended.code == PARTIAL and damaged.name not in ended.words)
    return Way.FINE if is_over else Way.NO_REMEDY


def _crash(ended: Ended) -> Way | None:
    if ended.code == HANGS:
        return Way.HUNG
    if ended.code < 0:
        return Way.DIED
    if "Traceback (most recent call last)" in ended.words:
        return Way.TRACEBACK
    return Way.OF_THE_DISK if DISK.search(ended.words) else None


@dataclass
class Followed:
    """What was done: the remedies in their order, and how the verb ended at last."""

    way: Way
    last: Ended
    steps: list[str] = field(default_factory=list)


def follow(ground: Ground, portfolio: Portfolio, verb: str, met: Ended, whole: Path) -> Followed:
    """Do what the message says until the verb goes on; `whole` is the folder of a backup."""
    ended, steps = met, list[str]()
    for _ in range(MOST_STEPS):
        step = _next(ended, steps)
        if step is None:
            break
        steps.append(step)
        if step == "backup":
            _put_back(portfolio, whole)
        elif step != "again":
            ended = ground.call(portfolio, tuple(step.split()))
            if ended.code not in (0, 3):
                continue  # it names what to do first
        ended = ground.run(portfolio, verb)
        if ended.code in (0, 3):
            break
    return Followed(Way.FINE, ended, steps)


def _next(ended: Ended, steps: list[str]) -> str | None:
    """Give the first remedy of a message that was not followed yet; what only a backup helps is put back first."""
    words = ended.words
    found = ["backup"] if FROM_A_BACKUP.search(words) else []
    found += ["again"] if NONE_NEEDED.search(words) else []
    found += [name for name in COMMAND.findall(words) if name.isascii() and not name.startswith("ask")]
    return next((one for one in found if one not in steps), None)


def _put_back(portfolio: Portfolio, whole: Path) -> None:
    """Put back from the backup whatever lies in raw/ and closings/ there, as docs/operate.md has it."""
    for name in ("raw", "closings"):
        source = whole / "data" / "simulated" / name
        shutil.copytree(source, portfolio.store.with_name(name), dirs_exist_ok=True)
