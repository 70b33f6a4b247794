"""Promises of the door: whatever a network or a provider does comes back as one answer, never as an exception."""

import asyncio
import dataclasses
import gzip
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from dagster_project.model import Answer, Reason
from dagster_project.sources.access import Access
from dagster_project.sources.http import Door
from tests.sources.asking import ONCE, QUESTION, Heard, ask, ask_at, ask_in_turn, ask_together, put
from tests.sources.misbehaviour import (
    ALL,
    BODY,
    BROKEN,
    REFUSED_AND_BROKEN,
    STATUSES,
    SUCCESSES,
    UNDECODABLE,
    WHOLE,
    Case,
)
from tests.sources.scripted_server import cut, deaf, drip, half, head, nobody, reply, serving
from tests.sources.self_signed import self_signed


def answer_to(case: Case) -> Answer:
    """What the door makes of it, in one try."""
    with serving(case.said) as server:
        heard = ask_at(server.url, dataclasses.replace(ONCE, read=case.read))
    assert heard.tries == [heard.answer]
    return heard.answer


def summary(answer: Answer) -> tuple[Reason | None, int | None, bytes]:
    """What a case says of an answer."""
    return answer.reason, answer.status, answer.body


@pytest.mark.parametrize("name", WHOLE)
def test_good_answers(name: str) -> None:
    """An answer that says 200 and comes whole is given byte for byte, without a reason, however oddly it is sent."""
    case = WHOLE[name]
    answer = answer_to(case)
    assert summary(answer) == (None, 200, case.body)
    assert answer.detail is None


@pytest.mark.parametrize("name", SUCCESSES)
def test_every_status_of_success_is_an_answer(name: str) -> None:
    """An answer with 201 to a POST, or 203 from a cache, is as good as one with 200: its body says the rest."""
    case = SUCCESSES[name]
    answer = answer_to(case)
    assert summary(answer) == (None, case.status, case.body)
    assert answer.detail is None


@pytest.mark.parametrize("name", STATUSES)
def test_statuses(name: str) -> None:
    """Each status that is no whole success has its named reason, and what came with it is kept byte for byte."""
    case = STATUSES[name]
    answer = answer_to(case)
    assert summary(answer) == (case.reason, case.status, case.body)
    assert f"HTTP {case.status}: " in (answer.detail or "")


@pytest.mark.parametrize("name", REFUSED_AND_BROKEN)
def test_refusals_with_broken_bodies(name: str) -> None:
    """A refusal is told as a refusal, with as much of its body as came, even where the body is broken as well."""
    case = REFUSED_AND_BROKEN[name]
    assert summary(answer_to(case)) == (case.reason, case.status, case.body)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answers(name: str) -> None:
    """A broken or silent connection has its named reason, and what came before it broke is kept."""
    case = BROKEN[name]
    answer = answer_to(case)
    assert summary(answer) == (case.reason, case.status, case.body)
    assert answer.detail


@pytest.mark.parametrize("name", UNDECODABLE)
def test_undecodable_answers(name: str) -> None:
    """An encoding that nobody asked for, or that is broken, is undecodable and never taken for an answer."""
    case = UNDECODABLE[name]
    assert summary(answer_to(case)) == (case.reason, case.status, case.body)


def test_trailing_garbage_is_no_part_of_a_good_answer() -> None:
    """Bytes that follow the end of the gzip encoding and are no gzip make the body undecodable."""
    case = Case(reply(200, gzip.compress(BODY) + b"garbage", {"Content-Encoding": "gzip"}), Reason.UNDECODABLE)
    assert answer_to(case).reason is Reason.UNDECODABLE


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_both_loops(run: Callable[[Coroutine[Any, Any, Heard]], Heard]) -> None:
    """The door works the same in either event loop, good answers and broken ones."""

    async def twice(url: str) -> Heard:
        async with Door(Access(url, patience=ONCE)) as door:
            first, second = await put(door), await put(door)
            return Heard(second.answer, [*first.tries, *second.tries])

    with serving(reply(200, BODY), cut(half(b"{" * 100_000))) as server:
        heard = run(twice(server.url))
    assert [answer.reason for answer in heard.tries] == [None, Reason.INTERRUPTED]


def test_nobody_there() -> None:
    """A refused connection is unreachable."""
    with nobody() as url:
        assert ask_at(url).answer.reason is Reason.UNREACHABLE


def test_no_such_host() -> None:
    """A host that nobody knows is unreachable."""
    answer = ask_at("http://nohost.invalid", dataclasses.replace(ONCE, connect=5)).answer
    assert answer.reason is Reason.UNREACHABLE
    assert "nohost.invalid" in (answer.detail or "")


def test_no_connection_in_time() -> None:
    """A connection that does not come about in time is unreachable, not a slow answer."""
    with deaf() as url:
        answer = ask_at(url, dataclasses.replace(ONCE, connect=0.3, read=5)).answer
    assert answer.reason is Reason.UNREACHABLE


def test_a_certificate_that_nobody_vouches_for() -> None:
    """A server whose certificate cannot be checked is unreachable, and no request is ever sent to it."""
    with self_signed("127.0.0.1") as tls, serving(reply(200, BODY), tls=tls) as server:
        answer = ask_at(server.url).answer
        assert server.connections > 0
    assert answer.reason is Reason.UNREACHABLE
    assert server.requests == []


