"""A look at one address of a provider before anything is recorded: what is asked of it in turn, and what came of it.

Nothing is stored. Who runs them is snapshot/probe.py; which there are is each source's matter.
"""

from collections.abc import Generator
from dataclasses import dataclass

from dagster_project.model import Answer, Pull, Reason, Request


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an address can do, in words; a `reason` where it cannot, `is_partial` where it can answer some instants."""

    words: str
    reason: Reason | None = None
    is_partial: bool = False


Talk = Generator[Request, Answer, Verdict]


@dataclass(frozen=True, slots=True)
class Probe:
    """One address to look at; one good address of a `group` (a chain) is enough for a snapshot."""

    subject: str
    group: str
    talk: Talk


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pull of the latest tick, and the oldest instant (Unix seconds) that lacks a record, None where none does."""

    pull: Pull
    oldest: int | None
