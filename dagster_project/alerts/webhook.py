"""Post messages to a webhook as Slack understands them; its address is a secret and stands in no word that leaves here.

The wire is the one of sources/transport.py: no redirect, no proxy to this machine, timeouts, errors without addresses.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import msgspec
import stamina

from dagster_project.alerts.alarm import Message
from dagster_project.sources.address import is_loopback
from dagster_project.sources.failures import reason_of_error
from dagster_project.sources.transport import TARGET, WireTransport

AT_ONCE = 20
"""Messages in one post; Slack cuts a text at 40,000 letters."""

TIMEOUTS = (5.0, 10.0, 15.0)
"""Seconds to connect, between two reads, and for a post as a whole."""

TRIES = 3
MARKS = {
    "alarm": "\N{POLICE CARS REVOLVING LIGHT}",
    "changed": "\N{WARNING SIGN}",
    "resolved": "\N{WHITE HEAVY CHECK MARK}",
}


class _TryAgainError(Exception):
    """The post may get through later; says why in a code."""


class WebhookError(Exception):
    """The post did not get through; says why in a code, never with the address."""


def post(address: str, messages: Sequence[Message], title: str) -> int:
    """Post all messages in order, some at once; gives how many got through before one did not.

    Raises:
        WebhookError: none of them did.
    """
    _check(address)
    return asyncio.run(_post(address, messages, title))


async def _post(address: str, messages: Sequence[Message], title: str) -> int:
    parts = urlsplit(address)
    told = 0
    host = f"{parts.scheme}://{parts.netloc}"
    wire = WireTransport(host, {}, TIMEOUTS, is_direct=is_loopback(address))
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        for start in range(0, len(messages), AT_ONCE):
            some = messages[start : start + AT_ONCE]
            try:
                await _send(wire, _request(host, target, slack(some, title)))
            except WebhookError:
                if told:
                    return told
                raise
            told += len(some)
    finally:
        await wire.aclose()
    return told


def _request(host: str, target: str, content: bytes) -> httpx.Request:
    """Make the post; the host is that of the address, since a service that has several names asks for its own."""
    headers = {"Content-Type": "application/json"}
    return httpx.Request("POST", host, headers=headers, content=content, extensions={TARGET: target})


async def _send(wire: WireTransport, request: httpx.Request) -> None:
    try:
        async for attempt in stamina.retry_context(_TryAgainError, TRIES, timeout=30, wait_initial=0.2, wait_max=5):
            with attempt:
                await _send_once(wire, request)
    except _TryAgainError as error:
        raise WebhookError(str(error)) from None


async def _send_once(wire: WireTransport, request: httpx.Request) -> None:
    try:
        response = await wire.handle_async_request(request)
        await response.aclose()
    except httpx.TransportError as error:
        raise _TryAgainError(str(reason_of_error(error)[1])) from None
    if response.is_success:
        return
    words = (
        "it redirects, which is not followed; write its new address"
        if response.is_redirect
        else f"it answered {response.status_code}"
    )
    raise (_TryAgainError if response.status_code == 429 or response.is_server_error else WebhookError)(words)


def slack(messages: Sequence[Message], title: str) -> bytes:
    """Write messages as Slack's JSON; its three letters of markup are written as themselves."""
    lines = [f"{MARKS[one.state]} {one.state} {one.kind}: {one.words}" for one in messages]
    text = "\n".join([title, *lines])
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return msgspec.json.encode({"text": plain})


def _check(address: str) -> None:
    no_address = "what the variable holds is no address; write https://..."
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise WebhookError(no_address) from None
    if not is_whole or not address.isascii() or not address.isprintable() or " " in address:
        raise WebhookError(no_address)
    if parts.username or parts.password:
        raise WebhookError("the address must carry no user; write https://...")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(address)):
        raise WebhookError("the address is not https, so its secret would travel in the open")