def test_a_body_that_drips_for_ever() -> None:
    """A body that never pauses for long and never ends is a timeout when the time of one try is over."""
    with serving(drip(head(200, {"Content-Length": "10000"}), b" ", 9_000, seconds=0.01)) as server:
        answer = ask_at(server.url, dataclasses.replace(ONCE, one_try=0.7)).answer
    assert answer.reason is Reason.TIMEOUT


def test_a_surplus_answer_is_not_taken_for_the_next() -> None:
    """What a server says beyond the promised length is never the answer to a later question."""
    forged = reply(200, b'{"forged": true}')
    with serving(reply(200, BODY) + forged, reply(200, BODY)) as server:
        heard = ask_in_turn(Access(server.url, patience=ONCE), [QUESTION] * 4)
    assert all(b"forged" not in one.answer.body for one in heard)


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    """A server that closes after each answer is asked over a new connection, and nothing fails."""
    closing = cut(reply(200, BODY, {"Connection": "close"}))
    with serving(closing) as server:
        heard = ask_in_turn(Access(server.url, patience=ONCE), [QUESTION] * 3)
    assert [one.answer.reason for one in heard] == [None] * 3
    assert server.connections == 3


def test_a_connection_is_used_again() -> None:
    """Requests in turn go over one connection."""
    with serving(reply(200, BODY)) as server:
        ask_in_turn(Access(server.url, patience=ONCE), [QUESTION] * 5)
    assert (len(server.requests), server.connections) == (5, 1)


def test_ipv6() -> None:
    """An IPv6 address is asked like any other, and stands in messages without its brackets."""
    with serving(reply(500), host="::1") as server:
        answer = ask_at(server.url).answer
    assert (answer.reason, answer.status) == (Reason.SERVER_ERROR, 500)
    assert "::1/things/{id}" in (answer.detail or "")


@pytest.mark.parametrize("name", {case.reason: name for name, case in ALL.items() if case.reason}.values())
def test_messages_tell_host_and_template_only(name: str) -> None:
    """A message names method, host and path template; neither path, nor query, nor port stand in it."""
    case = ALL[name]
    with serving(case.said) as server:
        detail = ask_at(server.url, dataclasses.replace(ONCE, read=case.read)).answer.detail or ""
    assert detail.startswith("GET 127.0.0.1/things/{id}: ")
    port = server.url.rpartition(":")[2]
    assert not [word for word in ("things/7", "quote", "usd", "?", port, "http:") if word in detail]


def test_headers_worth_keeping() -> None:
    """Type, encoding, date, request id and rate limits are kept, each cut to 200 letters; nothing else is."""
    kept = {
        "date": "Thu, 01 Jan 2026 00:00:00 GMT",
        "retry-after": "5",
        "x-request-id": "abc",
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "59",
    }
    dropped = {"Server": "nginx", "Set-Cookie": "session=1", "X-Powered-By": "x", "Location": "/elsewhere"}
    with serving(reply(200, BODY, kept | dropped | {"X-RateLimit-Policy": "p" * 5_000})) as server:
        headers = ask_at(server.url).answer.headers
    assert headers == kept | {"content-type": "application/json", "x-ratelimit-policy": "p" * 200}


def test_what_is_sent() -> None:
    """A request carries the key's header, asks for JSON and gzip, and says nothing else: no cookie, no lived time."""
    with serving(reply(200, BODY)) as server:
        ask(Access(server.url, headers={"Authorization": "Bearer of-a-test"}, patience=ONCE))
    assert server.lines == ["GET /things/7?quote=usd HTTP/1.1"]
    said = dict(line.split(": ", 1) for line in server.requests[0].splitlines()[1:] if line)
    assert {name.lower() for name in said} - {"user-agent"} == {"accept", "accept-encoding", "authorization", "host"}
    assert server.values("accept") + server.values("accept-encoding") == ["application/json", "gzip"]
    assert server.values("authorization") == ["Bearer of-a-test"]
    assert server.values("host") == [server.url.removeprefix("http://")]


def test_a_query_is_encoded() -> None:
    """Letters that mean something in a URL are encoded in a query, so that they cannot add to it."""
    request = dataclasses.replace(QUESTION, query=(("name", "a&key=b #é"), ("name", "c")))
    with serving(reply(200, BODY)) as server:
        ask(Access(server.url, patience=ONCE), request)
    assert server.lines == ["GET /things/7?name=a%26key%3Db+%23%C3%A9&name=c HTTP/1.1"]


def test_a_base_url_with_a_path() -> None:
    """A base URL's own path comes before the path of the request."""
    with serving(reply(200, BODY)) as server:
        ask(Access(f"{server.url}/credmark", patience=ONCE), dataclasses.replace(QUESTION, query=()))
    assert server.lines == ["GET /credmark/things/7 HTTP/1.1"]


def test_answers_belong_to_their_questions() -> None:
    """Many at once over a few connections: each asker gets the answer to its own question."""
    requests = [dataclasses.replace(QUESTION, path=f"/things/{number}", query=()) for number in range(60)]
    with serving(lambda _, request: reply(200, request.split(b" ")[1])) as server:
        heard = ask_together(Access(server.url, concurrency=4, patience=ONCE), requests)
    assert [one.answer.body.decode() for one in heard] == [request.path for request in requests]
