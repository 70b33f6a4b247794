"""Whether a verb has the address space and the open files that it needs: without them libraries end in mid-work."""

import resource

from dagster_project.errors import DoNotRetryError

MEGABYTE = 1_000_000
TO_READ = 800
TO_WRITE = 3_000
"""Megabytes, of which most is reserved and never held."""

FILES = 48
"""Open files of a verb that does more than read."""

_READING = frozenset({"init", "doctor", "tokens", "plan", "status", "ask", "check", "alert", "page"})
_DRAWING = frozenset({"page"})
"""Reads, and reserves as much as verbs that write."""


def insist_on_room(verb: str) -> None:
    """Refuse a verb for which the limit on address space, or on open files, is too small.

    Raises:
        DoNotRetryError: with what it needs, and how to give it.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    needed = TO_READ if verb in _READING - _DRAWING else TO_WRITE
    if limit != resource.RLIM_INFINITY and limit < needed * MEGABYTE:
        raise DoNotRetryError(
            f"`ulimit -v` leaves {limit // MEGABYTE:,} MB of address space, {verb} needs {needed:,}; nothing is done. "
            "Run `ulimit -v unlimited` first, or bound what is held instead (MemoryMax= of systemd)"
        )
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if verb not in _READING - {"doctor", "tokens"} and files != resource.RLIM_INFINITY and files < FILES:
        raise DoNotRetryError(
            f"`ulimit -n` allows {files} open files, {verb} needs {FILES}; nothing is done. Run `ulimit -n 1024` first"
        )
