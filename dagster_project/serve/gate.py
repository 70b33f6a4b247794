"""Who gets in: host, pace, key, size and patience of a request, and whether the asker has the answer already.

What is refused here is written in the shape of the family that was asked. What is answered is the families'; which
part of an answer is sent is conditions.py.
"""

import base64
import binascii
import hashlib
import hmac
import math
import time
import uuid
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from importlib import metadata

from anyio import fail_after
from anyio.to_thread import run_sync
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dagster_project.errors import PortfolioError
from dagster_project.serve.conditions import Whole, finish, is_known, unchanged
from dagster_project.serve.family import Family
from dagster_project.serve.kept import AnswerCache
from dagster_project.serve.rate import Allowance, Buckets
from dagster_project.serve.refused import RefusedError, refused
from dagster_project.serve.service import OPENED, SERVICE, Service
from dagster_project.serve.target import read_target

LARGEST_BODY = 1 << 20
BODY_SECONDS = 10.0
"""How large a request's body may be, in bytes, and how long it may take to arrive."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MADE_BY = tuple(metadata.version(name) for name in ("portfolio-snapshots", "duckdb", "pyarrow"))
"""What an answer's bytes depend on beside the published file."""


class Gate:
    """Stands before the families; the last of them owns every path that is no other's."""

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        families: Sequence[Family],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let requests through to `app`."""
        self._app = app
        self._service = service
        self._families = families
        self._monotonic = monotonic
        self._buckets = Buckets(service.settings.requests_per_minute)
        self._answers = AnswerCache()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            return
        target = read_target(scope)
        scope = target.scope
        family = next(one for one in self._families if scope["path"].startswith(one.prefix))
        allowance = self._buckets.take(scope["client"][0] if scope["client"] else "", self._monotonic())
        send = self._marked(send, allowance)
        try:
            self._judge(Headers(scope=scope), allowance)
            if target.fault is not None:
                raise target.fault
            body = await _body(scope, receive)
            opened = await run_sync(self._service.reader.take)
        except PortfolioError as error:
            refusal = error if isinstance(error, RefusedError) else refused(503, "not_served", str(error))
            await family.refuse(refusal, scope["path"], self._service.clock())(scope, receive, send)
            return
        except ClientDisconnect:
            return
        try:
            scope = {**scope, SERVICE: self._service, OPENED: opened}
            again = _again(body, receive)
            response = await self._answer(family, scope, again, send)
            await response(scope, again, send)
        finally:
            self._service.reader.give_back(opened)

    async def _answer(self, family: Family, scope: Scope, receive: Receive, send: Send) -> ASGIApp:
        """Give the answer; HEAD has that of GET, whose body uvicorn leaves out."""
        if scope["method"] not in ("GET", "HEAD"):
            return self._app
        asked = Headers(scope=scope)
        tag = _tag(scope, gives_known=self._service.gives_known)
        etag = f'W/"{tag}"' if family.may_differ(scope) else f'"{tag}"'
        modified = format_datetime(scope[OPENED].published_at, usegmt=True)
        if is_known(asked, etag):
            return unchanged(etag, modified)
        whole = self._answers.get(tag)
        if whole is None:
            whole = Whole()
            try:
                await self._app({**scope, "method": "GET"}, receive, whole.collect)
            except Exception:
                if whole.status:
                    await whole.response()(scope, receive, send)  # the error's body; the error is raised to be logged
                raise
            self._answers.add(tag, whole)
        try:
            return finish(whole, asked, etag, modified, is_get=scope["method"] == "GET")
        except RefusedError as refusal:
            return family.refuse(refusal, scope["path"], self._service.clock())

    def _judge(self, headers: Headers, allowance: Allowance) -> None:
        """Refuse who comes under a foreign name, too fast, or without the key."""
        key = self._service.key
        if key is None and _host(headers) not in _LOOPBACK | {self._service.settings.host.lower()}:
            words = "this server answers under its own name only; with a key (api_key_env) it answers under any"
            raise refused(421, "foreign_host", words)
        if not allowance.passes:
            words = "The limit of requests per minute has been exceeded"
            raise refused(429, "too_many_requests", words, Retry_After=str(math.ceil(allowance.next_in)))
        if key is not None and not _is_key(_told(headers), key.get_secret_value()):
            raise refused(401, "no_key", "Invalid or missing API key", WWW_Authenticate="Bearer, Basic")

    def _marked(self, send: Send, allowance: Allowance) -> Send:
        """Put on every answer what all of them say."""
        reset_at = math.ceil(self._service.clock().timestamp() + allowance.full_in)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "private, no-cache"
                headers["Vary"] = "Accept, Authorization, x-api-key"
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Request-Id"] = uuid.uuid4().hex
                headers["x-ratelimit-limit"] = str(self._buckets.per_minute)
                headers["x-ratelimit-remaining"] = str(allowance.remaining)
                headers["x-ratelimit-reset"] = str(reset_at)
            await send(message)

        return marked


def _host(headers: Headers) -> str:
    host = headers.get("host", "").lower()
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _told(headers: Headers) -> str:
    """Give the key that was sent: as a bearer token, in a header of its own, or as a browser's password."""
    kind, _, told = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(told, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return told.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")


def _is_key(told: str, key: str) -> bool:
    """Compare in a time that says nothing of where they differ."""
    return hmac.compare_digest(told.encode(), key.encode())


async def _body(scope: Scope, receive: Receive) -> bytes:
    """Read the whole body, so that nobody can hold a version of the file open by sending slowly."""
    if scope["method"] in ("GET", "HEAD"):
        return b""
    body = bytearray()
    try:
        with fail_after(BODY_SECONDS):
            async for chunk in Request(scope, receive).stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise refused(413, "too_large", f"a body may have {LARGEST_BODY:,} bytes; ask for less at once")
    except TimeoutError:
        raise refused(
            408, "too_slow", f"the body did not arrive within {BODY_SECONDS:g} s", Connection="close"
        ) from None
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read, and after it what the connection says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _tag(scope: Scope, *, gives_known: bool) -> str:
    """Name what is answered: the same question in the same form about the same published file has the same answer."""
    accept = Headers(scope=scope).get("accept", "")
    question = (scope[OPENED].version_id, scope["raw_path"], scope["query_string"], accept, gives_known, _MADE_BY)
    return hashlib.sha256(repr(question).encode()).hexdigest()[:32]
