"""The only door out: sends one request politely and gives back what came, good or bad, never an exception.

Pacing per key is limits.py, reasons are failures.py; what a body means is normalise/.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx
import stamina

from dagster_project.model import Answer, Reason, Request
from dagster_project.sources.access import Access
from dagster_project.sources.body import BodyError, read_body
from dagster_project.sources.failures import (
    is_worth_another_try,
    reason_of_error,
    reason_of_status,
)
from dagster_project.sources.limits import KeyLimiter
from dagster_project.sources.transport import TARGET, WireTransport
from dagster_project.sources.waiting import asked_wait

LIVED_HEADER = "X-Simulated-Now"
"""Tells the simulator which instant is being lived, Unix seconds; sent to nobody else."""

KEPT_HEADERS = frozenset({"content-type", "content-encoding", "date", "retry-after", "x-request-id"})
KEPT_PREFIX = "x-ratelimit-"
LONGEST_HEADER = 200

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Heard = Callable[[Answer], None]


class _TryAgainError(Exception):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(str(answer.reason))


class Door:
    """One provider's way out: a connection pool, bounded concurrency, pacing and narrow retries."""

    def __init__(self, access: Access) -> None:
        """Prepare; no connection is opened before the first request."""
        patience = access.patience
        stamina.instrumentation.set_on_retry_hooks([])  # retries are logged below, in our own words
        self._access = access
        self.concurrency = access.concurrency
        self._slots = asyncio.Semaphore(access.concurrency)
        self._limiter: KeyLimiter | None = None
        if access.key_state is not None and access.requests_per_second is not None:
            self._limiter = KeyLimiter(access.key_state, access.requests_per_second)
        first, longest = (0.0, 0.0) if access.is_simulated else (patience.first_wait, patience.longest_wait)
        self._again = stamina.AsyncRetryingCaller(
            attempts=patience.tries, timeout=None, wait_initial=first, wait_max=longest, wait_jitter=first
        ).on(self._wait_after)
        self._base = httpx.URL(access.base_url)
        self._transport = WireTransport(
            access.base_url,
            {"Accept": "application/json", "Accept-Encoding": "gzip", **access.headers},
            access.concurrency,
            (patience.connect, patience.read, patience.one_try),
        )

    async def __aenter__(self) -> Self:
        """Open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections and give the key's file back."""
        await self._transport.aclose()
        if self._access.key_state is not None:
            self._access.key_state.close()

    async def ask(self, request: Request, clock: Clock, heard: Heard) -> Answer:
        """Send `request` until it is answered or not worth trying; `heard` gets the answer of every try.

        `clock` gives the instant being lived. Returns the last answer, whose `reason` is None where the provider
        said 200. Nothing that the network or the provider does is raised.
        """
        async with self._slots:
            try:
                return await self._try(request, clock, heard)
            except _TryAgainError as first:
                return await self._persist(first, request, clock, heard)

    async def _persist(self, first: _TryAgainError, request: Request, clock: Clock, heard: Heard) -> Answer:
        """Try again as long as that is worth it; a first try that succeeds never pays for this."""
        failed: list[_TryAgainError] = [first]

        async def once() -> Answer:
            if failed:
                raise failed.pop()
            return await self._try(request, clock, heard)

        try:
            return await self._again(once)
        except _TryAgainError as exhausted:
            return exhausted.answer

    async def _try(self, request: Request, clock: Clock, heard: Heard) -> Answer:
        state = self._access.key_state
        if state is not None and not state.spend(self._access.monthly_quota, clock()):
            detail = (
                f"the {self._access.monthly_quota:,} requests of this month are used up; raise monthly_quota or wait"
            )
            return Answer(clock(), 0.0, reason=Reason.QUOTA, detail=detail)
        if self._limiter is not None:
            await self._limiter.wait()
        answer = await self._send(request, clock)
        heard(answer)
        if self._limiter is not None and (pause := asked_wait(answer, only_when_spent=True)):
            self._limiter.pause_until(datetime.now(UTC) + pause)
        if is_worth_another_try(answer):
            raise _TryAgainError(answer)
        return answer

    def _wait_after(self, error: Exception) -> bool | float:
        """Decide on a retry: none, after the wait that the provider asked for, or by the usual backoff."""
        if not isinstance(error, _TryAgainError):
            return False
        log.info("%s: %s, asking again", self._access.host, error)
        wait = asked_wait(error.answer)
        if wait is None or self._access.is_simulated:
            return True
        return wait.total_seconds() if wait.total_seconds() <= self._access.patience.longest_wait else False

    async def _send(self, request: Request, clock: Clock) -> Answer:
        """Send once; every way of failing becomes an answer with a reason."""
        started = perf_counter()
        status: int | None = None
        headers: dict[str, str] = {}
        body, reason, detail = b"", None, None
        try:
            response = await self._transport.handle_async_request(self._build(request, clock))
            status, headers = response.status_code, self._kept(response.headers)
            try:
                body = await read_body(response, self._access.largest_body)
            finally:
                await response.aclose()
            reason, detail = reason_of_status(status)
        except BodyError as error:
            body, reason, detail = error.kept, error.reason, str(error)
        except httpx.TransportError as error:
            reason, detail = reason_of_error(error)
        if detail is not None:
            detail = f"{request.method} {self._access.host}{request.template}: {detail}"
        elapsed_ms = (perf_counter() - started) * 1000
        return Answer(clock(), elapsed_ms, status, headers, self._without_key(body), reason, detail)

    def _build(self, request: Request, clock: Clock) -> httpx.Request:
        """Make the request; its target stands ready encoded, as httpx would parse the whole URL each time anew."""
        target = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
        lived = {LIVED_HEADER: str(int(clock().timestamp()))} if self._access.is_simulated else {}
        return httpx.Request(request.method, self._base, headers=lived, extensions={TARGET: target})

    def _kept(self, headers: httpx.Headers) -> dict[str, str]:
        """Give the headers worth keeping, short, and without the key."""
        return {
            name: self._without_key(value.encode()).decode(errors="replace")[:LONGEST_HEADER]
            for name, value in headers.items()
            if name in KEPT_HEADERS or name.startswith(KEPT_PREFIX)
        }

    def _without_key(self, text: bytes) -> bytes:
        """Blot the key out of what a provider echoes; the only change ever made to an answer."""
        secret = self._access.secret
        return text.replace(secret, b"*" * len(secret)) if secret and secret in text else text
