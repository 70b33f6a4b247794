"""The only door out: sends one request politely and gives back what came, good or bad, never an exception.

Pacing per key is limits.py, reasons are failures.py; what a body means is normalise/.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import perf_counter
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx
import stamina

from dagster_project.model import Answer, Reason, Request
from dagster_project.sources.access import Access
from dagster_project.sources.body import BodyError, read_body
from dagster_project.sources.failures import Trouble, is_worth_another_try, reason_of, reason_of_error
from dagster_project.sources.limits import KeyLimiter
from dagster_project.sources.redaction import Redactor
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
        self._longest_wait = timedelta(seconds=patience.longest_wait)
        self._redactor = Redactor(access.secret)
        self._base = httpx.URL(access.base_url)
        self._transport = WireTransport(
            access.base_url,
            {"Accept": "application/json", "Accept-Encoding": "gzip", **access.headers},
            (patience.connect, patience.read, patience.one_try),
            is_direct=access.is_loopback,
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
        gave a status of success. Nothing that the network or the provider does is raised.
        """
        async with self._slots:
            answer = await self._try(request, clock, heard)
            return await self._persist(answer, request, clock, heard) if is_worth_another_try(answer) else answer

    async def _persist(self, answer: Answer, request: Request, clock: Clock, heard: Heard) -> Answer:
        """Try again as long as that is worth it; a first try that succeeds never pays for this."""
        patience = self._access.patience
        first, longest = (0.0, 0.0) if self._access.is_simulated else (patience.first_wait, patience.longest_wait)
        tries = stamina.retry_context(
            self._wait_after, patience.tries, timeout=None, wait_initial=first, wait_max=longest, wait_jitter=first
        )
        with suppress(_TryAgainError):
            async for one in tries:
                with one:
                    if one.num > 1:  # the first is behind us
                        log.info("%s: %s, asking again", self._access.host, answer.reason)
                        answer = await self._try(request, clock, heard)
                    if is_worth_another_try(answer):
                        raise _TryAgainError(answer)
        return answer

    def _wait_after(self, error: Exception) -> bool | float:
        """Decide on a retry: none, after the wait that the provider asked for, or by the usual backoff."""
        if not isinstance(error, _TryAgainError):
            return False
        wait = asked_wait(error.answer)
        if wait is None or self._access.is_simulated:
            return True
        return wait.total_seconds() if wait <= self._longest_wait else False

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
        if self._limiter is not None and not self._access.is_simulated:
            pause = asked_wait(answer, only_when_spent=True)
            if pause:
                self._limiter.pause_until(datetime.now(UTC) + min(pause, self._longest_wait))
        return answer

    async def _send(self, request: Request, clock: Clock) -> Answer:
        """Send once; every way of failing becomes an answer with a reason."""
        started = perf_counter()
        status: int | None = None
        headers: dict[str, str] = {}
        body = b""
        trouble: Trouble | None = None
        try:
            response = await self._transport.handle_async_request(self._build(request, clock))
            status, headers = response.status_code, self._kept(response.headers)
            try:
                body = self._redactor.redact(await read_body(response, self._access.largest_body))
            finally:
                await response.aclose()
        except BodyError as error:
            body, trouble = self._redactor.redact_torn(error.kept), (error.reason, str(error))
        except httpx.TransportError as error:
            trouble = reason_of_error(error)
        reason, detail = reason_of(status, trouble)
        if detail is not None:
            detail = f"{request.method} {self._access.host}{request.template}: {detail}"
        elapsed_ms = (perf_counter() - started) * 1000
        return Answer(clock(), elapsed_ms, status, headers, body, reason, detail)

    def _build(self, request: Request, clock: Clock) -> httpx.Request:
        """Make the request; its target stands ready encoded, as httpx would parse the whole URL each time anew."""
        target = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
        headers = {LIVED_HEADER: str(int(clock().timestamp()))} if self._access.is_simulated else {}
        if request.content:
            headers["Content-Type"] = "application/json"
        content = request.content.encode() or None
        return httpx.Request(request.method, self._base, headers=headers, content=content, extensions={TARGET: target})

    def _kept(self, headers: httpx.Headers) -> dict[str, str]:
        """Give the headers worth keeping, short, and without the key.

        Where time is simulated, the date of a server that does not live in that time says nothing.
        """
        kept = KEPT_HEADERS - {"date"} if self._access.is_simulated and LIVED_HEADER not in headers else KEPT_HEADERS
        return {
            name: self._redactor.redact(value.encode()).decode(errors="replace")[:LONGEST_HEADER]
            for name, value in headers.items()
            if name in kept or (name.startswith(KEPT_PREFIX) and not self._redactor.holds(name.encode()))
        }
