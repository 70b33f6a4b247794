"""Files that were made for one version of the history, kept in memory within bounds: the next reader gets the same.

Readers of Parquet ask for a file in many parts, which all have to be of the same bytes.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from dagster_project.serve.conditions import Whole

T = TypeVar("T")

MOST_BYTES = 128 << 20
MOST_ANSWER_BYTES, LARGEST_ANSWER_BYTES = 32 << 20, 4 << 20
"""Of all cached answers together, and of one of them."""


class _Bounded(Generic[T]):
    """Things by key, within a bound on their bytes; the least recently used goes first. It takes no lock."""

    def __init__(self, most: int, bytes_of: Callable[[T], int]) -> None:
        self._most = most
        self._bytes_of = bytes_of
        self._bytes = 0
        self._found: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        if (found := self._found.get(key)) is not None:
            self._found.move_to_end(key)
        return found

    def add(self, key: Hashable, one: T) -> None:
        if key in self._found or self._bytes_of(one) > self._most:
            return
        self._found[key] = one
        self._bytes += self._bytes_of(one)
        while self._bytes > self._most:
            self._bytes -= self._bytes_of(self._found.popitem(last=False)[1])


class Kept:
    """What was made lately, by its key; safe for any number of threads, each thing made by one of them at a time."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Keep so many bytes in all; what is larger by itself is given and not kept."""
        self._files = _Bounded[bytes](most, len)
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Give what is kept under `key`, or make it; whoever asks for it meanwhile waits for it."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                with self._lock:
                    if (found := self._files.get(key)) is not None:
                        return found
                made = make()
                with self._lock:
                    self._files.add(key, made)
                return made
        finally:
            with self._lock:
                self._making.pop(key, None)


class AnswerCache:
    """Complete answers by tag, which names the published file and the question. For one event loop."""

    def __init__(self, most: int = MOST_ANSWER_BYTES, largest: int = LARGEST_ANSWER_BYTES) -> None:
        """Keep at most so many bytes in all, and no answer that is larger than `largest`."""
        self._largest = largest
        self._answers = _Bounded[Whole](most, lambda one: len(one.body))

    def get(self, tag: str) -> Whole | None:
        """Return a copy of the answer, None if it is not cached."""
        found = self._answers.get(tag)
        return None if found is None else found.copy()

    def add(self, tag: str, answer: Whole) -> None:
        """Cache a copy of an answer; errors and large answers are not cached."""
        if answer.status == 200 and len(answer.body) <= self._largest:
            self._answers.add(tag, answer.copy())
