"""Look at the history, remember, and tell what is new: the one function that cron, Dagster and the command line call.

What is alarming is judge.py. A channel that cannot be told fails nothing: its messages wait for the next time.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from dagster_project.alerts import memory as memories
from dagster_project.alerts.alarm import Alarm, Message
from dagster_project.alerts.judge import Judged, judge
from dagster_project.alerts.memory import Memory
from dagster_project.alerts.webhook import WebhookError, post
from dagster_project.settings.load import Settings
from dagster_project.warehouse.lock import exclusive

WAIT_SECONDS = 60
"""For another process that is telling; a webhook that hangs is given up long before."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is alarming now, what of it was news, and what is wrong with a channel, in words."""

    alarms: tuple[Alarm, ...]
    news: tuple[Message, ...]
    troubles: tuple[str, ...]


def look(settings: Settings, now: datetime) -> Judged:
    """Judge only; nothing is remembered and nobody is told."""
    return judge(settings, memories.read(_path(settings)).seen(), now)


def watch(settings: Settings, now: datetime, events: Sequence[Alarm] = ()) -> Watched:
    """Judge the history, tell every channel of the settings what is new, and remember it.

    A message is told at least once: who is killed between telling and remembering tells it again.

    Raises:
        PortfolioError: the memory cannot be read or written, or another process holds it for too long.
    """
    path = _path(settings)
    with exclusive(path.with_suffix(".lock"), WAIT_SECONDS):
        memory = memories.read(path)
        judged = judge(settings, memory.seen(), now)
        news = memory.learn(judged, events, now)
        channels = _channels(settings)
        memory.waiting = {name: [*memory.waiting.get(name, []), *news] for name in channels}
        if channels:
            memories.write(memory, path)
        troubles = tuple(words for name in channels if (words := _tell(settings, name, memory)) is not None)
        if channels:
            memories.write(memory, path)
    for words in troubles:
        log.warning("%s", words)
    return Watched((*judged.alarms, *events), tuple(news), troubles)


def _path(settings: Settings) -> Path:
    return settings.paths.root / "alerts.json"


def _channels(settings: Settings) -> list[str]:
    alerts = settings.alerts
    return [name for name, said in (("file", alerts.file), ("webhook", alerts.webhook_url_env)) if said is not None]


def _tell(settings: Settings, channel: str, memory: Memory) -> str | None:
    """Tell a channel what waits for it; what did not get through waits on. Gives what went wrong."""
    waiting = memory.waiting[channel]
    if not waiting:
        return None
    try:
        told = _append(settings, waiting) if channel == "file" else _post(settings, waiting)
    except (OSError, WebhookError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        return f"alerts: the {channel} cannot be told: {why}; {len(waiting)} messages wait for the next time"
    memory.waiting[channel] = waiting[told:]
    return None if told == len(waiting) else f"alerts: {len(waiting) - told} messages wait for the {channel}"


def _append(settings: Settings, messages: Sequence[Message]) -> int:
    """Append a line of JSON for each message."""
    file = settings.config.parent / (settings.alerts.file or "")
    with file.open("ab") as out:
        out.write(b"".join(msgspec.json.encode(one) + b"\n" for one in messages))
        out.flush()
        os.fsync(out.fileno())
    return len(messages)


def _post(settings: Settings, messages: Sequence[Message]) -> int:
    variable = settings.alerts.webhook_url_env or ""
    address = os.environ.get(variable, "").strip()
    if not address:
        raise WebhookError(f"{variable} is not set in the environment")
    return post(address, messages, f"portfolio snapshots{' (SIMULATED history)' if settings.is_simulated else ''}")
