"""What was said before, so that nothing is said twice: alarms that stand, events told, messages that still wait.

One small file beside the history, replaced whole; who reads and writes it holds its lock.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from dagster_project.alerts.alarm import Alarm, Message
from dagster_project.alerts.judge import Judged, Seen
from dagster_project.disk import put
from dagster_project.errors import DiskError

log = logging.getLogger(__name__)

MOST_EVENTS = 500
"""Events that are known to be told; older ones are not found again."""


class Memory(msgspec.Struct):
    """Everything that is remembered; `waiting` holds by channel what it could not be told yet."""

    recorded_at: datetime | None = None
    judged_until: datetime | None = None
    standing: dict[str, Alarm] = {}
    told_events: list[str] = []
    waiting: dict[str, list[Message]] = {}

    def seen(self) -> Seen:
        """Say what was judged before."""
        since = [one.as_of for one in self.standing.values() if one.kind == "check" and one.as_of is not None]
        return Seen(self.recorded_at, self.judged_until, min(since, default=None))

    def learn(self, judged: Judged, events: Iterable[Alarm], now: datetime) -> list[Message]:
        """Take in what is alarming now; gives what is new, what changed and what is resolved."""
        self.recorded_at, self.judged_until = judged.recorded_at, judged.judged_until
        found = {one.key: one for one in judged.alarms if not one.is_event}
        news = [_message(now, "changed" if one.key in self.standing else "alarm", one) for one in self._new(found)]
        gone = [one for key, one in self.standing.items() if key not in found and not _is_hidden(one, found)]
        news += [_message(now, "resolved", one) for one in gone]
        hidden = {key: one for key, one in self.standing.items() if _is_hidden(one, found)}
        self.standing = {**hidden, **found}
        for one in (*(one for one in judged.alarms if one.is_event), *events):
            if one.key not in self.told_events:
                self.told_events = [*self.told_events, one.key][-MOST_EVENTS:]
                news.append(_message(now, "alarm", one))
        return news

    def _new(self, found: dict[str, Alarm]) -> list[Alarm]:
        known = {key: one.sign for key, one in self.standing.items()}
        return [one for key, one in found.items() if known.get(key) != one.sign]


def _is_hidden(one: Alarm, found: dict[str, Alarm]) -> bool:
    """Tell whether an alarm cannot be seen now, because the history cannot be read at all."""
    return "unreadable" in found and one.key not in found


def _message(now: datetime, state: str, alarm: Alarm) -> Message:
    return Message(now, state, alarm.kind, alarm.key, alarm.words)


def read(path: Path) -> Memory:
    """Read what is remembered, nothing where there is no file yet.

    A damaged file is named in the log and counts as none: the next one that is written takes its place.

    Raises:
        DiskError: the disk refused.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); mend the folder, then run again") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        words = "%s: what alerts remember is damaged (%s), so every alarm that stands is sent anew"
        log.warning(words, path, type(error).__name__)
        return Memory()


def write(memory: Memory, path: Path) -> None:
    """Replace the file whole.

    Raises:
        DiskError: the disk refused; what was remembered before is untouched.
    """
    try:
        put(path, msgspec.json.format(msgspec.json.encode(memory)))
    except OSError as error:
        raise DiskError(f"{path}: the disk refused ({error.strerror}); free space or mend the folder") from error
