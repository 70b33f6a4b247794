"""How often a key may be used, held across all processes of a user: a token bucket and a monthly count per key.

The arithmetic is pyrate-limiter's; this module only keeps its state in a small locked file, named by a hash of the key.
"""

import fcntl
import hashlib
import logging
import os
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

from platformdirs import user_state_path
from pyrate_limiter import Limiter, Rate
from pyrate_limiter.abstracts.algorithm import Decision, State, StateAlgorithm, TokenBucket
from pyrate_limiter.abstracts.store import StateStore
from pyrate_limiter.buckets import StateBucket
from pyrate_limiter.clocks import WallClock
from pyrate_limiter.limiter import SingleBucketFactory

from dagster_project.errors import DiskError

log = logging.getLogger(__name__)

_RECORD = struct.Struct("<qqqq")
_CHECKSUM = struct.Struct("<I")
_SIZE = _RECORD.size + _CHECKSUM.size
_RECORDS_BEFORE = (_RECORD, struct.Struct("<qqq"))
"""As earlier versions wrote it: without a checksum, or without the time of writing too. It is the beginning of ours."""

_SET_BACK_US = 2_000_000
"""Microseconds that a clock may lie behind the time of writing: processes that wait for the lock are late by less."""

LONGEST_PAUSE = timedelta(hours=1)
"""No pause is longer; a use that is written down as further ahead comes of a spoiled file or a clock that was wrong."""


def _emission_us(rate: Rate) -> int:
    """How long one token takes, as the token bucket counts it."""
    return ceil(rate.interval * 1000 / rate.limit)


def state_path(host: str, key: str) -> Path:
    """Give the file that holds a key's use; the name cannot be turned back into the key."""
    name = hashlib.sha256(f"{host}\0{key}".encode()).hexdigest()[:32]
    return user_state_path("portfolio-snapshots") / "limits" / name


@dataclass(slots=True)
class Use:
    """A key's use: the token bucket's arrival time in microseconds since 1970, and the requests of one UTC month.

    `written_us` is when it was written; a clock that is behind it was set back.
    """

    arrival_us: int = 0
    month: int = 0
    requests: int = 0
    written_us: int = 0

    def at(self, now_us: int) -> "Use":
        """Give the use by a clock: where that was set back, what is to be waited for stays as long as it was."""
        back_us = self.written_us - now_us
        return self if back_us <= _SET_BACK_US else replace(self, arrival_us=max(0, self.arrival_us - back_us))


def _packed(use: Use) -> bytes:
    record = _RECORD.pack(use.arrival_us, use.month, use.requests, _now_us())
    return record + _CHECKSUM.pack(zlib.crc32(record))


def _unpacked(stored: bytes) -> Use | None:
    """Read a use; None where the bytes are not what this program wrote."""
    if not stored:
        return Use()
    for earlier in _RECORDS_BEFORE:
        if len(stored) == earlier.size:
            return Use(*earlier.unpack(stored))
    record, checksum = stored[: _RECORD.size], stored[_RECORD.size :]
    is_whole = len(stored) == _SIZE and _CHECKSUM.unpack(checksum) == (zlib.crc32(record),)
    return Use(*_RECORD.unpack(record)) if is_whole else None


def _now_us() -> int:
    return time.time_ns() // 1000


class KeyState:
    """The use of one key, read and changed under a lock that every process honours."""

    def __init__(self, path: Path) -> None:
        """Keep the state at `path`; its folder is made, readable by its owner alone.

        Raises:
            DiskError: the folder cannot be written.
        """
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            remedy = "mend the folder, or point XDG_STATE_HOME elsewhere; without it no pace can be kept"
            raise DiskError(f"{path.parent}: the disk refused ({error.strerror}); {remedy}") from error

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    @contextmanager
    def change(self) -> Iterator[Use]:
        """Lock, give the use, and write back what the caller made of it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            use = (self._read() or Use()).at(_now_us())
            yield use
            os.pwrite(self._file, _packed(use), 0)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read(self) -> Use | None:
        """Read what is stored; what is damaged is named, cut off, and counted from nothing."""
        stored = os.pread(self._file, _SIZE + 1, 0)
        use = _unpacked(stored)
        if use is None:
            words = "%s: the record of a key's use is damaged, so its pace and this month's requests are counted anew"
            log.warning(words, self._path)
            os.ftruncate(self._file, 0)
        return use

    def spend(self, quota: int | None, now: datetime) -> bool:
        """Count one request of the UTC month; False, and nothing counted, where the quota is used up."""
        month = now.astimezone(UTC).year * 100 + now.astimezone(UTC).month
        with self.change() as use:
            if use.month != month:
                use.month, use.requests = month, 0
            if quota is not None and use.requests >= quota:
                return False
            use.requests += 1
            return True

    def spent(self, now: datetime) -> int:
        """Tell how many requests of this UTC month were counted."""
        with self.change() as use:
            return use.requests if use.month == now.astimezone(UTC).year * 100 + now.astimezone(UTC).month else 0


class SharedStore(StateStore):
    """The token bucket's state in the key's file, for every process at once."""

    default_clock = WallClock()

    def __init__(self, state: KeyState) -> None:
        """Keep the bucket in `state`."""
        self._state = state

    def check(self, algorithm: StateAlgorithm, rates: list[Rate], now: int, weight: int) -> Decision:
        """Take `weight` tokens at `now` (milliseconds since 1970) if they are there."""
        longest_us = LONGEST_PAUSE // timedelta(microseconds=1) + sum(rate.burst * _emission_us(rate) for rate in rates)
        with self._state.change() as use:
            if use.arrival_us > (now + 1) * 1000 + longest_us:
                use.arrival_us = 0
            state, decision = algorithm.step(rates, (use.arrival_us,), now, weight)
            use.arrival_us = int(state[0])
            return decision

    def read(self, algorithm: StateAlgorithm, rates: list[Rate]) -> State:
        """Give the current arrival time, for reporting; the policy and its rates do not matter to it."""
        del algorithm, rates
        with self._state.change() as use:
            return (use.arrival_us,)

    def reset(self) -> None:
        """Forget what was spent."""
        with self._state.change() as use:
            use.arrival_us = 0


class KeyLimiter:
    """Paces one key: so many requests a second over all processes, and a pause where the provider asks for one."""

    def __init__(self, state: KeyState, requests_per_second: float) -> None:
        """Allow `requests_per_second`, evenly; only above a hundred a second, a hundredth of it at once."""
        burst = max(1, ceil(requests_per_second / 100))
        whole = max(1, int(requests_per_second * 1000))  # in so many requests a millisecond more or less is nothing
        self._state = state
        self._rate = Rate(whole, ceil(whole * 1000 / requests_per_second), burst=burst)
        bucket = StateBucket([self._rate], TokenBucket(), SharedStore(state))
        self._limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=0)

    async def wait(self) -> None:
        """Return when a request may be sent."""
        await self._limiter.try_acquire_async()

    def pause_until(self, instant: datetime) -> None:
        """Let no request of this key go before `instant`, in any process; for `LONGEST_PAUSE` from now at most."""
        instant = min(instant, datetime.now(UTC) + LONGEST_PAUSE)
        arrival_us = int(instant.timestamp() * 1_000_000) + (self._rate.burst - 1) * _emission_us(self._rate)
        with self._state.change() as use:
            use.arrival_us = max(use.arrival_us, arrival_us)
